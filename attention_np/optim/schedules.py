"""Schedules: what the learning rate is multiplied by, as a pure function of the step.

Steps count from 1, as the papers count them and as Adam does: ``schedule(1)`` is for the first update. A
schedule has no state, so a resumed training needs only the number of the step.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule(ABC):
    """The base of the schedules: a frozen dataclass, whose ``repr`` therefore says all there is to know."""

    @abstractmethod
    def __call__(self, step: int) -> float:
        """The factor of the learning rate in `step` = 1, 2, …"""


@dataclass(frozen=True)
class Constant(Schedule):
    """The factor 1 in every step."""

    def __call__(self, step: int) -> float:
        _check_step(step)
        return 1.0


@dataclass(frozen=True)
class WarmupCosine(Schedule):
    r"""A linear rise to 1, then half a cosine down to a floor.

    ::

        t / warmup                                                    for t ≤ warmup
        floor + (1 − floor) (1 + cos(π (t − warmup)/(total − warmup)))/2   up to t = total
        floor                                                         from then on

    Parameters
    ----------
    warmup : int
        The number of rising steps; 0 for none.
    total : int
        The step at which the floor is reached, above `warmup`.
    floor : float
        The last factor, from 0 to 1.

    Notes
    -----
    Loshchilov and Hutter (2017), equation 5, without restarts.
    """

    warmup: int
    total: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        if self.warmup < 0:
            raise ValueError(f"warmup: expected at least 0 steps, got {self.warmup}")
        if self.total <= self.warmup:
            raise ValueError(f"total: expected more steps than warmup={self.warmup}, got {self.total}")
        if not 0 <= self.floor <= 1:
            raise ValueError(f"floor: expected a factor from 0 to 1, got {self.floor}")

    def __call__(self, step: int) -> float:
        _check_step(step)
        if step <= self.warmup:
            return step / self.warmup
        progress = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class WarmupInverseSquareRoot(Schedule):
    r"""A linear rise to 1, then a fall as one over the root of the step: min(t/warmup, √(warmup/t)).

    This is the Transformer's schedule, scaled to a peak of 1: the paper's is this times (d_model ·
    warmup)^−½. It needs no total, and it never reaches zero.

    Parameters
    ----------
    warmup : int
        The step of the peak, at least 1.

    Notes
    -----
    Vaswani et al. (2017), equation 3.
    """

    warmup: int

    def __post_init__(self) -> None:
        if self.warmup < 1:
            raise ValueError(f"warmup: expected at least 1 step, got {self.warmup}")

    def __call__(self, step: int) -> float:
        _check_step(step)
        return min(step / self.warmup, math.sqrt(self.warmup / step))


def _check_step(step: int) -> None:
    if step < 1:
        raise ValueError(f"step: the first step is 1, got {step}")
