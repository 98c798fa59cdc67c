"""The simple recurrent network, of one direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..functional.elman import ELMAN
from .recurrence import Recurrence


class Elman(Recurrence):
    """Elman's simple recurrent network over time, ``h' = tanh(x W + b + h U + c)`` (see `Recurrence` for its use).

    Parameters
    ----------
    in_width, hidden_width : int
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self, in_width: int, hidden_width: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(ELMAN, in_width, hidden_width, rng=rng, dtype=dtype)
