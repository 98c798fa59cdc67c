"""AdaGrad: each entry's gradient divided by the root of the sum of its squares so far."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .base import Array, Learned, Optimizer, nonnegative


class AdaGrad(Optimizer):
    r"""AdaGrad: a learning rate for each entry, which falls as that entry's gradients add up.

    ::

        g ← g + λθ
        G ← G + g²                          entry by entry; G starts at zero
        θ ← θ − η g / (√G + ε)

    The first step of every entry has length η, whatever the size of its gradient; with gradients of constant
    size the t-th has η/√t. An entry with rare gradients, as a rare word's embedding, keeps its long steps. G
    never forgets, so in a long training every step dies away: `RMSProp` is the cure.

    Parameters
    ----------
    parameters : iterable of Learned
    learning_rate : float
        η.
    eps : float
        ε, outside the root as in PyTorch; it only keeps 0/0 from being NaN.
    weight_decay : float
        λ of an L2 penalty λ‖θ‖²/2 in the loss.

    Notes
    -----
    Duchi, Hazan and Singer (2011), the diagonal form.
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        learning_rate: float = 1e-2,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        self.eps = nonnegative("eps", eps)
        super().__init__(parameters, ("square_sum",), learning_rate, weight_decay)

    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        square_sum = running["square_sum"]
        if decay:
            grad = grad + decay * value
        square_sum += grad * grad
        value -= rate * grad / (np.sqrt(square_sum) + self.eps)
