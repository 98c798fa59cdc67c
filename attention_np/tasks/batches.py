"""Batches of sentences of like length, in an order drawn anew for each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np

from ..functional._checks import Array

BatchType = TypeVar("BatchType")

_POOL = 20


class Batches(Generic[BatchType]):
    """Examples cut into batches, each laid out by `make` when it is its turn.

    Examples of like length are put together, so that little is padding: an epoch's random order is cut into pools of twenty
    batches, each pool is sorted by length and cut into batches, and all batches are shuffled.

    Parameters
    ----------
    lengths : sequence of int
        Of the examples.
    size : int
        Examples in a batch; the last may have fewer.
    make : callable
        From the indices of some examples to their batch.
    """

    def __init__(self, lengths: Sequence[int], size: int, make: Callable[[Array], BatchType]) -> None:
        if size < 1:
            raise ValueError(f"size: expected at least 1 example in a batch, got {size}")
        self.lengths = np.asarray(lengths, dtype=int)
        self.size = size
        self.make = make

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.lengths) // self.size)

    def epoch(self, rng: np.random.Generator) -> Iterator[BatchType]:
        """Every example once, in batches; the order is drawn before the first."""
        order = rng.permutation(len(self.lengths))
        pools = [order[first : first + _POOL * self.size] for first in range(0, len(order), _POOL * self.size)]
        by_length = [pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools]
        batches = [pool[first : first + self.size] for pool in by_length for first in range(0, len(pool), self.size)]
        shuffled = rng.permutation(len(batches))
        return (self.make(batches[index]) for index in shuffled)

    def in_order(self) -> Iterator[BatchType]:
        """Every example once, in batches, as they come."""
        indices = np.arange(len(self.lengths))
        return (self.make(indices[first : first + self.size]) for first in range(0, len(indices), self.size))


def padded(rows: Sequence[Sequence[int]], padding: int) -> Array:
    """Rows of ids, of unequal length, as one matrix filled up with `padding`."""
    filled = np.full((len(rows), max((len(row) for row in rows), default=0)), padding)
    for line, row in zip(filled, rows, strict=True):
        line[: len(row)] = row
    return filled
