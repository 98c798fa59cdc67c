"""How much delay gradient descent bears, and the momentum that it gets from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..training.staleness import ImplicitMomentum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours; markers and dashes tell them apart without any.
_PROVED = {"color": "#555555", "linestyle": "--"}
_MEASURED = {"color": "#0072B2", "linestyle": "none", "marker": "o", "markersize": 6}


def staleness_figure(
    proved: Sequence[float], measured: Sequence[float], momenta: Sequence[ImplicitMomentum]
) -> Figure:
    """Two panels: the limits of stability by delay, and the implicit momentum by workers.

    Parameters
    ----------
    proved, measured : sequence of float
        The largest stable rate times curvature with a delay of 0, 1, 2, …; equally many.
    momenta : sequence of ImplicitMomentum
    """
    from matplotlib.figure import Figure

    if len(proved) != len(measured):
        raise ValueError(f"proved, measured: expected equally many, got {len(proved)} and {len(measured)}")
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    limits, momentum = figure.subplots(1, 2)
    delays = range(len(proved))
    limits.plot(delays, proved, label="proved: 2 sin(π / (4τ + 2))", **_PROVED)
    limits.plot(delays, measured, label="measured by bisection", **_MEASURED)
    for delay, limit in zip(delays, measured, strict=True):
        limits.annotate(f"{limit:.3f}", (delay, limit), xytext=(6, 6), textcoords="offset points", fontsize=9)
    limits.set(title="Delayed gradient descent: stable below", xlabel="delay τ, in updates", ylabel="rate × curvature")
    limits.set(xlim=(-0.4, len(proved) - 0.2), ylim=(0, 1.15 * max(proved)))
    workers = [each.workers for each in momenta]
    crews = np.linspace(1, max(workers), 100)
    momentum.plot(crews, 1 - 1 / crews, label="proved: 1 - 1/workers", **_PROVED)
    momentum.plot(workers, [each.momentum for each in momenta], label="fitted to the mean path", **_MEASURED)
    momentum.set(title="Asynchrony adds momentum", xlabel="workers of random speed", ylabel="implicit momentum")
    momentum.set_xticks(workers)
    momentum.set_ylim(0, 1)
    for axes in (limits, momentum):
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
