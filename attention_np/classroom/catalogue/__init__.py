"""The exercises of the package, a file for each topic.

To add one, write it beside its like; a new file is added to the list here.
"""

from __future__ import annotations

import difflib
from functools import cache

from ..exercise import Exercise
from . import (
    composed,
    derivatives,
    dividing,
    heads,
    layers,
    masks,
    optimisers,
    reading,
    repairs,
    scores,
    sharpness,
    training,
    weights,
)

_FILES = (
    scores,
    weights,
    sharpness,
    layers,
    masks,
    heads,
    composed,
    derivatives,
    optimisers,
    training,
    reading,
    dividing,
    repairs,
)


@cache
def exercises() -> tuple[Exercise, ...]:
    """All exercises, topic by topic."""
    return tuple(exercise for file in _FILES for exercise in file.exercises())


def exercise_named(name: str) -> Exercise:
    """The exercise whose function has this name.

    Raises
    ------
    ValueError
        If there is none; names the ones that are nearly called so.
    """
    return chosen_from(exercises(), name)


def chosen_from(offered: tuple[Exercise, ...], name: str) -> Exercise:
    """One of some exercises, by its name.

    Raises
    ------
    ValueError
        If there is none.
    """
    for exercise in offered:
        if exercise.name == name:
            return exercise
    close = difflib.get_close_matches(name, [exercise.name for exercise in offered])
    ask = f"did you mean {' or '.join(close)}?" if close else "`attention-np exercises` lists them"
    raise ValueError(f"exercise: there is none called {name!r}; {ask}")
