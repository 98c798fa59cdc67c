"""``attention-np grade``: from files to a table, and what cannot be graded is one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.catalogue import exercise_named

RIGHT = "def context(weights, values):\n    return weights @ values\n"
WRONG = "import numpy as np\n\ndef context(weights, values):\n    return np.abs(weights @ values)\n"
MOST = exercise_named("context").points


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class of two."""
    made = tmp_path / "class"
    made.mkdir()
    (made / "anna.py").write_text(RIGHT, encoding="utf-8")
    (made / "ben.py").write_text(WRONG, encoding="utf-8")
    return made


def test_a_class_is_graded_whatever_is_in_it_and_known_results_are_found_again(
    fresh_run: Any, folder: Path, tmp_path: Path
) -> None:
    arguments = ["grade", str(folder), "--jobs", "2", "--out", str(tmp_path / "out")]
    outputs = ["--csv", "s.csv", "--json", "s.json", "--html", "s.html"]
    first = fresh_run(*arguments, *(word if word.startswith("--") else str(tmp_path / word) for word in outputs))
    assert first.status == 0, first.err
    assert "graded 2 of 2" in first.err
    lines = first.out.splitlines()
    assert lines[1].startswith("anna") and f"{MOST} / {MOST}  1 pass" in lines[1]
    assert lines[2].startswith("ben") and f"0 / {MOST}  1 wrong" in lines[2]
    assert any(line.startswith("Isolation: ") for line in lines) and str(tmp_path / "out") in lines[-1]
    content = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert [one["score"] for one in content["submissions"]] == [MOST, 0]
    scores = list(csv.DictReader((tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["context"] for row in scores] == [str(MOST), "0"]
    assert (tmp_path / "s.html").exists() and len(list((tmp_path / "s-students").iterdir())) == 2

    (tmp_path / "fix.csv").write_text("student,exercise,points,reason\nben,context,3,kind\n", encoding="utf-8")
    (tmp_path / "who.csv").write_text("id,name\n1,Anna\n2,Carl\n", encoding="utf-8")
    second = fresh_run(*arguments, "--corrections", str(tmp_path / "fix.csv"))
    assert "nothing new to grade" in second.err and f"3 / {MOST}  1 wrong, 1 corrected" in second.out
    third = fresh_run(*arguments, "--roster", str(tmp_path / "who.csv"), "--json", "-")
    content = json.loads(third.out)
    assert [one["student"] for one in content["missing"]] == ["Carl"]
    assert any("ben is not on the roster" in remark for remark in content["remarks"])


def test_an_assignment_says_what_is_graded_and_by_when(fresh_run: Any, folder: Path, tmp_path: Path) -> None:
    week = str(tmp_path / "week1")
    assert fresh_run("assignment", "new", week, "--exercises", "context,dot_scores", "--due", "2020-01-01T10:00").status == 0
    done = fresh_run("grade", str(folder / "ben.py"), "--assignment", week, "--gradescope", str(tmp_path / "r.json"))
    assert done.status == 0, done.err
    assert "1 wrong, 1 not-attempted, late by" in done.out
    tests = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["tests"]
    assert [test["name"] for test in tests] == ["context", "dot_scores"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing"], "there is no"),
        (["empty"], "nothing was handed in"),
        (["class", "--csv-for", "moodle"], "into which file"),
        (["class", "--roster", "missing.csv"], "--roster: expected a CSV file"),
        (["class", "--corrections", "missing.csv"], "--corrections: expected a CSV file"),
        (["class", "--assignment", "missing"], "assignment"),
        (["class", "--gradescope", "r.json"], "expected one submission, got 2"),
        (["class", "--jobs", "0"], "--jobs"),
        (["other.py"], "no function in them has the name of an exercise"),
        (["class", "--html", "r.html", "--out", "other.py"], "--out"),
        (["class", "--csv", "nowhere/s.csv"], "--csv: expected a file in a folder that exists"),
        (["class", "--json", "class"], "--json: expected a file in a folder that exists"),
    ],
)
def test_what_cannot_be_graded_is_one_line(
    fresh_run: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.py").write_text("def mine():\n    return 1\n", encoding="utf-8")
    assert said in fresh_run("grade", *arguments).complaint
