"""Gradient descent: on the full batch, stochastic, with momentum, and with Nesterov's look ahead."""

from __future__ import annotations

from collections.abc import Iterable

from .base import Array, Learned, Optimizer, fraction


class SGD(Optimizer):
    r"""Gradient descent: step against the gradient.

    With gradient g, learning rate η, weight decay λ and momentum μ::

        g ← g + λθ
        θ ← θ − ηg                          without momentum
        u ← μu + g,  θ ← θ − ηu             momentum; the velocity u starts at zero
        u ← μu + g,  θ ← θ − η(g + μu)      Nesterov

    Which gradient descent it is depends on the g it is given, not on the rule:

    - g over all the data: *gradient descent on the full batch*. On a quadratic loss with largest curvature L
      it converges for every η < 2/L, and the error along an eigenvector of curvature κ shrinks by (1 − ηκ)
      each step.
    - g over a few examples drawn at random: *stochastic* gradient descent. The expected step is the same; its
      noise keeps it from settling, so η has to fall in the course of training.

    With momentum, u is a sum of past gradients with weights 1, μ, μ², …: what they have in common is
    multiplied by up to 1/(1 − μ), and what alternates in sign cancels. Nesterov's form steps as though u had
    been applied already, so it brakes earlier. The weight decay here is that of an L2 penalty λ‖θ‖²/2 in the
    loss.

    Parameters
    ----------
    parameters : iterable of Learned
    learning_rate : float
        η.
    momentum : float
        μ, from 0 to below 1.
    nesterov : bool
        Whether momentum is Nesterov's; it needs a momentum above 0.
    weight_decay : float
        λ.

    Notes
    -----
    Momentum: Polyak (1964). Nesterov's in this form: Sutskever, Martens, Dahl and Hinton (2013). As in
    PyTorch, η stands outside u, so that a change of η acts at once.
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        learning_rate: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = fraction("momentum", momentum)
        self.nesterov = bool(nesterov)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov: needs a momentum above 0, got momentum=0")
        super().__init__(parameters, ("velocity",) if self.momentum else (), learning_rate, weight_decay)

    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        if decay:
            grad = grad + decay * value
        if self.momentum:
            velocity = running["velocity"]
            velocity *= self.momentum
            velocity += grad
            grad = grad + self.momentum * velocity if self.nesterov else velocity
        value -= rate * grad
