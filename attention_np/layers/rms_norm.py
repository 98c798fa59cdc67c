"""Root-mean-square normalisation as a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import rms_norm, rms_norm_backward
from ..functional._checks import Array
from .module import Layer, Parameter, called_once


class RMSNorm(Layer):
    """Every vector to the length √width, then a learned gain, which starts at 1.

    Parameters
    ----------
    width : int
    eps : float
        Added to the mean square.
    dtype : dtype

    Attributes
    ----------
    gain : Parameter (width,)
    """

    def __init__(self, width: int, *, eps: float = 1e-6, dtype: DTypeLike = np.float32) -> None:
        self.eps = eps
        self.gain = Parameter(np.ones(width, dtype))

    def __call__(self, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Normalise `inputs` (..., width); the backward takes d_outputs and gives d_inputs."""
        outputs = rms_norm(inputs, self.gain.value, self.eps)

        @called_once
        def backward(d_outputs: Array) -> Array:
            d_inputs, d_gain = rms_norm_backward(d_outputs, inputs, self.gain.value, self.eps)
            self.gain.grad += d_gain
            return d_inputs

        return outputs, backward
