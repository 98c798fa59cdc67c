"""AdamW: Adam with the weight decay outside of the division."""

from __future__ import annotations

from collections.abc import Iterable

from .adam import Adam
from .base import Array, Learned


class AdamW(Adam):
    r"""AdamW: each value shrinks by the factor (1 − ηλ), then Adam steps by the bare gradient.

    ::

        θ ← (1 − ηλ) θ
        θ ← θ − η m̂ / (√v̂ + ε)             m̂ and v̂ as in `Adam`, of g without λθ

    In `Adam` the pull λθ is divided by √v̂ as the gradient is, so entries with large gradients hardly decay.
    Here all decay alike. ``p(1 − ηλ)`` and ``p − ηλp`` are equal in exact arithmetic, and in float32 they
    drift apart by 3e-5 in 300 steps; the product comes first here, as in PyTorch.

    Parameters
    ----------
    parameters : iterable of Learned
    learning_rate, beta1, beta2, eps : float
        As in `Adam`.
    weight_decay : float
        λ; multiplied by η and by the schedule's factor.

    Notes
    -----
    Loshchilov and Hutter (2019), algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, learning_rate, beta1, beta2, eps, weight_decay)

    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        value *= 1 - rate * decay
        self._descend(value, grad, rate, running["mean"], running["square_mean"])
