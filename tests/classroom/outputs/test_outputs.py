"""Every output: the contract's fields, corrections and lateness shown, nothing expected in it, and nothing unknown a zero."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_np.classroom.grading import Class, Correction, Graded, batch, corrected
from attention_np.classroom.grading.result import result_without_run
from attention_np.classroom.marking import mark
from attention_np.classroom.outputs import class_csv, class_json, class_lines, gradescope_json, write_pages
from attention_np.classroom.outputs.cells import csv_text, safe_cell

from ..conftest import EXERCISES, HOSTILE

VERDICTS = {
    "pass", "wrong", "crashed", "timeout", "out-of-memory", "no-answer", "not-attempted", "tampered", "grader-error",
}  # fmt: skip


@pytest.fixture
def told(small: Any) -> Class:
    """The small class with a correction, a grader's error, somebody late and somebody missing."""
    graded = corrected(small.graded, [Correction("eve", "softmax_backward", 2.5, "nearly <right>")])
    carol = small.student("carol")
    failed = result_without_run(EXERCISES[0], "grader-error", "no more processes")
    students = [
        replace(carol, results=(failed, *carol.results[1:]), late=timedelta(days=1, hours=2)) if one.name == "carol" else one
        for one in graded.students
    ]
    missing = Graded("Gone, Greta", "g7", "greta@x.edu", "", "", (), graded.max_score, ("Nothing was handed in.",))
    return replace(graded, students=(*students, missing), remarks=("Zoe is not on the roster (<zoe>.py).",))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def everything(graded: Class, folder: Path) -> str:
    """Whatever is written or printed of a class, and of each student."""
    page = write_pages(graded, folder)
    texts = [file.read_text(encoding="utf-8") for file in [page, *(folder / "class-students").iterdir()]]
    texts += [class_csv(graded), class_csv(graded, "canvas"), class_csv(graded, "moodle"), class_json(graded)]
    texts += [gradescope_json(replace(graded, students=(one,))) for one in graded.students if not one.missing]
    return "\n".join([*texts, *class_lines(graded)])


def test_json_is_as_the_contract_says(told: Class) -> None:
    content = json.loads(class_json(told))
    assert "audit hook" in content["isolation"]
    assert [one["student"] for one in content["submissions"]] == [one.name for one in told.students if not one.missing]
    for submission in content["submissions"]:
        assert {"student", "file", "score", "max_score", "exercises"} <= submission.keys()
        assert submission["score"] == sum(one["points"] for one in submission["exercises"])
        for exercise in submission["exercises"]:
            assert {"name", "verdict", "points", "max_points", "diagnoses", "tampering"} <= exercise.keys()
            assert exercise["verdict"] in VERDICTS
            assert all(one.keys() == {"code", "input", "message", "hint"} for one in exercise["diagnoses"])
    carol = next(one for one in content["submissions"] if one["student"] == "carol")
    assert not carol["complete"] and carol["late_seconds"] == 26 * 3600
    assert content["missing"] == [{"student": "Gone, Greta", "id": "g7"}]


def test_csv_for_a_person_has_points_verdicts_and_reasons(told: Class) -> None:
    by_name = {row["student"]: row for row in rows(class_csv(told))}
    assert by_name["Müller Anna"]["score"] == str(told.max_score)
    eve = by_name["eve"]
    assert (eve["softmax_backward"], eve["softmax_backward: verdict"]) == ("2.5", "wrong")
    assert "nearly <right>" in eve["corrected"]
    assert by_name["carol"]["late"] == "late by 1 day and 2 hours, by the file's time"
    assert by_name["Gone, Greta"]["context: verdict"] == "missing"
    assert all("audit hook" in row["isolation"] for row in by_name.values())


@pytest.mark.parametrize(("platform", "column"), [(None, "score"), ("canvas", "Week <3>"), ("moodle", "Grade")])
def test_a_score_that_is_not_known_is_left_empty(told: Class, platform: str | None, column: str) -> None:
    name = {None: "student", "canvas": "Student", "moodle": "Full name"}[platform]
    scores = {row[name]: row[column] for row in rows(class_csv(told, platform))}
    assert scores["carol"] == scores["Gone, Greta"] == ""
    assert scores["dan"] == "0"


