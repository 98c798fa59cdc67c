"""``attention-np exercises``: the list, one exercise, its hints, and a teacher's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.catalogue import exercises

OWN = """
from dataclasses import replace
from attention_np.classroom.catalogue import exercise_named
EXERCISE = replace(exercise_named("dot_scores"), name="{name}", topic="mine")
"""


def test_the_list_has_a_row_for_each_exercise(fresh_run: Any) -> None:
    done = fresh_run("exercises")
    assert done.status == 0 and done.err == ""
    assert [line.split()[0] for line in done.out.splitlines()[1:-2]] == [exercise.name for exercise in exercises()]


def test_the_list_as_json_has_name_topic_difficulty_minutes_and_points(fresh_run: Any) -> None:
    rows = json.loads(fresh_run("exercises", "--json").out)["exercises"]
    assert [(row["name"], row["points"]) for row in rows] == [(one.name, one.points) for one in exercises()]
    assert all({"topic", "difficulty", "minutes"} <= row.keys() for row in rows)


def test_one_exercise_shows_statement_example_and_blank_but_no_hint(fresh_run: Any) -> None:
    done = fresh_run("exercises", "dot_scores")
    assert "**Shapes.**" in done.out and "raise NotImplementedError" in done.out
    assert "→ output = [[11.,  2.]" in done.out
    assert not any(hint in done.out for hint in exercises()[0].hints)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_hints_come_one_at_a_time(fresh_run: Any, number: int) -> None:
    done = fresh_run("exercises", "dot_scores", "--hint", str(number))
    assert [hint in done.out for hint in exercises()[0].hints].index(True) == number - 1
    assert sum(hint in done.out for hint in exercises()[0].hints) == 1


def test_json_of_one_exercise_has_the_numbers_of_the_example(fresh_run: Any) -> None:
    shown = json.loads(fresh_run("exercises", "dot_scores", "--json").out)
    assert shown["example"]["results"] == {"output": [[11, 2], [4, 0]]}


def test_a_name_that_does_not_exist_is_one_line(fresh_run: Any) -> None:
    assert "softmax" in fresh_run("exercises", "softmaxx").complaint
    assert "of which exercise" in fresh_run("exercises", "--hint", "1").complaint


def test_a_folder_of_a_teachers_own_is_listed_instead(fresh_run: Any, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(OWN.format(name="mine"), encoding="utf-8")
    done = fresh_run("exercises", "--exercises", str(tmp_path))
    assert done.out.splitlines()[1].split()[:2] == ["mine", "mine"]


def test_own_files_that_cannot_be_used_are_named(fresh_run: Any, tmp_path: Path) -> None:
    assert "found none" in fresh_run("exercises", "--exercises", str(tmp_path)).complaint
    (tmp_path / "a.py").write_text("EXERCISE = 3", encoding="utf-8")
    assert "a.py; got int" in fresh_run("exercises", "--exercises", str(tmp_path)).complaint
    (tmp_path / "a.py").write_text("1 / 0", encoding="utf-8")
    assert "ZeroDivisionError" in fresh_run("exercises", "--exercises", str(tmp_path)).complaint
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(OWN.format(name="mine"), encoding="utf-8")
    assert "defined twice" in fresh_run("exercises", "--exercises", str(tmp_path)).complaint
