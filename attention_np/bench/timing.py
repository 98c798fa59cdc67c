"""How to measure which of two programs is faster, without fooling oneself.

A computer is a noisy instrument. Other programs take the cores, the clock changes with the temperature, memory lies here or
there. The same call, timed twice, differs by a few per cent on a quiet machine and by a factor on a busy one. Nothing here
removes that noise; the measurement is arranged so that it cancels.

**Ratios, of pairs.** "84 ms" describes this machine in that minute. "0.8 times PyTorch's time" is a statement about two
programs, if both met the same machine. So all contenders run in each *round*, one after the other, and a ratio is taken
within the round: what slows the whole round slows both and divides out. Timing first all of one and then all of the other
compares two programs in two different minutes. The order begins elsewhere in each round and is reversed in every
second one, so that nobody always inherits the caches of the same neighbour.

**Medians, with their spread.** Disturbances only ever add time, now and then a lot: the mean of ten rounds is the story of
the worst. The median is not moved by a few. (The minimum is even calmer, but it describes the luckiest moment: a program
that is fast one time in ten looks like one that is always fast.) Beside each median stands the middle half of the rounds, from
the first to the third quartile. Where those of two figures overlap, nothing has been shown. Ratios of several shapes are
combined by the geometric mean, the only mean for which 2 and 1/2 make 1, whichever of the two programs is the divisor.

**Warm-up.** A first call pays for what later ones find ready: pages of memory, threads, the code itself. Each sample therefore
begins with one call that is not timed, behind a pause in which the threads of the one before fall asleep (many wait for
their next task in a busy loop, and take a core from whoever runs next). What a cold start costs is measured by
itself, in `startup`.

**Samples long enough for the clock.** A call of 20 microseconds is repeated until the sample lasts 20 milliseconds.
The garbage collector stays on: who causes it work pays for it.

**Equal threads.** Everyone may use the same number of threads, two where the machine has them (`threads`): a comparison of one
core with two is a comparison of cores. What a contender does with its two is its own affair.

**A floor.** Ratios to peers say who is ahead, and not what is possible. Attention, forwards and backwards, cannot be had for
less than its six matrix products, so these alone are timed as well, in buffers that lie ready (`floor`). The distance to it
is what all the rest costs: exponentials, sums, normalising, copies, and the seventh product of a backward
pass that recomputes the weights instead of keeping them.

**Right before fast.** A program that computes something else may be as fast as it likes. Before anything is timed, every peer's
results are compared with ours, gradients included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

LEAST_SECONDS = 0.02
PAUSE_SECONDS = 0.003
FEWEST_ROUNDS, MOST_SECONDS = 5, 40.0
"""After so many seconds no further round begins, but there are at least so many: on a busy machine a round may last minutes."""
CLOCK_SECONDS = 1e-6
"""What takes less than this is counted as this much, when calls are counted out: a clock may say 0."""


@dataclass(frozen=True)
class Contender:
    """Something to be timed.

    Attributes
    ----------
    name : str
    call : callable
        Takes nothing; what it gives is dropped.
    around : callable
        Gives the context in which it runs, such as a number of threads; entered outside the clock.
    """

    name: str
    call: Callable[[], object]
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Ratio:
    """The median over rounds of one time over another, and the middle half of the rounds."""

    median: float
    low: float
    high: float


def measure(contenders: Sequence[Contender], rounds: int) -> dict[str, list[float]]:
    """Time contenders interleaved.

    Parameters
    ----------
    contenders : sequence of Contender
        Of different names.
    rounds : int
        At least 1; fewer are taken where they would last too long.

    Returns
    -------
    dict
        For each name the seconds of one call, a number for each round.
    """
    if rounds < 1:
        raise ValueError(f"rounds: expected at least 1, got {rounds}")
    if len({contender.name for contender in contenders}) != len(contenders):
        raise ValueError(f"contenders: expected different names, got {[c.name for c in contenders]}")
    begin = time.monotonic()
    counts = {contender.name: _calls(contender) for contender in contenders}
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for index in range(rounds):
        if index >= FEWEST_ROUNDS and time.monotonic() - begin > MOST_SECONDS:
            break
        first = index % len(contenders)
        order = [*contenders[first:], *contenders[:first]]
        for contender in order if index % 2 == 0 else reversed(order):
            seconds[contender.name].append(_sample(contender, counts[contender.name]))
    return seconds


def _calls(contender: Contender) -> int:
    """How many calls make a sample that is long enough."""
    return max(1, math.ceil(LEAST_SECONDS / max(_sample(contender, 1), CLOCK_SECONDS)))


def _sample(contender: Contender, calls: int) -> float:
    """The seconds of one call, on average over `calls`."""
    with contender.around():
        time.sleep(PAUSE_SECONDS)
        contender.call()
        begin = time.perf_counter()
        for _ in range(calls):
            contender.call()
        return (time.perf_counter() - begin) / calls


def ratio(ours: Sequence[float], peer: Sequence[float]) -> Ratio:
    """Our time over a peer's, round by round."""
    if len(ours) != len(peer) or not ours:
        raise ValueError(f"ours, peer: expected a time for each of the same rounds, got {len(ours)} and {len(peer)}")
    low, middle, high = np.quantile(np.divide(ours, peer), [0.25, 0.5, 0.75])
    return Ratio(float(middle), float(low), float(high))


def median(seconds: Sequence[float]) -> float:
    """The median of the rounds."""
    return float(np.median(seconds))


def geometric_mean(values: Sequence[float]) -> float:
    """The exponential of the mean logarithm."""
    if not values:
        raise ValueError("values: expected at least one, got none")
    return math.exp(sum(map(math.log, values)) / len(values))
