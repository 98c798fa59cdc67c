"""Making an assignment: the hand-outs, and the teacher's key with the solutions."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ..catalogue import chosen_from, exercises
from ..own import own_exercises
from .assignment import Assignment
from .handout import python_file
from .key import OWN, SECRET_BYTES, TEACHER, Key, assignment_of, key_file, write_key
from .notebook import notebook
from .variation import Variation, chosen, in_short

STUDENT = "student"
SOLUTIONS = "solutions"
_README = """\
{title}

What students get is in ../student: {name}.py and {name}.ipynb, of which each student hands in one.
What is here is for the teacher alone. assignment.json holds a secret; from it follow {follows}.
Whoever has it knows them beforehand, and without it nothing can be graded.

Prove the assignment (the blank has no points, the solution all, each known mistake fewer and by its name):

    attention-np assignment verify {folder}

Grade what was handed in, a folder of files or of students' folders:

    attention-np grade FOLDER --assignment {folder}

solutions/ holds a solution of each exercise. With nbgrader, put {name}.ipynb into source/{name}/ of the course:
generate_assignment and autograde take it. Its points come from a check in the student's own process, which can be
deceived; attention-np grade reads the notebooks that nbgrader collected, and cannot.
"""


def create(
    folder: Path,
    names: Sequence[str],
    *,
    own: Path | None = None,
    title: str = "",
    due: datetime | None = None,
    vary: bool = False,
) -> Assignment:
    """Write a new assignment; all of it or nothing.

    Parameters
    ----------
    folder : Path
        Where it goes: new, or empty.
    names : sequence of str
        Of the exercises, in order; none: all that there are.
    own : Path or None
        A folder of the teacher's own exercises instead of the catalogue; it is copied beside the key.
    title : str
        Empty: the folder's name.
    due : datetime or None
    vary : bool
        Whether the contract is varied by a secret.

    Raises
    ------
    ValueError
        If there is something already, or an exercise does not exist.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder}: expected a new or an empty folder, and found something there; choose another")
    offered = exercises() if own is None else own_exercises(own)
    names = names or [exercise.name for exercise in offered]
    secret = secrets.token_bytes(SECRET_BYTES)
    contracts = {}
    for exercise in (chosen_from(offered, name) for name in names if vary):
        if (variation := chosen(exercise, secret)) != Variation():
            contracts[exercise.name] = in_short(exercise, variation)
    key = Key(title or folder.name, tuple(names), own is not None, contracts, secret, due)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        made = Path(beside) / folder.name
        assignment = _write(made, key, own, folder)
        if folder.exists():
            folder.rmdir()
        os.replace(made, folder)
    return assignment


def hand_out_name(folder: Path) -> str:
    """The name of the hand-outs of an assignment's folder, without the ending."""
    return re.sub(r"[^\w-]+", "-", folder.absolute().name).strip("-") or "assignment"


def _write(made: Path, key: Key, own: Path | None, folder: Path) -> Assignment:
    teacher, student = made / TEACHER, made / STUDENT
    for place in (student, teacher / SOLUTIONS):
        place.mkdir(parents=True)
    teacher.chmod(0o700)
    if own is not None:
        (teacher / OWN).mkdir()
        for file in sorted(own.glob("*.py")):
            shutil.copyfile(file, teacher / OWN / file.name)
    assignment = assignment_of(key, teacher)
    write_key(key_file(made), key)
    name = hand_out_name(folder)
    for hand_out, made_of in ((f"{name}.py", python_file), (f"{name}.ipynb", notebook)):
        _write_text(student / hand_out, made_of(key.title, hand_out, assignment.exercises, own=key.own))
    for exercise in assignment.exercises:
        _write_text(teacher / SOLUTIONS / f"{exercise.name}.py", exercise.solution)
    follows = (
        "what is different about each exercise, and each student's cases" if key.contracts else "each student's cases"
    )
    _write_text(teacher / "README.txt", _README.format(title=key.title, name=name, folder=folder.name, follows=follows))
    return assignment


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")
