"""How an array of the usual contract becomes one of the varied, and back: as a function, and as an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ...exercise import Exercise
from .shapes import shapes_of
from .variation import GRADIENT, Variation, moved_shapes


class Conversion(NamedTuple):
    """A function of one value, and its source with ``{}`` for the value."""

    apply: Callable[[Any], Any]
    source: str


class Conversions(NamedTuple):
    """What changes on the way in and on the way out.

    Attributes
    ----------
    given : mapping
        From an argument's name to what makes the varied one of the usual one.
    taken : mapping
        From an argument's name to what makes the usual one of the varied one.
    returned : mapping
        From a result's name to what makes the varied one of the usual one, one after the other.
    results : tuple of str
        The results of the varied function, in order.
    """

    given: Mapping[str, Callable[[Any], Any]]
    taken: Mapping[str, Conversion]
    returned: Mapping[str, tuple[Conversion, ...]]
    results: tuple[str, ...]

    def converted(self, results: Mapping[str, Any]) -> Any:
        """What the varied function returns, from the usual results by name."""
        made = tuple(self.result(name, results[name]) for name in self.results)
        return made if len(made) > 1 else made[0]

    def result(self, name: str, value: Any) -> Any:
        """One result."""
        for conversion in self.returned[name]:
            value = conversion.apply(value)
        return value


def conversions_of(exercise: Exercise, variation: Variation) -> Conversions:
    """The conversions of an exercise's arguments and results."""
    shapes, moved = shapes_of(exercise), moved_shapes(exercise, variation.axes)
    swap = Conversion(swapped, "np.swapaxes({}, -1, -2)")
    taken = {name: swap for name, shape in shapes.arguments.items() if shape in moved}
    given: dict[str, Callable[[Any], Any]] = {name: swapped for name in taken}
    after: list[Conversion] = []
    if variation.hidden:
        # What a mask's driver gives are ones and zeros.
        after.append(Conversion(lambda mask: 1 - mask, "np.logical_not({})"))
    if variation.times != 1:
        times = partial(np.multiply, variation.times)
        if GRADIENT in shapes.arguments:
            given[GRADIENT] = times
            taken[GRADIENT] = Conversion(partial(_divided, variation.times), f"{{}} / {variation.times}")
        else:
            after.append(Conversion(times, f"{variation.times} * {{}}"))
    returned = {
        name: (*([swap] if shapes.results.get(name) in moved else []), *after) for name in exercise.subject.results
    }
    return Conversions(given, taken, returned, variation.results or exercise.subject.results)


def swapped(value: Any) -> Any:
    """The last two axes exchanged, and an ordinary array made of it: only one whose memory was in another order has that still."""
    if np.ndim(value) < 2:
        return value
    other = value.flags.f_contiguous and not value.flags.c_contiguous
    return np.array(np.swapaxes(value, -1, -2), order="F" if other else "C")


def _divided(times: int, value: Any) -> Any:
    return value / times
