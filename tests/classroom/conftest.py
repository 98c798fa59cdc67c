"""A small class that handed in what classes hand in, graded once for all tests that look at it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from attention_np.classroom.catalogue import exercise_named
from attention_np.classroom.grading import Class, Kept, Person, find, grade, without_assignment, without_roster
from attention_np.classroom.worker import isolation_here

HOSTILE = "=HYPERLINK(1),<b>\"'"
RIGHT = """import numpy as np

def context(weights, values):
    return weights @ values

def dot_scores(queries, keys):
    return queries @ np.swapaxes(keys, -1, -2)

def softmax_backward(d_weights, weights, axis=-1):
    return weights * (d_weights - np.sum(d_weights * weights, axis=axis, keepdims=True))
"""
DIAGONAL = """
def softmax_backward(d_weights, weights, axis=-1):
    return d_weights * weights * (1 - weights)
"""
RAISES = """
def context(weights, values):
    print("x" * 10_000 + "</pre><script>alert(1)</script>")
    raise ValueError("<img src=x onerror=alert(2)>")
"""
EXERCISES = tuple(exercise_named(name) for name in ("context", "dot_scores", "softmax_backward"))


@dataclass(frozen=True)
class Small:
    """The folder, everybody in it, where results are kept, and what it all came to."""

    folder: Path
    people: list[Person]
    kept: Path
    graded: Class
    again: Callable[..., tuple[Class, int]]

    def student(self, beginning: str):
        """The one whose name begins so."""
        (found,) = [one for one in self.graded.students if one.name.startswith(beginning)]
        return found


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach: pytest closes its own to others whenever it starts."""
    with tempfile.TemporaryDirectory(prefix="open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Six students, three exercises."""
    folder = tmp_path_factory.mktemp("small") / "class"
    for name, source in (("Müller Anna_101", RIGHT), (f"{HOSTILE}_102", RAISES + DIAGONAL)):
        (folder / f"{name}_assignsubmission_file_").mkdir(parents=True)
        (folder / f"{name}_assignsubmission_file_" / "work <i>.py").write_text(source, encoding="utf-8")
    (folder / "smithbob_LATE_103_555_hw.py").write_text(RIGHT, encoding="utf-8")
    (folder / "smithbob_LATE_103_556_hw-1.py").write_text(DIAGONAL, encoding="utf-8")
    with zipfile.ZipFile(folder / "carol.zip", "w") as archive:
        archive.writestr("src/one.py", RIGHT)
        archive.writestr("src/picture.png", b"no picture")
    (folder / "dan.ipynb").write_text("no notebook", encoding="utf-8")
    (folder / "eve.py").write_text("def dot_scores(queries, keys):\n    raise NotImplementedError\n" + DIAGONAL, encoding="utf-8")
    kept = tmp_path_factory.mktemp("kept")

    def again(where: Path = folder, **changed) -> tuple[Class, int]:
        """Grade what lies in a folder; with how many exercises had to be run."""
        counts = []
        people = without_roster(find([where], [one.name for one in EXERCISES]).students)
        settings = {"isolation": isolation_here(), "kept": Kept(kept), "jobs": 2, **changed}
        found = grade(
            people, without_assignment(EXERCISES, "Week <3>"), progress=lambda done, count: counts.append(count), **settings
        )
        return found, counts[-1]

    graded, _ = again()
    return Small(folder, without_roster(find([folder], []).students), kept, graded, again)
