"""Many arrays as one, so that one message carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class FlatBuffer:
    """Room for arrays side by side, and for a few numbers behind them.

    The numbers have the arrays' precision: in float32 counts are exact up to 16 million.

    Parameters
    ----------
    like : sequence of array
        Give the shapes and the dtype.
    numbers : int
        How many numbers.

    Attributes
    ----------
    array : array
        All of it, of one dimension.
    numbers : array
        The numbers at its end: a view.
    """

    def __init__(self, like: Sequence[Array], numbers: int) -> None:
        ends = np.cumsum([array.size for array in like])
        self.array = np.zeros(int(ends[-1]) + numbers, np.result_type(*like))
        starts = [0, *ends[:-1]]
        self._parts = [
            self.array[start:end].reshape(array.shape) for start, end, array in zip(starts, ends, like, strict=True)
        ]
        self.numbers = self.array[int(ends[-1]) :]

    def pack(self, arrays: Sequence[Array], factor: float = 1.0) -> None:
        """Put in ``factor * array`` for each array."""
        for part, array in zip(self._parts, arrays, strict=True):
            np.multiply(array, factor, out=part)

    def unpack(self, arrays: Sequence[Array]) -> None:
        """Put what is in here into `arrays`, in place."""
        for part, array in zip(self._parts, arrays, strict=True):
            array[...] = part
