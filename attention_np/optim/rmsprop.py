"""RMSProp: each entry's gradient divided by the root of a running mean of its squares."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .base import Array, Learned, Optimizer, fraction, nonnegative


class RMSProp(Optimizer):
    r"""RMSProp: AdaGrad that forgets.

    ::

        g ← g + λθ
        v ← ρv + (1 − ρ) g²                 entry by entry; v starts at zero
        θ ← θ − η g / (√v + ε)

    v is a mean over about the last 1/(1 − ρ) steps, so the step's length stays near η for as long as training
    lasts. Because v starts at zero it is too small at first: the first step has length η/√(1 − ρ), ten times
    η with ρ = 0.99. `Adam` corrects that.

    Parameters
    ----------
    parameters : iterable of Learned
    learning_rate : float
        η.
    rho : float
        ρ, how much of v each step keeps, from 0 to below 1 (PyTorch calls it alpha).
    eps : float
        ε, outside the root as in PyTorch (Keras has it inside).
    weight_decay : float
        λ of an L2 penalty λ‖θ‖²/2 in the loss.

    Notes
    -----
    Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning" (2012).
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        learning_rate: float = 1e-2,
        rho: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.rho = fraction("rho", rho)
        self.eps = nonnegative("eps", eps)
        super().__init__(parameters, ("square_mean",), learning_rate, weight_decay)

    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        square_mean = running["square_mean"]
        if decay:
            grad = grad + decay * value
        square_mean *= self.rho
        square_mean += (1 - self.rho) * grad * grad
        value -= rate * grad / (np.sqrt(square_mean) + self.eps)
