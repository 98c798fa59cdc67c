"""Gradescope's ``results.json`` of one submission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..grading.result import Class, Result, lateness
from .words import result_lines


def gradescope_json(graded: Class) -> str:
    """What an autograder leaves in ``/autograder/results/results.json``; evidence of tampering is hidden from the student.

    Where the grader failed there is no score at all, which Gradescope reports as a failure of the autograder: run it again.

    Raises
    ------
    ValueError
        If there is not one submission: Gradescope grades each by itself.
    """
    students = [student for student in graded.students if not student.missing]
    if len(students) != 1:
        raise ValueError(f"--gradescope: expected one submission, got {len(students)}; Gradescope grades each by itself")
    student = students[0]
    said = [*student.notes, *([] if student.late is None else [f"It came {lateness(student.late)}."])]
    content: dict[str, Any] = {
        "output": "\n".join([*said, f"Isolation: {graded.isolation}"]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [test for result in student.results for test in _tests(result, scored=student.complete)],
    }
    if student.complete:
        content["score"] = student.score
    return json.dumps(content, indent=1) + "\n"


def _tests(result: Result, *, scored: bool) -> Iterator[dict[str, Any]]:
    score = {"score": result.points, "status": "passed" if result.verdict == "pass" else "failed"} if scored else {}
    yield {
        "name": result.name,
        "max_score": result.max_points,
        **score,
        "output": "\n".join(result_lines(result)),
        "output_format": "text",
        "visibility": "visible",
    }
    if result.tampering:
        yield {
            "name": f"{result.name}: evidence of tampering",
            "output": "\n".join(result.tampering),
            "output_format": "text",
            "visibility": "hidden",
        }
