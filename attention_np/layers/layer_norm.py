"""Layer normalisation as a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import layer_norm, layer_norm_backward
from ..functional._checks import Array
from .module import Layer, Parameter, called_once


class LayerNorm(Layer):
    """Every vector to mean zero and variance one, then a learned gain and bias, which start at 1 and 0.

    Parameters
    ----------
    width : int
    eps : float
        Added to the variance.
    dtype : dtype

    Attributes
    ----------
    gain, bias : Parameter (width,)
    """

    def __init__(self, width: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        self.eps = eps
        self.gain = Parameter(np.ones(width, dtype))
        self.bias = Parameter(np.zeros(width, dtype))

    def __call__(self, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Normalise `inputs` (..., width); the backward takes d_outputs and gives d_inputs."""
        outputs = layer_norm(inputs, self.gain.value, self.bias.value, self.eps)

        @called_once
        def backward(d_outputs: Array) -> Array:
            d_inputs, d_gain, d_bias = layer_norm_backward(d_outputs, inputs, self.gain.value, self.eps)
            self.gain.grad += d_gain
            self.bias.grad += d_bias
            return d_inputs

        return outputs, backward
