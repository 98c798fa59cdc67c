"""Asynchrony without processes: the delay of the gradients is a parameter, and everything repeats to the bit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from ..optim import Optimizer
from .communicator import Array
from .exchange import Step
from .gradients import limit_gradients, run_model
from .interface import Batch, Model
from .staleness_bound import StalenessBound


class Delayed:
    r"""Gradients of old weights: the step of `train` with ``Processes(delay=...)``.

    With θ_t the weights before step t and the delay τ,

    .. math:: \theta_{t+1} = \theta_t - \eta \nabla L_t(\theta_{t-\tau})

    or the same with another optimiser. So learn τ + 1 equally fast workers that take turns at a parameter
    server. As there, an epoch begins with nothing on the way: its step k has the delay min(k, τ), counted
    from 0, and so has the k-th one behind a resumption.

    Parameters
    ----------
    model, optimizer, clip
        As in `Synchronous`.
    delay : int
        τ.
    """

    def __init__(self, model: Model, optimizer: Optimizer, clip: float | None, delay: int) -> None:
        self._model, self._optimizer, self._clip = model, optimizer, clip
        self._values = [parameter.value for parameter in optimizer.parameters]
        self._read: deque[list[Array]] = deque(maxlen=delay + 1)
        self._step = Step(0.0, 0, False)

    def begin(self, first: int, last: int) -> None:
        """Nothing is on the way."""
        self._read.clear()

    def compute(self, batch: Batch, number: int) -> None:
        """The gradient at the oldest weights that are kept."""
        now = [value.copy() for value in self._values]
        self._read.append(now)
        try:
            self._set(self._read[0])
            loss = run_model(self._model, batch, number)
        finally:
            self._set(now)
        limit_gradients(self._model, self._optimizer, self._clip, loss, number)
        self._step = Step(loss, batch.tokens, False)

    def _set(self, values: list[Array]) -> None:
        for value, wanted in zip(self._values, values, strict=True):
            value[...] = wanted

    def update(self, factor: float) -> Step:
        """The optimiser's step from the weights of now."""
        self._optimizer.step(factor)
        return self._step

    def figures(self) -> dict[str, float]:
        """None: the delay is known."""
        return {}


def delayed_descent(
    gradient: Callable[[Array], Array], start: Array, rate: float, delays: Iterable[int], momentum: float = 0.0
) -> Array:
    r"""Gradient descent whose gradients are those of earlier points.

    .. math:: x_{t+1} = x_t - \eta\, g(x_{t - \tau_t}) + \mu\,(x_t - x_{t-1})

    Parameters
    ----------
    gradient : callable
        g, from a point to an array of its shape.
    start : array
        x_0, and all points before it.
    rate : float
        η.
    delays : iterable of int
        τ_t for each step.
    momentum : float
        μ.

    Returns
    -------
    array (steps + 1, ...)
        All points, `start` first.
    """
    points = [np.array(start, dtype=float)]
    for step, delay in enumerate(delays):
        if delay < 0:
            raise ValueError(f"delays: expected numbers of at least 0, got {delay} for step {step}")
        before = points[max(0, step - 1)]
        points.append(points[-1] - rate * gradient(points[max(0, step - delay)]) + momentum * (points[-1] - before))
    return np.stack(points)


def simulated_delays(
    workers: int, steps: int, rng: np.random.Generator, staleness: int | None = None
) -> list[int]:
    """The delay of each update at a parameter server whose workers need random times.

    A worker reads the weights, computes for a while, its gradient is applied, and it reads again: what
    `bounded_staleness` does with processes. The times are exponential: whoever computes is as likely as any
    other to finish next.

    Parameters
    ----------
    workers, steps : int
    rng : numpy.random.Generator
        Draws the times.
    staleness : int or None
        The largest delay; None sets no bound.

    Returns
    -------
    list of int
        One for each step.
    """
    if workers < 1:
        raise ValueError(f"workers: expected at least 1, got {workers}")
    bound = StalenessBound(steps + workers if staleness is None else staleness)
    now, idle = 0.0, list(range(workers))
    delays: list[int] = []
    finishing: dict[int, float] = {}
    while len(delays) < steps:
        while idle and bound.may_start():
            worker = idle.pop(0)
            bound.start(worker)
            finishing[worker] = now + rng.exponential()
        worker = min(filter(bound.may_apply, finishing), key=finishing.__getitem__)
        now = max(now, finishing.pop(worker))
        delays.append(bound.apply(worker))
        idle.append(worker)
    return delays
