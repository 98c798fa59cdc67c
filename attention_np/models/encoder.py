"""Reading the source: a recurrent unit in both directions."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional import tanh, tanh_backward
from ..functional._checks import Array
from ..layers import GRU, Dropout, Layer, Linear
from ..layers.module import called_once


class Encoded(NamedTuple):
    """What has been read: a state for each word (B, S, h), and one for the whole (B, h), where the decoder starts."""

    states: Array
    summary: Array


class EncoderBackward(Protocol):
    """One upstream per field of `Encoded`; gives d_embedded."""

    def __call__(self, *, d_states: Array | None, d_summary: Array) -> Array: ...


class Encoder(Layer):
    """A bidirectional `GRU`, whose states are added to the words they belong to.

    The sum keeps each state close to its own word. Without it a state may drift: attention then finds what it needs one place
    beside the word that it is about, and a map of it misleads. The last states of both directions, through a linear map and a
    tanh, begin the decoder's state.

    Parameters
    ----------
    width : int
        h, of the embedded words and of the states; even, half of it for each direction.
    dropout : float
        The share of the states left out while training.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(self, width: int, *, dropout: float, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> None:
        if width % 2:
            raise ValueError(f"width: expected an even number, half for each direction, got {width}")
        self.recurrent = GRU(width, width // 2, bidirectional=True, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)
        self.bridge = Linear(width, width, rng=rng, dtype=dtype)

    def __call__(self, embedded: Array, mask: Array) -> tuple[Encoded, EncoderBackward]:
        """Read `embedded` (B, S, h); `mask` (B, S) is True where there is a word."""
        read, recurrent_backward = self.recurrent(embedded, mask)
        states, dropout_backward = self.dropout(read.outputs + embedded)
        bridged, bridge_backward = self.bridge(read.final)
        summary = tanh(bridged)

        @called_once
        def backward(*, d_states: Array | None, d_summary: Array) -> Array:
            d_final = bridge_backward(tanh_backward(d_summary, summary))
            if d_states is None:
                return recurrent_backward(d_final=d_final)[0]
            d_sum = dropout_backward(d_states)
            d_embedded, _ = recurrent_backward(d_outputs=d_sum, d_final=d_final)
            return d_embedded + d_sum

        return Encoded(states, summary), backward
