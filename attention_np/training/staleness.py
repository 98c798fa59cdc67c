"""How much delay gradient descent bears: the proved limits, and the same limits measured by trying."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .delayed import delayed_descent, simulated_delays


def stability_limit(delay: int) -> float:
    r"""The largest ηλ with which delayed gradient descent on a quadratic of curvature λ is stable.

    With :math:`x_{t+1} = x_t - \eta\lambda x_{t-\tau}` and :math:`x_t = z^t` the characteristic equation is

    .. math:: z^{\tau} (z - 1) = -\eta\lambda

    For small ηλ > 0 all its roots lie inside the unit circle. As ηλ grows the first one leaves it at
    :math:`z = e^{i\theta}`, where the two sides agree in size and in direction:

    .. math:: 2 \sin(\theta/2) = \eta\lambda, \qquad \tau\theta + (\pi + \theta)/2 = \pi
              \;\Rightarrow\; \theta = \frac{\pi}{2\tau + 1}, \quad
              \eta\lambda = 2 \sin \frac{\pi}{2 (2\tau + 1)}

    The limits are 2, 1, 0.618, … for τ = 0, 1, 2, …, about π/(2τ + 1): a rate is to fall as the delay grows. At
    the limit x swings with a period of 2(2τ + 1) steps.

    Parameters
    ----------
    delay : int
        τ, at least 0.
    """
    if delay < 0:
        raise ValueError(f"delay: expected at least 0, got {delay}")
    return 2 * math.sin(math.pi / (2 * (2 * delay + 1)))


def measured_limit(delay: int, precision: float = 1e-3) -> float:
    """The same limit by bisection: descend, and see whether x has grown.

    Parameters
    ----------
    delay : int
    precision : float
        The relative width of the interval that is left.
    """
    if delay < 0:
        raise ValueError(f"delay: expected at least 0, got {delay}")
    low, high = 0.0, 4.0
    while high - low > precision * high:
        middle = (low + high) / 2
        if _diverges(middle, delay):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _diverges(rate: float, delay: int) -> bool:
    """Whether the largest |x| of a period's length grows from one point of the way to a later one."""
    period = 2 * (2 * delay + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.abs(delayed_descent(lambda x: x, np.ones(1), rate, [delay] * (200 * period))[:, 0])
    if not np.isfinite(size).all():
        return True
    early, late = size[90 * period : 100 * period].max(), size[-10 * period :].max()
    return bool(late > early)


@dataclass(frozen=True)
class ImplicitMomentum:
    """What random delays did to the mean of many runs.

    Attributes
    ----------
    workers : int
    mean_delay : float
    momentum, rate : float
        μ, and the effective rate as a share of η, as fitted to the mean path.
    predicted : float
        ``1 - 1/workers``.
    """

    workers: int
    mean_delay: float
    momentum: float
    rate: float
    predicted: float


def implicit_momentum(
    workers: int, *, rng: np.random.Generator, rate: float = 0.1, steps: int = 40, runs: int = 2000
) -> ImplicitMomentum:
    r"""Asynchrony begets momentum: workers of random speed, and the momentum that their mean path shows.

    If each of n workers is equally likely to be the next to finish, a gradient's delay is k with probability
    :math:`(1-\mu)\mu^k`, :math:`\mu = 1 - 1/n`, and the mean step is one of descent with momentum (Mitliagkas,
    Zhang, Hadjis, Ré 2016, theorem 3), at a rate that is smaller by the same factor:

    .. math:: E[x_{t+1} - x_t] = \mu\, E[x_t - x_{t-1}] - (1 - \mu)\, \eta\, E[g(x_t)]

    Here the workers are simulated, on g(x) = x from x = 1, the paths of all runs are averaged, and μ and the factor
    of η are fitted to the mean path by least squares. A momentum that was chosen for one process is too much
    for many.

    Parameters
    ----------
    workers : int
        n, at least 2.
    rng : numpy.random.Generator
    rate : float
        η.
    steps, runs : int
        Of each path; the paths.
    """
    if workers < 2:
        raise ValueError(f"workers: expected at least 2, got {workers}; one has no delay, and its path fits any momentum")
    # The workers run for a while before the first descent begins, or all would start with fresh weights.
    begun = 10 * workers
    delays = np.reshape(simulated_delays(workers, begun + runs * steps, rng)[begun:], (runs, steps))
    paths = [delayed_descent(lambda x: x, np.ones(1), rate, row)[:, 0] for row in delays]
    mean = np.mean(paths, axis=0)
    moves = np.diff(mean)
    (momentum, factor), *_ = np.linalg.lstsq(np.stack([moves[:-1], -rate * mean[1:-1]], axis=1), moves[1:], rcond=None)
    return ImplicitMomentum(workers, float(np.mean(delays)), float(momentum), float(factor), 1 - 1 / workers)
