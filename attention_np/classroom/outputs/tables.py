"""The scores as CSV: for a person, or with the columns that Canvas and Moodle import."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..grading.result import Class, Graded, lateness, points_text
from .cells import csv_text

_Row = list[str | float]


def class_csv(graded: Class, platform: str | None = None) -> str:
    """A line for each student, in one of the forms of `PLATFORMS`, or, without one, for a person."""
    return csv_text(_PLATFORMS[platform](graded))


def _for_a_person(graded: Class) -> Iterator[_Row]:
    per_exercise = [column for name in graded.exercises for column in (name, f"{name}: verdict")]
    yield [
        "student", "id", "email", "file", "score", "max_score", "complete", "late", *per_exercise, "corrected",
        "notes", "isolation",
    ]  # fmt: skip
    for student in graded.students:
        row: _Row = [student.name, student.id or student.number, student.email, student.file, _score(student), student.max_score]
        row += ["yes" if student.complete and not student.missing else "no", "" if student.late is None else lateness(student.late)]
        for result in student.results:
            row += [result.points if result.complete else "", result.verdict]
        if student.missing:
            row += ["", "missing"] * len(graded.exercises)
        yield [*row, corrections_text(student), " ".join(student.notes), graded.isolation]


def _for_canvas(graded: Class) -> Iterator[_Row]:
    """After Canvas's gradebook export. It finds students by ID, else by SIS User ID, and leaves an empty score as it was."""
    empty: _Row = ["", "", "", ""]
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", graded.title]
    yield ["    Points Possible", *empty, graded.max_score]
    for student in graded.students:
        yield [student.name, student.number, student.id, "", "", _score(student)]


def _for_moodle(graded: Class) -> Iterator[_Row]:
    """After Moodle's offline grading worksheet. It finds students by Identifier; the gradebook's import, by address or number."""
    yield [
        "Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
        "Last modified (grade)", "Feedback comments",
    ]  # fmt: skip
    for student in graded.students:
        identifier = f"Participant {student.number}" if student.number else ""
        status = "No submission" if student.missing else "Submitted for grading"
        row: _Row = [identifier, student.name, student.id, student.email, status, _score(student), student.max_score]
        yield [*row, "Yes", "", _feedback(student)]


_PLATFORMS: dict[str | None, Callable[[Class], Iterator[_Row]]] = {
    None: _for_a_person,
    "canvas": _for_canvas,
    "moodle": _for_moodle,
}
PLATFORMS = ("canvas", "moodle")


def _score(student: Graded) -> str | float:
    """Nothing where it is not known in full: an import must not take it for the score."""
    return student.score if student.complete and not student.missing else ""


def corrections_text(student: Graded) -> str:
    """Every correction and its reason, in one line."""
    said = (
        f"{result.name}: {points_text(result.points)} by correction ({result.correction.reason})"
        for result in student.results
        if result.correction is not None
    )
    return "; ".join(said)


def _feedback(student: Graded) -> str:
    verdicts = ", ".join(
        f"{result.name} {result.verdict} {points_text(result.points) if result.complete else '?'}/{result.max_points}"
        for result in student.results
    )
    late = "" if student.late is None else lateness(student.late)
    return ". ".join(part for part in (verdicts, late, corrections_text(student)) if part)
