"""``attention-np check``: a learner's own file, checked at once."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.catalogue import exercise_named, exercises

CONTEXT = "def context(weights, values):\n    return weights @ values\n"
HEAD = "import numpy as np\n\n\ndef softmax_backward(d_weights, weights, axis=-1):\n"
POINTS = exercise_named("softmax_backward").points
WRONG = HEAD + "    return d_weights * weights * (1 - weights)\n"
BLANK = "def dot_scores(queries, keys):\n    raise NotImplementedError\n"
OWN = """
from dataclasses import replace
from attention_np.classroom.catalogue import exercise_named
EXERCISE = replace(exercise_named("context"), name="mine")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my.py"


def test_what_is_right_is_one_line_and_status_0(fresh_run: Any, file: Path) -> None:
    file.write_text(CONTEXT, encoding="utf-8")
    done = fresh_run("check", str(file))
    assert (done.status, done.err) == (0, "")
    assert done.out == "context: right, 8 of 8 points\n\n1 right: 8 of 8 points\n"


def test_what_is_wrong_is_named_and_shown_in_numbers_and_status_is_1(fresh_run: Any, file: Path) -> None:
    file.write_text(WRONG, encoding="utf-8")
    done = fresh_run("check", str(file))
    assert (done.status, done.err) == (1, "")
    assert f"softmax_backward: wrong, 0 of {POINTS} points" in done.out and "[diagonal-only]" in done.out
    assert "ran in all, right shapes in all, right in 2" in done.out and "batches: 0/3" in done.out
    assert "The smallest case that fails (the worked example):" in done.out
    assert "yours: d_scores = [[ 0.1875,  0.    ]," in done.out
    assert "right: d_scores = [[ 0.1875, -0.1875]," in done.out
    assert "Hint" not in done.out and done.out.endswith(f"1 wrong: 0 of {POINTS} points; a hint: --hint 1\n")


@pytest.mark.parametrize(("asked", "number"), [(["--hint"], 1), (["--hint", "3"], 3)])
def test_hints_are_given_when_they_are_asked_for_and_only_to_what_is_not_right(
    fresh_run: Any, file: Path, asked: list[str], number: int
) -> None:
    file.write_text(WRONG + CONTEXT, encoding="utf-8")
    done = fresh_run("check", str(file), *asked)
    shown = [hint in done.out for hint in exercise_named("softmax_backward").hints]
    assert shown == [number == place for place in (1, 2, 3)]
    assert "Hint: Raising one score lowers" in done.out
    assert not any(hint in done.out for hint in exercise_named("context").hints)
    assert ("--hint 2" in done.out) == (number == 1)


def test_a_hint_before_the_file_is_understood_for_what_it_is(fresh_run: Any, file: Path) -> None:
    assert "the file is named before it" in fresh_run("check", "--hint", str(file)).complaint


def test_what_is_left_blank_is_one_line(fresh_run: Any, file: Path) -> None:
    file.write_text(BLANK + CONTEXT, encoding="utf-8")
    done = fresh_run("check", str(file))
    assert done.status == 1
    assert done.out.splitlines()[0] == "dot_scores: left blank, 0 of 8 points: dot_scores still raises NotImplementedError."
    assert done.out.splitlines()[-1].startswith("1 right, 1 left blank: 8 of 16 points")


def test_only_the_exercises_that_are_asked_for_are_checked(fresh_run: Any, file: Path) -> None:
    file.write_text(WRONG + CONTEXT, encoding="utf-8")
    assert fresh_run("check", str(file), "--exercise", "context").status == 0
    done = fresh_run("check", str(file), "--exercise", "context", "--exercise", "dot_scores")
    assert done.status == 1 and "There is no function dot_scores in my.py" in done.out and "softmax" not in done.out


def test_json_is_as_the_contract_says_and_has_hints_and_numbers(fresh_run: Any, file: Path) -> None:
    file.write_text(WRONG + CONTEXT, encoding="utf-8")
    done = fresh_run("check", str(file), "--json")
    right, wrong = sorted(json.loads(done.out)["exercises"], key=lambda one: one["name"])
    assert done.status == 1
    assert (right["name"], right["verdict"], right["passed"], right["diagnoses"]) == ("context", "pass", True, [])
    assert (wrong["verdict"], wrong["passed"], wrong["points"], wrong["max_points"]) == ("wrong", False, 0, POINTS)
    assert wrong["diagnoses"][0].keys() == {"code", "input", "message", "hint"}
    assert wrong["smallest_failing"]["given"]["d_scores"] == [[0.1875, 0], [0.5, -0.25]]


def test_json_is_json_where_a_number_is_none(fresh_run: Any, file: Path) -> None:
    file.write_text(CONTEXT.replace("weights @", "float('nan') * weights @"), encoding="utf-8")
    text = fresh_run("check", str(file), "--json").out
    assert "NaN]" not in text
    assert json.loads(text)["exercises"][0]["smallest_failing"]["given"]["output"] == [[["nan"]]]


