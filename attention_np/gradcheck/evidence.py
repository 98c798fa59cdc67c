"""What was seen: one result of a function under check beside the true one, in one situation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..functional._checks import Array
from .catalogue.mistake import Mistake

SMALLEST = 1e-9
"""A difference counts only where it exceeds this part of the gradient's largest entry."""


@dataclass(frozen=True, eq=False)
class Situation:
    """The arguments of one call.

    Attributes
    ----------
    function : str
        The public function that is called, or that the one under check was recognised as; else empty.
    words : str
        Of which kind it is ("a batch of three"); empty for arrays that were given.
    features : frozenset of str
        What is special: "batch of three", "masked", "repeated ids", ...
    arguments, options : mapping
        Of the call, the upstream included where there is one.
    upstream : array or None
        The gradient with respect to the forward function's result; None where a function takes none.
    sizes : mapping
        Lengths with the words that a message would use: ``{"S, the number of sources": 5}``.
    turn : int
        The number of the upstream with which the same case is called, from 0.
    jacobian : callable
        Gives for a result's name the matrix (outputs, entries) of the forward function's derivatives, or None.
    mistakes : tuple of Mistake or None
        The known mistakes of a function that is not the package's; None: those that the catalogue has of `function`.
    """

    function: str
    words: str
    features: frozenset[str]
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    upstream: Array | None
    sizes: Mapping[str, int]
    turn: int = 0
    jacobian: Callable[[str], Array | None] = field(default=lambda name: None)
    mistakes: tuple[Mistake, ...] | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """One result in one situation.

    Attributes
    ----------
    situation : Situation
    name : str
        What a message calls it: the result's name in the contract, or the name of somebody's own input.
    result : str
        The result's name in the contract, "output" for a forward function; empty where no contract is known.
    given : array
        What the function under check gave; of any shape.
    expected, tolerance : array
        The true result, and by how much each entry may differ.
    judged : boolean array
        False at entries that have no derivative.
    others : mapping
        All true results of the call by name, this one included.
    """

    situation: Situation
    name: str
    result: str
    given: Array
    expected: Array
    tolerance: Array
    judged: Array
    others: Mapping[str, Array]

    def agrees(self, array: Array) -> bool:
        """Whether `array` is what was given."""
        if array.shape != self.given.shape:
            return False
        if array.shape == self.tolerance.shape:
            close = np.abs(self.given - array) <= np.maximum(self.tolerance, SMALLEST * np.abs(array).max(initial=0))
            return bool(np.all(close | ~self.judged))
        scale = max(np.abs(array).max(initial=0), np.abs(self.given).max(initial=0))
        return bool(np.all(np.abs(self.given - array) <= SMALLEST * scale + self.tolerance.max(initial=0)))

    @property
    def wrong_entries(self) -> Array:
        """True at entries that differ by more than they may; of the true shape."""
        if self.given.shape != self.expected.shape:
            return np.ones(self.expected.shape, bool)
        with np.errstate(invalid="ignore"):
            return ~(np.abs(self.given - self.expected) <= self.tolerance) & self.judged

    @property
    def right(self) -> bool:
        return self.given.shape == self.expected.shape and not self.wrong_entries.any()

    @property
    def comparable(self) -> bool:
        """Whether given and expected have one shape, more than one entry, and are not all zero."""
        return (
            self.given.shape == self.expected.shape
            and self.expected.size > 1
            and bool(np.any(np.abs(self.expected) > self.tolerance))
        )


def enough(wrong: list[Evidence]) -> bool:
    """Whether there are numbers enough to speak of a rule: arrays, or single numbers from several cases."""
    scalars = [item for item in wrong if item.expected.size == item.given.size == 1 and item.expected.any()]
    arrays = [item for item in wrong if item.comparable]
    return len(arrays) + len(scalars) == len(wrong) and (bool(arrays) or len(scalars) > 2)


def tolerance_of(expected: Array, noise: Array | float = 0.0, magnitude: float = 0.0) -> Array:
    """By how much each entry may differ: the noise of the true value itself, and 1e-9 of its scale.

    `magnitude` is the size of the summands where they may cancel; a result that is zero but for rounding is held
    against it, at a rounding's precision.
    """
    scale = np.abs(expected).max(initial=0)
    return np.maximum(np.broadcast_to(noise, expected.shape), max(SMALLEST * scale, 1e-13 * magnitude))


class Explanation(NamedTuple):
    """A candidate for a diagnosis: its code, the evidence in a sentence, the hint."""

    code: str
    message: str
    hint: str


Explain = Callable[[list[Evidence]], Iterable[Explanation]]
"""What a file of `explanations` offers: from the wrong evidence of one result to what explains all of it."""
