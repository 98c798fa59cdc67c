"""A mark in plain lines: verdict and points, how far it came, what is wrong, the smallest case that fails, a hint on request."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.display.text import numbered
from ..exercise import Exercise
from ..marking import Failing, Mark

VERDICTS = {
    "pass": "right",
    "wrong": "wrong",
    "crashed": "does not run",
    "timeout": "took too long",
    "out-of-memory": "out of memory",
    "no-answer": "no answer",
    "not-attempted": "left blank",
    "tampered": "tampered",
    "grader-error": "could not be checked",
}
"""What a learner reads in the place of a verdict."""

_DIGITS = (4, 8, 17)


def mark_lines(exercise: Exercise, mark: Mark, hint: int | None = None) -> list[str]:
    """All that there is to say of a mark.

    Parameters
    ----------
    exercise : Exercise
    mark : Mark
    hint : int, optional
        1 to 3: with the hints of the diagnoses, and this one of the exercise; nothing to a function that is right.
    """
    if mark.verdict == "not-attempted":
        lines = [f"{verdict_line(mark)}: {mark.message}"]
    else:
        lines = [verdict_line(mark), *(f"  {line}" for line in told(mark))]
    for place, found in enumerate(mark.diagnoses, 1):
        shown = found if hint is not None else found._replace(hint="")
        lines += ["", *(f"  {line}" for line in numbered(place, shown).splitlines())]
    if mark.failing is not None:
        lines += ["", *(f"  {line}" for line in failing_lines(mark.failing))]
    if hint is not None and mark.verdict != "pass":
        lines += ["", f"  {hint_line(exercise, hint)}"]
    return lines


def verdict_line(mark: Mark) -> str:
    """One line: name, verdict, points."""
    return f"{mark.exercise}: {VERDICTS[mark.verdict]}, {mark.points} of {mark.max_points} points"


def told(mark: Mark) -> list[str]:
    """How far it came and the points of each group, where something was judged and is not right; and the message."""
    lines = []
    steps = mark.steps
    if steps is not None and mark.verdict != "pass":
        counted = [("ran", steps.ran), ("right shapes", steps.shapes), ("right", steps.right)]
        said = ", ".join(f"{word} in {'all' if count == steps.cases else count}" for word, count in counted)
        groups = ", ".join(f"{group.name}: {group.points}/{group.max_points}" for group in mark.groups)
        lines += [f"of {steps.cases} cases: {said}", f"points: {groups}"]
    return [*lines, *([mark.message] if mark.message else [])]


def hint_line(exercise: Exercise, hint: int) -> str:
    """One of the exercise's hints."""
    return f"Hint {hint} of {len(exercise.hints)}: {exercise.hints[hint - 1]}"


def failing_lines(failing: Failing) -> list[str]:
    """The smallest case that fails: arguments, what was given, what is right."""
    lines = [f"The smallest case that fails ({failing.words}):"]
    for name, value in failing.arguments.items():
        lines += _named(f"  {name} = ", _text(value, _DIGITS[0]))
    if not failing.given:
        lines.append("  yours gave nothing to compare")
    for name, right in failing.right.items():
        given = failing.given.get(name)
        if given is None:
            lines += _named(f"  right: {name} = ", _text(right, _DIGITS[0]))
        elif not _same(given, right):
            digits = _digits(given, right)
            lines += _named(f"  yours: {name} = ", _text(given, digits), _shape(given, right))
            lines += _named(f"  right: {name} = ", _text(right, digits), _shape(right, given))
    return lines


def _same(given: Array, right: Array) -> bool:
    scale = np.abs(right).max(initial=0)
    return given.shape == right.shape and np.allclose(given, right, rtol=0, atol=1e-9 * scale, equal_nan=True)


def _digits(given: Array, right: Array) -> int:
    """As few as show that the two differ."""
    shown = (digits for digits in _DIGITS if _text(given, digits) != _text(right, digits))
    return next(shown, _DIGITS[-1])


def _shape(array: Array, other: Array) -> str:
    return f"   shape {array.shape}" if array.shape != other.shape else ""


def _named(lead: str, text: str, behind: str = "") -> list[str]:
    first, *others = text.splitlines() or [""]
    lines = [lead + first, *((" " * len(lead) + line).rstrip() for line in others)]
    return [*lines[:-1], lines[-1] + behind]


def _text(value: Any, digits: int) -> str:
    if not isinstance(value, np.ndarray):
        return str(value)
    lengths = np.abs(value[np.isfinite(value)]) if value.dtype.kind == "f" else np.zeros(0)
    small = bool(lengths.max(initial=1) < 10 ** (1 - digits)) or bool(lengths.max(initial=0) > 1e8)
    return np.array2string(value, precision=digits, suppress_small=not small, separator=", ", max_line_width=100)
