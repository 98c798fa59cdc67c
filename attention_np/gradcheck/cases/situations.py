"""Arguments for the package's functions, drawn so that no mistake can hide in them.

All lengths differ, and differ from case to case; there is a batch of one and of three, a hidden and a fully masked row,
a repeated id, a zero vector, memory in another order. Features that only some functions know are drawn for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...functional._checks import Array

Rng = np.random.Generator


class Drawn(NamedTuple):
    """Arguments of one call of a forward function.

    Attributes
    ----------
    words, features
        As in a `Situation`.
    arguments, options : dict
        By name, in the order of the contract.
    sizes : dict
        Lengths, by the words for them.
    """

    words: str
    features: frozenset[str]
    arguments: dict[str, Any]
    options: dict[str, Any]
    sizes: dict[str, int]


class Lengths(NamedTuple):
    """The lengths of one case: leading dimensions, targets, sources, width, width of the values, something else."""

    lead: tuple[int, ...]
    L: int = 4
    S: int = 5
    d: int = 3
    e: int = 6
    h: int = 7


LAYOUTS: Mapping[str, Lengths] = {
    "plain arrays": Lengths(()),
    "a batch of one": Lengths((1,), L=3, S=7, d=5, e=4, h=6),
    "a batch of three": Lengths((3,), L=4, S=5, d=7, e=2, h=8),
    "two leading dimensions": Lengths((2, 3), L=5, S=4, d=6, e=7, h=3),
    "equal lengths": Lengths((), L=5, S=5, d=5, e=5, h=5),
}
_SPECIAL = {
    "a batch of one": {"leading dimensions"},
    "a batch of three": {"leading dimensions"},
    "two leading dimensions": {"leading dimensions"},
}

Make = Callable[[Rng, Lengths], dict[str, Any]]


def layouts(rng: Rng, make: Make, names: Mapping[str, str]) -> Iterator[Drawn]:
    """One case for each of `LAYOUTS`, and one whose arrays lie in memory in another order.

    `names` gives words for those letters of `Lengths` that a message may speak of.
    """
    for words, lengths in LAYOUTS.items():
        features = frozenset() if words == "plain arrays" else frozenset({words, *_SPECIAL.get(words, ())})
        yield Drawn(words, features, make(rng, lengths), {}, sizes_of(lengths, names))
    ones = Lengths((1,), L=1, S=1, d=1, e=1, h=1)
    yield Drawn("lengths of one", frozenset({"lengths of one"}), make(rng, ones), {}, sizes_of(ones, names))
    lengths = Lengths((), L=6, S=4, d=5, e=3, h=2)
    reordered = {name: in_another_order(value) for name, value in make(rng, lengths).items()}
    yield Drawn(
        "memory in another order", frozenset({"memory in another order"}), reordered, {}, sizes_of(lengths, names)
    )


def special(
    words: str,
    rng: Rng,
    make: Make,
    names: Mapping[str, str],
    *,
    features: tuple[str, ...] = (),
    lengths: Lengths | None = None,
    options: Mapping[str, Any] | None = None,
) -> Drawn:
    """One case with something special about its arguments or options."""
    chosen = lengths or Lengths(())
    return Drawn(words, frozenset({words, *features}), make(rng, chosen), dict(options or {}), sizes_of(chosen, names))


def sizes_of(lengths: Lengths, names: Mapping[str, str]) -> dict[str, int]:
    """Lengths by their words; the batch size where there is one."""
    sizes = {words: getattr(lengths, letter) for letter, words in names.items()}
    return {**sizes, "the size of the batch": int(np.prod(lengths.lead, dtype=int))}


def single(rng: Rng, make: Make, names: Mapping[str, str]) -> Drawn:
    """One case without leading dimensions and without rows: of arrays (..., L, d) the first row."""
    chosen = Lengths((), L=1)
    arguments = {name: _first_row(value) for name, value in make(rng, chosen).items()}
    return Drawn("a single vector", frozenset({"a single vector"}), arguments, {}, sizes_of(chosen, names))


def _first_row(value: Any) -> Any:
    return np.asarray(value[0]) if isinstance(value, np.ndarray) and len(value) == 1 else value


def in_another_order(value: Any) -> Any:
    """The same array with its memory laid out column by column."""
    return np.asfortranarray(value) if isinstance(value, np.ndarray) else value


def normal(rng: Rng, *shape: int) -> Array:
    """Standard normal numbers."""
    return rng.standard_normal(shape)


def away_from_zero(rng: Rng, *shape: int) -> Array:
    """Numbers of both signs at least 0.3 from zero, where neither a kink nor a short vector is near."""
    numbers = rng.standard_normal(shape)
    return numbers + np.copysign(0.3, numbers)
