"""The teacher's page: the distribution, what to speak about in the next lecture, and everybody in a table."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ...gradcheck.diagnosis import CODES
from ...visualize.markup import text
from ..check.words import VERDICTS
from ..grading.mistakes import Common, common_mistakes
from ..grading.result import Class, Graded, Likeness, points_text
from ..grading.similarity import PACKAGE
from .histogram import histogram
from .page import page, section, sentences, sign, table
from .words import score_text, total_text, verdicts_text

_MISTAKES = 10


def class_page(graded: Class, links: Sequence[str]) -> str:
    """The page; `links` lead to the students' pages, in their order."""
    handed_in = [student for student in graded.students if not student.missing]
    lead = f"{_count(len(handed_in), 'student')}, {_count(len(graded.exercises), 'exercise')}, {graded.max_score} points"
    body = [
        section("scores", "Scores", _scores(graded, handed_in)),
        section("mistakes", "For the next lecture", _mistakes(graded, len(handed_in))),
        section("exercises", "Exercises", [_exercises(graded, handed_in)]),
        section("students", "Students", [_students(graded, links)]),
    ]
    evidence = [
        f"{student.name}, {result.name}: {line}" + (f" ({count} times)" if count > 1 else "")
        for student in graded.students
        for result in student.results
        for line, count in Counter(result.tampering).items()
    ]
    if evidence:
        body.append(section("tampering", "Evidence of tampering", [sentences(evidence)]))
    if graded.likenesses:
        body.append(section("similarity", "Much alike", _alike(graded)))
    if graded.remarks:
        body.append(section("remarks", "What you should know", [sentences(graded.remarks)]))
    return page(graded.title or "Grades", lead, body, {"isolation": graded.isolation})


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _scores(graded: Class, handed_in: Sequence[Graded]) -> Iterator[str]:
    scores = [student.score for student in handed_in if student.complete]
    if scores:
        yield (
            f"<p>Median {points_text(statistics.median(scores))} of {graded.max_score} points, mean "
            f"{statistics.fmean(scores):.1f}; from {points_text(min(scores))} to {points_text(max(scores))}.</p>"
        )
        yield histogram(scores, graded.max_score)
    left = len(handed_in) - len(scores)
    if left:
        yield f"<p>Not counted: {_count(left, 'student')} whose score is incomplete. Grade again: what is known stays.</p>"
    missing = len(graded.students) - len(handed_in)
    if missing:
        yield f"<p>Not counted: {_count(missing, 'student')} on the roster who handed in nothing.</p>"


def _mistakes(graded: Class, students: int) -> Iterator[str]:
    found = [_mistake(one, students) for one in common_mistakes(graded)]
    if not found:
        yield "<p>No mistake was found.</p>"
        return
    yield "<p>What most students got wrong, each student's likeliest mistake in an exercise counted once.</p>"
    yield f'<ol class="mistakes">{"".join(found[:_MISTAKES])}</ol>'
    if others := found[_MISTAKES:]:
        yield f'<details class="more"><summary>{len(others)} rarer ones</summary><ol class="mistakes">{"".join(others)}</ol></details>'


def _mistake(one: Common, students: int) -> str:
    meaning = "" if one.code == "unknown" else text(CODES.get(one.code, one.code))
    return (
        f'<li><span class="count">{one.students}<small>of {students}</small></span><div><p><span class="code">'
        f"{text(one.exercise)}</span> {meaning}</p><p>{text(one.message)}</p>"
        f'<p class="hint">Hint: {text(one.hint)}</p></div></li>'
    )


def _exercises(graded: Class, handed_in: Sequence[Graded]) -> str:
    counts = {name: {verdict: 0 for verdict in VERDICTS} for name in graded.exercises}
    points = {name: 0.0 for name in graded.exercises}
    for student in handed_in:
        for result in student.results:
            counts[result.name][result.verdict] += 1
            points[result.name] += result.points if result.complete else 0
    shown = [verdict for verdict in VERDICTS if any(own[verdict] for own in counts.values())]
    rows = []
    for name, most in graded.exercises.items():
        known = len(handed_in) - counts[name]["grader-error"]
        mean = f"{points[name] / known:.1f}" if known else "–"
        rows.append([f"<code>{text(name)}</code>", *(str(counts[name][verdict]) for verdict in shown), f"{mean} of {most}"])
    columns = ["exercise", *(VERDICTS[verdict] for verdict in shown), "mean points"]
    return table("How many students came to which end", columns, rows, range(1, len(columns)))


def _students(graded: Class, links: Sequence[str]) -> str:
    rows = []
    for student, link in zip(graded.students, links, strict=True):
        signs = "".join(
            sign(result, f"{result.name}: {VERDICTS[result.verdict]}, {score_text(result)} of {result.max_points}")
            for result in student.results
        )
        score = "–" if student.missing else total_text(student)
        named = f'<a href="{text(link)}">{text(student.name)}</a>' + (f" {text(student.id)}" if student.id else "")
        rows.append([named, score, f'<span class="signs">{signs}</span>', text(verdicts_text(student))])
    caption = f"Points of {graded.max_score}, and each exercise: ✓ right, ✗ not right, ○ left blank; a frame where you corrected"
    return table(caption, ["name", "points", "exercises", "in words"], rows, [1])


def _alike(graded: Class) -> Iterator[str]:
    yield (
        "<p>Functions whose code is nearly the same, whatever the names in it are: a reason to look, not a verdict. What was "
        "handed out, what is common to many and what is too short to tell is left out.</p>"
    )
    pairs: dict[tuple[str, str], list[Likeness]] = defaultdict(list)
    for one in graded.likenesses:
        pairs[one.other, one.student].append(one)
    rows = [
        [text(student), text(other), ", ".join(f"<code>{text(one.exercise)}</code> {one.share:.0%}" for one in alike)]
        for (other, student), alike in sorted(pairs.items(), key=lambda pair: (pair[0][0] == PACKAGE, -len(pair[1])))
    ]
    yield table("Who with whom: pairs of students first", ["student", "and", "exercises, and how much of the code"], rows)
