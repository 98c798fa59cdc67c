"""What came of an exercise in sentences, and of a class in a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..check.words import VERDICTS
from ..grading.mistakes import common_mistakes
from ..grading.names import plain
from ..grading.result import Class, Graded, Result, lateness, points_text
from ..grading.similarity import PACKAGE

_LONGEST_NAME, _LONGEST_LINE = 32, 150
_MISTAKES, _REMARKS = 5, 8


def result_lines(result: Result) -> Iterator[str]:
    """For the student: the verdict, why, what is wrong, and what the teacher made of it."""
    yield f"{VERDICTS[result.verdict]}: {score_text(result)} of {result.max_points} points"
    if result.message:
        yield result.message
    for diagnosis in result.diagnoses:
        about = f"{diagnosis.input}: " if diagnosis.input else ""
        yield f"[{diagnosis.code}] {about}{diagnosis.message}"
        yield f"Hint: {diagnosis.hint}"
    if result.correction is not None:
        yield f"Corrected by the teacher: {result.correction.reason}"


def score_text(result: Result) -> str:
    """The points, or a question mark where they are not known."""
    return points_text(result.points) if result.complete else "?"


def total_text(student: Graded) -> str:
    """The score; what is known of it where it is incomplete."""
    return points_text(student.score) + ("" if student.complete else " + ?")


def class_lines(graded: Class) -> Iterator[str]:
    """The table for the terminal; whatever a student wrote is one plain line in it."""
    width = max([len("name"), *(min(len(one.name), _LONGEST_NAME) for one in graded.students)]) + 2
    yield f"{'name':<{width}}{'score':>12}  verdicts"
    for student in graded.students:
        name = _shortened(student.name, _LONGEST_NAME)
        score = "-" if student.missing else f"{total_text(student)} / {student.max_score}"
        yield f"{name:<{width}}{score:>12}  {verdicts_text(student)}"
    yield ""
    mistakes = common_mistakes(graded)
    if mistakes:
        yield "The commonest mistakes:"
    for one in mistakes[:_MISTAKES]:
        yield _shortened(f"  {one.students} in {one.exercise}: {plain(one.message)}", _LONGEST_LINE)
    if graded.likenesses:
        package = sum(likeness.other == PACKAGE for likeness in graded.likenesses)
        pairs = len(graded.likenesses) - package
        yield f"Much alike: {pairs} functions of two students, {package} with the package; --html and --json name them."
    yield from (_shortened(remark, _LONGEST_LINE) for remark in graded.remarks[:_REMARKS])
    if (more := len(graded.remarks) - _REMARKS) > 0:
        yield f"{more} more remarks are in --html and --json."
    yield f"Isolation: {graded.isolation}"


def verdicts_text(student: Graded) -> str:
    """How many of each verdict, and whether it was late or corrected."""
    if student.missing:
        return "nothing handed in"
    said = [f"{count} {verdict}" for verdict in VERDICTS if (count := student.verdicts[verdict])]
    if student.late is not None:
        said.append(lateness(student.late))
    if count := sum(result.correction is not None for result in student.results):
        said.append(f"{count} corrected")
    return ", ".join(said)


def _shortened(line: str, longest: int) -> str:
    return line if len(line) <= longest else line[: longest - 1] + "…"
