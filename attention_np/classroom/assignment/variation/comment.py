"""The variation in short: in the teacher's key, and above a function that is handed out, where a learner's own check finds it."""

from __future__ import annotations

import re

from ...exercise import Exercise
from .choice import applies
from .exercises import COMMENT, comment, varied
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
    try:
        return with_contract(exercise, found[-1].strip()) if found else exercise
    except ValueError as problem:
        raise ValueError(f"{problem}; copy the comment from the file that was handed out") from None


def in_short(exercise: Exercise, variation: Variation) -> str:
    """A variation as the comment says it."""
    return comment(exercise.name, variation).removeprefix(COMMENT.format(exercise.name))


def with_contract(exercise: Exercise, text: str) -> Exercise:
    """An exercise with the contract that a text as of `in_short` gives it.

    Raises
    ------
    ValueError
        If the exercise cannot have it.
    """
    variation = _read(text)
    if variation is None or not applies(exercise, variation):
        raise ValueError(f"{exercise.name}: expected a contract that this exercise can have, got {text!r}")
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
