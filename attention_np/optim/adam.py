"""Adam: running means of the gradient and of its square, both corrected for their start at zero."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from .base import Array, Learned, Optimizer, fraction, nonnegative


class Adam(Optimizer):
    r"""Adam: momentum divided by the usual size of the gradient.

    In step t = 1, 2, …::

        g ← g + λθ
        m ← β₁m + (1 − β₁) g                m and v start at zero
        v ← β₂v + (1 − β₂) g²
        m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η m̂ / (√v̂ + ε)

    Why the correction: with a constant g, m after t steps is g times (1 − β₁)(1 + β₁ + … + β₁ᵗ⁻¹) = (1 −
    β₁ᵗ). Divided by that it is g from the first step on, and so for v. Hence the first step is η g/(|g| + ε):
    of length η for every g well above ε, and half of η for |g| = ε.

    Parameters
    ----------
    parameters : iterable of Learned
    learning_rate : float
        η, about the length of a step in each entry.
    beta1, beta2 : float
        β₁ and β₂, how much of m and v each step keeps, from 0 to below 1.
    eps : float
        ε, added after the correction, as in the paper's algorithm and in PyTorch (Keras adds it before).
    weight_decay : float
        λ of an L2 penalty λ‖θ‖²/2 in the loss. It is divided by √v̂ with the rest of the gradient; `AdamW`
        does not.

    Notes
    -----
    Kingma and Ba (2015), algorithm 1.
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.beta1 = fraction("beta1", beta1)
        self.beta2 = fraction("beta2", beta2)
        self.eps = nonnegative("eps", eps)
        super().__init__(parameters, ("mean", "square_mean"), learning_rate, weight_decay)

    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        if decay:
            grad = grad + decay * value
        self._descend(value, grad, rate, running["mean"], running["square_mean"])

    def _descend(self, value: Array, grad: Array, rate: float, mean: Array, square_mean: Array) -> None:
        mean_share = 1 - self.beta1**self.steps
        square_share = 1 - self.beta2**self.steps
        mean *= self.beta1
        term = (1 - self.beta1) * grad
        mean += term
        square_mean *= self.beta2
        np.multiply(grad, grad, out=term)
        term *= 1 - self.beta2
        square_mean += term
        # The corrections are numbers, not arrays. η m̂ / (√v̂ + ε), with the root of v̂'s share taken out of the fraction:
        # (η √share / m's share) m / (√v + ε √share) has two passes less.
        root_share = math.sqrt(square_share)
        np.sqrt(square_mean, out=term)
        term += self.eps * root_share
        np.divide(mean, term, out=term)
        term *= rate * root_share / mean_share
        value -= term
