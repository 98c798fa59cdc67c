"""The variation as a comment above a function that is handed out, so that the learner's own check knows of it."""

from __future__ import annotations

import re

from ...exercise import Exercise
from .choice import applies
from .exercises import COMMENT, varied
from .variation import FEATURES_FIRST, SOURCES_FIRST, Variation

_TIMES = re.compile(r"times ([0-9]{1,3})")
_RETURNS = re.compile(r"returns (\w+(?:, \w+)*)")


def as_handed_out(exercise: Exercise, source: str) -> Exercise:
    """The exercise with the contract that a comment in a learner's file gives it; without one, as it is.

    Parameters
    ----------
    exercise : Exercise
        Of the usual contract.
    source : str
        The learner's file, be it a notebook's JSON; the last such comment counts.

    Raises
    ------
    ValueError
        If the comment says what the exercise cannot be.
    """
    found = re.findall(rf"{re.escape(COMMENT.format(exercise.name))}([\w,; ]*)", source)
    if not found:
        return exercise
    variation = _read(found[-1].strip())
    if variation is None or not applies(exercise, variation):
        raise ValueError(
            f"{exercise.name}: the comment on its contract says {found[-1].strip()!r}, which no hand-out does; "
            "copy it from the file that was handed out"
        )
    return varied(exercise, variation)


def _read(text: str) -> Variation | None:
    axes, results, times, hidden = "", "", 1, False
    for part in text.split("; "):
        if part in (SOURCES_FIRST, FEATURES_FIRST):
            axes = part
        elif part == "True is hidden":
            hidden = True
        elif found := _TIMES.fullmatch(part):
            times = int(found[1])
        elif found := _RETURNS.fullmatch(part):
            results = found[1]
        else:
            return None
    return Variation(axes, tuple(results.split(", ")) if results else (), times, hidden)
