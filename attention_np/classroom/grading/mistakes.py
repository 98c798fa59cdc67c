"""Which mistake is commonest: what a teacher needs for the next lecture."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from ...gradcheck.diagnosis import Diagnosis
from .result import Class

_BEGINNING = 60


class Common(NamedTuple):
    """A mistake, and how many made it.

    Attributes
    ----------
    exercise : str
    code : str
        Of the diagnosis.
    message, hint : str
        As most of them were told.
    students : int
    """

    exercise: str
    code: str
    message: str
    hint: str
    students: int


def common_mistakes(graded: Class) -> list[Common]:
    """For each student and exercise the likeliest explanation, counted; the commonest first."""
    told: dict[tuple[str, str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for student in graded.students:
        for result in student.results:
            if result.diagnoses:
                first = result.diagnoses[0]
                about = f"{first.input}: " if first.input else ""
                told[result.name, first.code, _about(first)][about + first.message, first.hint] += 1
    found = [
        Common(exercise, code, *messages.most_common(1)[0][0], messages.total())
        for (exercise, code, _), messages in told.items()
    ]
    return sorted(found, key=lambda one: (-one.students, list(graded.exercises).index(one.exercise)))


def _about(found: Diagnosis) -> str:
    """What tells mistakes of one code apart: the input; of what has no name, the beginning of its message without numbers."""
    return found.input if found.code != "unknown" else re.sub(r"\d+", "", found.message)[:_BEGINNING]
