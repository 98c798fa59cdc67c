"""The linear map as a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import linear, linear_backward
from ..functional._checks import Array
from .module import Layer, Parameter, called_once, uniform


class Linear(Layer):
    """Linear map of the last axis, ``outputs = inputs @ weight + bias``.

    Parameters
    ----------
    in_width, out_width : int
    bias : bool
        Whether there is one.
    rng : numpy.random.Generator
        Draws weight and bias from U(-1/√in, 1/√in), as PyTorch does.
    dtype : dtype

    Attributes
    ----------
    weight : Parameter (in_width, out_width)
    bias : Parameter (out_width,) or None
    """

    def __init__(
        self,
        in_width: int,
        out_width: int,
        *,
        bias: bool = True,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        bound = max(in_width, 1) ** -0.5
        self.weight = Parameter(uniform((in_width, out_width), bound, rng, dtype))
        self.bias = Parameter(uniform((out_width,), bound, rng, dtype)) if bias else None

    def __call__(self, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Map `inputs` (..., in) to outputs (..., out); the backward takes d_outputs and gives d_inputs."""
        outputs = linear(inputs, self.weight.value, None if self.bias is None else self.bias.value)

        @called_once
        def backward(d_outputs: Array) -> Array:
            d_inputs, d_weight, d_bias = linear_backward(d_outputs, inputs, self.weight.value)
            self.weight.grad += d_weight
            if self.bias is not None:
                self.bias.grad += d_bias
            return d_inputs

        return outputs, backward
