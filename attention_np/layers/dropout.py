"""Dropout as a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..functional import dropout, dropout_backward, dropout_mask
from ..functional._checks import Array
from .module import Layer, called_once


class Dropout(Layer):
    """Leave a random part of the inputs out while training; hand them on unchanged otherwise.

    Parameters
    ----------
    rate : float
        The share left out, in [0, 1).
    rng : numpy.random.Generator
        Draws a fresh mask at each forward pass.
    """

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"rate: expected a share in [0, 1), got {rate}")
        self.rate = rate
        self.rng = rng

    def __call__(self, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Drop from `inputs` (any shape); the backward takes d_outputs and gives d_inputs, by the same mask."""
        if not self.training or self.rate == 0:
            return inputs, called_once(lambda d_outputs: d_outputs)
        mask = dropout_mask(inputs.shape, self.rate, self.rng, inputs.dtype)

        @called_once
        def backward(d_outputs: Array) -> Array:
            return dropout_backward(d_outputs, mask)

        return dropout(inputs, mask), backward
