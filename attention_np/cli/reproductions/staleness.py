"""``attention-np reproduce staleness``: how much delay gradient descent bears, proved and measured."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ...training.staleness import ImplicitMomentum, implicit_momentum, measured_limit, stability_limit
from ..options import not_negative

_DELAYS = range(6)
_WORKERS = (2, 4, 8)
_TOLERANCE = 0.01


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the limits of stability under delay."""
    parser = subparsers.add_parser(
        "staleness",
        help="with which steps delayed gradient descent is stable, and the momentum that asynchrony adds",
        epilog="example: attention-np reproduce staleness --plot staleness.png",
    )
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help="draw both tables")
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N", help="of the workers' times (0)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 if a limit is not the proved one."""
    if arguments.plot is not None and not arguments.plot.resolve().parent.is_dir():
        raise ValueError(f"--plot: expected a file in a folder that exists, got {arguments.plot}")
    proved = [stability_limit(delay) for delay in _DELAYS]
    measured = [measured_limit(delay) for delay in _DELAYS]
    rng = np.random.default_rng(arguments.seed)
    momenta = [implicit_momentum(workers, rng=rng) for workers in _WORKERS]
    if arguments.plot is not None:
        # Matplotlib loads here, and only for those who draw.
        from ...visualize.staleness import staleness_figure

        staleness_figure(proved, measured, momenta).savefig(arguments.plot)
    worst = max(abs(found / limit - 1) for found, limit in zip(measured, proved, strict=True))
    if arguments.json:
        limits = [
            {"delay": delay, "proved": limit, "measured": found}
            for delay, limit, found in zip(_DELAYS, proved, measured, strict=True)
        ]
        print(json.dumps({"limits": limits, "worst": worst, "momentum": [vars(each) for each in momenta]}))
    else:
        print("\n".join([*_limit_lines(proved, measured), "", *_momentum_lines(momenta)]))
        if arguments.plot is not None:
            print(f"the figure is {arguments.plot}")
    return 0 if worst <= _TOLERANCE else 1


def _limit_lines(proved: list[float], measured: list[float]) -> list[str]:
    lines = [
        "Gradient descent on a quadratic of curvature L, with gradients that are D updates old, is stable up to this rate * L:",
        f"{'D':>3}{'proved, 2 sin(pi/(4D+2))':>28}{'measured by bisection':>24}{'difference':>13}",
    ]
    for delay, (limit, found) in enumerate(zip(proved, measured, strict=True)):
        lines.append(f"{delay:>3}{limit:>28.4f}{found:>24.4f}{100 * (found / limit - 1):>+11.2f} %")
    return lines


def _momentum_lines(momenta: list[ImplicitMomentum]) -> list[str]:
    lines = [
        "Workers of random speed, none waiting: the momentum that the mean path of their descent shows",
        f"{'workers':>7}{'mean delay':>12}{'momentum':>10}{'1 - 1/workers':>15}{'rate / chosen':>15}{'1/workers':>11}",
    ]
    for each in momenta:
        lines.append(
            f"{each.workers:>7}{each.mean_delay:>12.2f}{each.momentum:>10.3f}{each.predicted:>15.3f}"
            f"{each.rate:>15.3f}{1 / each.workers:>11.3f}"
        )
    return lines
