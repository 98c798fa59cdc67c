"""Long short-term memory, of one direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..functional.lstm import LSTM as LSTM_CELL
from .recurrence import Recurrence


class LSTM(Recurrence):
    """Long short-term memory over time (see `functional.lstm` for the equations, `Recurrence` for its use).

    Its state is hidden state and memory side by side, (B, 2h); the parts of its maps stand in the order input, forget,
    output, candidate.

    Parameters
    ----------
    in_width, hidden_width : int
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self, in_width: int, hidden_width: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(LSTM_CELL, in_width, hidden_width, rng=rng, dtype=dtype)
