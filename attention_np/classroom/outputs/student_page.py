"""A student's page: each exercise, what is wrong in it, and nothing of anybody else or of what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from ...gradcheck.diagnosis import Diagnosis
from ...visualize.markup import text
from ..check.words import VERDICTS
from ..grading.result import Class, Graded, Result, lateness
from .page import page, section, sentences, sign
from .words import score_text, total_text


def student_page(student: Graded, graded: Class) -> str:
    """The page that may be handed to the student."""
    lead = f"{total_text(student)} of {student.max_score} points"
    if not student.complete:
        lead += "; some exercises could not be graded yet, and are no zeros"
    body = []
    if student.notes:
        body.append(section("notes", "How it was read", [sentences(student.notes)]))
    if student.results:
        body.append(section("exercises", "Exercises", map(_exercise, student.results)))
    facts = {"file": PurePath(student.file).name or "none", "isolation": graded.isolation}
    if student.late is not None:
        facts["handed in"] = lateness(student.late)
    title = f"{student.name}: {graded.title}" if graded.title else student.name
    return page(title, lead, body, facts)


def _exercise(result: Result) -> str:
    return "\n".join(['<div class="exercise">', *_parts(result), "</div>"])


def _parts(result: Result) -> Iterator[str]:
    verdict = VERDICTS[result.verdict]
    yield (
        f"<h3>{sign(result, verdict)}<span>{text(result.name)}</span>"
        f'<span class="points">{score_text(result)} of {result.max_points}</span></h3>'
    )
    yield f'<p class="groups">{text(verdict)}{text(_lost(result))}</p>'
    if result.correction is not None:
        yield f'<p class="corrected-by">Corrected by your teacher: {text(result.correction.reason)}</p>'
    if result.message:
        yield f"<p>{text(result.message)}</p>"
    if result.diagnoses:
        yield f"<ol>{''.join(map(_diagnosis, result.diagnoses))}</ol>"
    if result.printed.strip():
        yield f"<details><summary>What it printed</summary><pre>{text(result.printed.strip())}</pre></details>"


def _lost(result: Result) -> str:
    """The points group by group, where some are there and some are not."""
    earned = sum(group.points for group in result.groups)
    if not 0 < earned < result.max_points:
        return ""
    return ": " + ", ".join(f"{group.name} {group.points} of {group.max_points}" for group in result.groups)


def _diagnosis(found: Diagnosis) -> str:
    about = f"{found.input}: " if found.input else ""
    return (
        f'<li><span class="code">{text(found.code)}</span> {text(about + found.message)}'
        f'<br><span class="hint">Hint: {text(found.hint)}</span></li>'
    )