def test_a_function_that_raises_is_told_with_its_line(fresh_run: Any, file: Path) -> None:
    file.write_text(HEAD + "    return weights.total\n", encoding="utf-8")
    done = fresh_run("check", str(file))
    assert done.status == 1 and "softmax_backward: does not run" in done.out
    assert "in line 5: `return weights.total`" in " ".join(done.out.split()) and "gave nothing to compare" in done.out


def test_what_the_file_prints_is_counted_and_not_shown(fresh_run: Any, file: Path) -> None:
    file.write_text("print('noise', end='')\n" + CONTEXT, encoding="utf-8")
    done = fresh_run("check", str(file))
    assert done.status == 0 and "noise" not in done.out + done.err
    file.write_text(CONTEXT.replace("    return", "    print('noise')\n    return"), encoding="utf-8")
    done = fresh_run("check", str(file))
    assert "noise" not in done.out + done.err and "lines, which --json shows" in done.out
    assert "noise\n" in json.loads(fresh_run("check", str(file), "--json").out)["exercises"][0]["printed"]


def test_a_backward_function_that_is_right_for_a_wrong_forward_function_is_told_so(fresh_run: Any, file: Path) -> None:
    forward = "import numpy as np\n\n\ndef softmax(scores, axis=-1, mask=None):\n    return np.exp(scores)\n"
    backward = "\n\ndef softmax_backward(d_weights, weights, axis=-1):\n    return d_weights * weights\n"
    file.write_text(forward + backward, encoding="utf-8")
    done = fresh_run("check", str(file))
    assert done.status == 1 and "softmax: wrong, 0 of" in done.out
    assert f"softmax_backward: right, {POINTS} of {POINTS} points\n  It is right for your own softmax, which is wrong" in done.out


def test_a_notebook_is_checked_among_its_other_cells_and_remarks_are_shown(fresh_run: Any, tmp_path: Path) -> None:
    sources = ["%matplotlib inline\n!ls", CONTEXT, "def broken(:\n", "%%check context\n" + CONTEXT]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    (tmp_path / "my.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    done = fresh_run("check", str(tmp_path / "my.ipynb"))
    assert done.status == 0 and "context: right" in done.out
    assert "my.ipynb: There is a syntax error in code cell 3, line 1" in done.out
    assert "my.ipynb: context is defined 2 times, at code cell 2, line 1 and code cell 4, line 2: the last counts." in done.out


def test_a_teachers_own_exercises_are_checked_instead(fresh_run: Any, file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.py").write_text(OWN, encoding="utf-8")
    file.write_text(CONTEXT.replace("context", "mine"), encoding="utf-8")
    assert "mine: right" in fresh_run("check", str(file), "--exercises", str(folder)).out


def test_what_cannot_be_read_or_holds_no_exercise_is_one_line(fresh_run: Any, file: Path) -> None:
    assert "my.py: expected a file that can be read" in fresh_run("check", str(file)).complaint
    file.write_text("def contxt(a):\n    return a\n", encoding="utf-8")
    complaint = fresh_run("check", str(file)).complaint
    assert "got contxt" in complaint and all(exercise.name in complaint for exercise in exercises())
    file.write_text("def context(:\n    return a\n", encoding="utf-8")
    assert "There is a syntax error in line 1" in fresh_run("check", str(file)).complaint
    assert "one of these names: linear; got" in fresh_run("check", str(file), "--exercise", "linear").complaint
    assert "did you mean context" in fresh_run("check", str(file), "--exercise", "contxt").complaint


class Watched:
    """A watching command: the lines that it prints, one after the other."""

    def __init__(self, file: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "attention_np", "check", str(file), "--watch"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> list[str]:
        """The lines up to the first with these words."""
        seen = []
        while True:
            seen.append(self._lines.get(timeout=60))
            if words in seen[-1]:
                return seen


@pytest.fixture
def watched(file: Path) -> Iterator[Watched]:
    file.write_text(WRONG, encoding="utf-8")
    started = Watched(file)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_a_watched_file_is_checked_at_each_change_of_its_content(watched: Watched, file: Path) -> None:
    watched.until(f"1 wrong: 0 of {POINTS} points")
    file.write_text(CONTEXT, encoding="utf-8")
    watched.until("1 right: 8 of 8 points")
    # Saved once more without a change, gone for a moment, and back as it was: nothing to say.
    os.utime(file, (1, 1))
    file.unlink()
    file.write_text(CONTEXT, encoding="utf-8")
    # Half a function.
    file.write_text(CONTEXT[:20], encoding="utf-8")
    assert "There is a syntax error" in watched.until("attention-np: my.py: expected a function")[-1]
    file.write_text(BLANK, encoding="utf-8")
    assert not any("context: right" in line for line in watched.until("1 left blank"))
    watched.process.send_signal(signal.SIGINT)
    assert watched.until("stopped watching")[-1] == f"stopped watching {file}\n"
    assert watched.process.wait(60) == 1
