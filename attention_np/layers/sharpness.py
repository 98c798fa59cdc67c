"""The sharpness β that multiplies the scores: fixed, or learned through its logarithm."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array
from .module import Layer, Parameter

CAP = 100.0


class Sharpness(Layer):
    r"""An inverse temperature, :math:`\beta = \min(e^{t}, 100)` with t learned, as in Swin Transformer V2.

    Learning the logarithm keeps :math:`\beta` positive; the cap keeps the softmax from becoming a step. Weight decay does not
    apply to t: it would pull :math:`\beta` towards 1, the value that cannot focus.

    Parameters
    ----------
    initial_scale : float
        Where :math:`\beta` starts, in (0, 100].
    shape : tuple of int
        ``()`` for one number, ``(heads,)`` for one per head.
    dtype : dtype

    Attributes
    ----------
    log_scale : Parameter
        t.
    """

    def __init__(self, initial_scale: float, *, shape: tuple[int, ...] = (), dtype: DTypeLike = np.float32) -> None:
        if not 0 < initial_scale <= CAP:
            raise ValueError(f"initial_scale: expected a number in (0, {CAP:g}], got {initial_scale}")
        self.log_scale = Parameter(np.full(shape, math.log(initial_scale), dtype), decays=False)

    @property
    def value(self) -> Array:
        """β, of the parameter's shape and dtype."""
        return np.minimum(np.exp(self.log_scale.value), np.asarray(CAP, self.log_scale.value.dtype))

    def add_gradient(self, d_scale: Array) -> None:
        """Add :math:`dt = d\\beta \\, e^t`; nothing where the cap holds β."""
        # Compared as logarithms: e^(ln 100) may round to above 100, and a sharpness that starts there must learn.
        self.log_scale.grad += d_scale * self.value * (self.log_scale.value <= math.log(CAP))