def test_the_columns_are_those_that_canvas_and_moodle_import(told: Class) -> None:
    canvas = list(csv.reader(io.StringIO(class_csv(told, "canvas"))))
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Week <3>"]
    assert canvas[1] == ["    Points Possible", "", "", "", "", str(told.max_score)]
    assert ["smithbob", "103"] in [row[:2] for row in canvas] and ["Gone, Greta", "", "g7"] in [row[:3] for row in canvas]
    moodle = {row["Full name"]: row for row in rows(class_csv(told, "moodle"))}
    anna = moodle["Müller Anna"]
    assert (anna["Identifier"], anna["Maximum Grade"], anna["Grade can be changed"]) == ("Participant 101", str(told.max_score), "Yes")
    assert "2.5 by correction (nearly <right>)" in moodle["eve"]["Feedback comments"]
    assert moodle["Gone, Greta"]["Status"] == "No submission"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert list(csv.reader(io.StringIO(csv_text([[text, 'a,"b"\nc']]), newline=""))) == [["'" + text, 'a,"b"\nc']]
    assert safe_cell(2.0) == "2" and safe_cell("a=b") == "a=b"


def test_a_hostile_name_is_a_text_in_every_table(told: Class) -> None:
    for platform in (None, "canvas", "moodle"):
        cells = [cell for row in csv.reader(io.StringIO(class_csv(told, platform), newline="")) for cell in row]
        assert "'" + HOSTILE in cells
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)


def test_gradescope_gets_score_and_tests_and_evidence_is_hidden(small: Any) -> None:
    student = small.student(HOSTILE)
    result = replace(student.results[0], verdict="tampered", tampering=("open /etc/shadow",))
    one = replace(small.graded, students=(replace(student, results=(result, *student.results[1:])),))
    content = json.loads(gradescope_json(one))
    assert content["score"] == 0
    visible = [test for test in content["tests"] if test["visibility"] == "visible"]
    assert [(test["name"], test["max_score"]) for test in visible] == [(name, most) for name, most in one.exercises.items()]
    assert "diagonal-only" in visible[2]["output"] and visible[2]["status"] == "failed"
    (hidden,) = [test for test in content["tests"] if test["visibility"] == "hidden"]
    assert "/etc/shadow" in hidden["output"]
    assert "/etc/shadow" not in json.dumps(visible) + content["output"]
    assert "audit hook" in content["output"]


def test_gradescope_gets_no_score_where_it_is_not_known_and_takes_one_submission(told: Class) -> None:
    carol = replace(told, students=tuple(one for one in told.students if one.name == "carol"))
    assert "score" not in gradescope_json(carol).replace("max_score", "").replace("dot_scores", "")
    with pytest.raises(ValueError, match="expected one submission, got 6"):
        gradescope_json(told)


def test_the_table_for_the_terminal_is_short_and_plain(told: Class) -> None:
    lines = list(class_lines(told))
    most = told.max_score
    known = most - EXERCISES[0].points
    assert any(line.startswith("Müller Anna") and f"{most} / {most}  3 pass" in line for line in lines)
    assert any(line.startswith("carol") and f"{known} + ? / {most}" in line and "late by 1 day and 2 hours" in line for line in lines)
    assert any("eve" in line and "1 corrected" in line for line in lines)
    assert any(line.startswith("Gone, Greta") and "nothing handed in" in line for line in lines)
    assert any(line.startswith("  3 in softmax_backward:") for line in lines)
    assert lines[-1].startswith("Isolation: ") and lines[-2] == told.remarks[0]
    assert all(line.isprintable() and len(line) <= 150 for line in lines[:-1])
    many = replace(told, remarks=tuple(f"remark {number}" for number in range(20)))
    assert "12 more remarks are in --html and --json." in list(class_lines(many))


def test_no_number_that_was_expected_is_in_any_output(small: Any, tmp_path: Path) -> None:
    written = everything(small.graded, tmp_path)
    (person,) = [one for one in small.people if one.name == "eve"]
    exercise = EXERCISES[2]
    rng = batch.without_assignment(EXERCISES, "").rng_for(person.key, exercise.name)
    arrays = [
        np.abs(exercise.subject.reference(*situation.arguments.values(), **situation.options)).ravel()
        for situation in exercise.draw(("d_weights", "weights", "axis"), rng)
    ]
    # Of the first, small case in the few digits of a printed array; of all with as many as tell numbers from chance.
    short = {f"{value:.4g}" for value in arrays[0] if value % 1}
    long = {f"{value:.7g}" for array in arrays for value in array if value % 1}
    assert len(short) > 10 and len(long) > 100
    shown = re.findall(r"\d+\.\d+(?:e-?\d+)?", written)
    assert not short & {f"{float(number):.4g}" for number in shown}
    assert not long & {f"{float(number):.7g}" for number in shown}
    # They are known to the mark, whose own report shows them.
    rng = batch.without_assignment(EXERCISES, "").rng_for(person.key, exercise.name)
    report = str(mark(exercise, person.handed_in.files[0].submission, rng=rng).report)
    assert any(f"{value:.4g}" in report for array in arrays for value in array)
