"""Which variation an exercise has: drawn from the secret of its assignment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...exercise import Exercise
from ..seeds import rng_from
from .sources import can_be_wrapped
from .variation import FEATURES_FIRST, SOURCES_FIRST, Variation, moved_shapes

_TIMES = (2, 3, 4, 5, 6, 7)


def chosen(exercise: Exercise, secret: bytes) -> Variation:
    """What is different about an exercise of the assignment with this secret.

    The order of axes is one for the whole assignment. Where it says nothing of an exercise, something else is different about
    it, and elsewhere with even chance. `Variation()` where nothing can be.
    """
    if not can_be_wrapped(exercise.solution, exercise.name) or not can_be_wrapped(exercise.blank, exercise.name):
        return Variation()
    orders = (SOURCES_FIRST, FEATURES_FIRST)
    axes = orders[rng_from(secret, "axes").integers(2)]
    rng = rng_from(secret, "variation", exercise.name)
    start = Variation(axes if moved_shapes(exercise, axes) else "")
    more = [_with(start, one) for one in _others(exercise, int(rng.integers(2**31)))]
    if more and (not start.axes or rng.integers(2)):
        return more[rng.integers(len(more))]
    return start


def applies(exercise: Exercise, variation: Variation) -> bool:
    """Whether an exercise can have this variation."""
    known = set(exercise.subject.results)
    several = len(set(variation.results)) == len(variation.results)
    axes = not variation.axes or bool(moved_shapes(exercise, variation.axes))
    boolean = _is_boolean(exercise)
    return (
        variation != Variation()
        and can_be_wrapped(exercise.solution, exercise.name)
        and set(variation.results) <= known
        and several
        and axes
        and variation.times > 0
        and (boolean or not variation.hidden)
        and (not boolean or variation.times == 1)
    )


def _others(exercise: Exercise, turn: int) -> Iterator[Variation]:
    """What else can be different, one thing each; `turn` decides between things of a kind."""
    if _is_boolean(exercise):
        yield Variation(hidden=True)
    else:
        yield Variation(times=_TIMES[turn % len(_TIMES)])
    results = exercise.subject.results
    if len(results) > 1:
        by = 1 + turn % (len(results) - 1)
        yield Variation(results=(*results[by:], *results[:by]))
        # The first is what the exercise is most about: it stays.
        left = tuple(name for place, name in enumerate(results) if place != by)
        if any(mistake.result in left for mistake in exercise.mistakes):
            yield Variation(results=left)


def _with(start: Variation, more: Variation) -> Variation:
    return replace(more, axes=start.axes)


def _is_boolean(exercise: Exercise) -> bool:
    return "boolean" in exercise.statement.rpartition("→")[2]
