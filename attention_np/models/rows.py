"""Batches whose arrays have a row for each example, and so can be divided among processes."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np


class RowBatch:
    """The base of a dataclass of which every array has one row for each example.

    A subclass defines `tokens`, and `counted` where its loss is the mean of something else.
    """

    @property
    def tokens(self) -> int:
        """What a training counts as its progress."""
        raise NotImplementedError(f"{type(self).__name__}: define the property tokens")

    @property
    def counted(self) -> int:
        """How many terms the loss is the mean of; the tokens, unless a subclass says otherwise."""
        return self.tokens

    def shard(self, rank: int, size: int) -> Self:
        """The part of process `rank` of `size`: rows that follow one another, none where there are too few.

        The parts of all processes are the whole batch, in order; their lengths differ by one row at most.

        Raises
        ------
        ValueError
            If an array's rows are not as many as another's, or `rank` is not one of `size`.
        """
        if not 0 <= rank < size:
            raise ValueError(f"rank, size: expected a rank from 0 to size - 1, got {rank} of {size}")
        arrays = {name: value for name, value in _fields(self).items() if isinstance(value, np.ndarray)}
        rows = {name: array.shape[0] if array.ndim else None for name, array in arrays.items()}
        if len(set(rows.values())) != 1 or None in rows.values():
            said = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            raise ValueError(f"{type(self).__name__}: expected arrays with a row for each example, got {said}")
        length = next(count for count in rows.values() if count is not None)
        part = slice(length * rank // size, length * (rank + 1) // size)
        return dataclasses.replace(self, **{name: array[part] for name, array in arrays.items()})  # type: ignore[type-var]


def _fields(batch: Any) -> dict[str, Any]:
    return {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
