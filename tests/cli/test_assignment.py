"""``attention-np assignment``: new and verify, from the package's exercises and from a teacher's own."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.assignment import load_assignment

OWN = Path(__file__).parents[1] / "classroom" / "own_exercises"


@pytest.fixture
def week(tmp_path: Path) -> Path:
    return tmp_path / "week3"


def test_new_writes_hand_outs_and_key_and_says_what_is_where(fresh_run: Any, week: Path) -> None:
    done = fresh_run("assignment", "new", str(week), "--exercises", "sgd_step, softmax", "--due", "2026-12-01T23:59")
    assert done.status == 0 and done.err == ""
    for place in (week / "student" / "week3.py", week / "teacher"):
        assert place.exists() and str(place) in done.out
    loaded = load_assignment(week)
    assert [exercise.name for exercise in loaded.exercises] == ["sgd_step", "softmax"]
    assert loaded.exercises == loaded.usual and loaded.title == "week3"
    assert loaded.due is not None and loaded.due.replace(tzinfo=None) == datetime(2026, 12, 1, 23, 59)
    assert f"{loaded.points} points, due 2026-12-01 23:59" in done.out
    assert loaded.secret.hex() not in done.out


def test_a_varied_assignment_says_what_is_different_and_is_proved(fresh_run: Any, week: Path) -> None:
    made = fresh_run("assignment", "new", str(week), "--exercises", "sgd_step,causal_mask", "--vary")
    assert "sgd_step" in made.out and "times the gradient of the equation" in made.out
    done = fresh_run("assignment", "verify", str(week))
    assert done.status == 0, done.out
    assert "sgd_step: proved: blank 0, solution 8 of 8 points, 4 of 4 mistakes caught and named" in done.out
    assert "2 exercises proved, in " in done.out and "the solutions ran with: " in done.out


def test_verify_takes_a_folder_of_own_exercises_and_reports_in_json(fresh_run: Any) -> None:
    done = fresh_run("assignment", "verify", "--exercises", str(OWN), "--json")
    report = json.loads(done.out)
    assert done.status == 0 and report["proved"] is True and report["isolation"] and report["seconds"] > 0
    (row,) = report["exercises"]
    assert (row["exercise"], row["proved"], row["failures"]) == ("centred", True, [])
    assert (row["blank"], row["solution"], row["points"], row["mistakes"], row["named"]) == (0, 10, 10, 3, 3)


def test_an_exercise_that_is_not_as_it_says_is_told_by_name_with_status_1(fresh_run: Any, tmp_path: Path) -> None:
    shutil.copy(OWN / "centred.py", tmp_path)
    file = tmp_path / "centred.py"
    # The formula of a mistake that is none any more.
    file.write_text(file.read_text(encoding="utf-8").replace("weighted_mean(x, s) - x", "x - weighted_mean(x, s)"), "utf-8")
    done = fresh_run("assignment", "verify", "--exercises", str(tmp_path))
    assert done.status == 1
    assert "centred: NOT proved: blank 0, solution 10 of 10 points, 2 of 3 mistakes" in done.out
    assert "the mistake 'this is μ − x.' (sign-flipped in centred) has all points" in done.out
    assert "1 of 1 not proved: centred" in done.out


def test_own_exercises_are_handed_out_from_their_folder(fresh_run: Any, week: Path) -> None:
    done = fresh_run("assignment", "new", str(week), "--from", str(OWN), "--title", "Our own")
    assert done.status == 0 and "centred" in done.out
    assert load_assignment(week).title == "Our own"
    assert fresh_run("assignment", "verify", str(week)).status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("new", "{}"), "--exercises: which?"),
        (("new", "{}", "--exercises", "softmaxx"), "did you mean softmax"),
        (("new", "{}", "--exercises", "softmax,softmax"), "softmax twice"),
        (("new", "{}", "--exercises", "softmax", "--due", "soon"), "expected a time as 2026-12-01T23:59, got soon"),
        (("new", "{}", "--from", "{}"), "found none"),
        (("verify", "{}"), "attention-np assignment new"),
        (("verify", "{}", "--exercises", "{}"), "got both"),
        ((), "expected new or verify"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    fresh_run: Any, week: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in fresh_run("assignment", *(part.format(week) for part in arguments)).complaint
    assert not week.exists()


def test_an_assignment_is_never_overwritten(fresh_run: Any, week: Path) -> None:
    fresh_run("assignment", "new", str(week), "--exercises", "sgd_step")
    before = (week / "teacher" / "assignment.json").read_bytes()
    assert "new or an empty folder" in fresh_run("assignment", "new", str(week), "--exercises", "softmax").complaint
    assert (week / "teacher" / "assignment.json").read_bytes() == before
