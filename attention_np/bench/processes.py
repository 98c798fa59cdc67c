"""What a second process brings: the summariser's training step in one process and in two, each with one thread.

A step of two processes is not half as long: the sum of the gradients takes its time, the slower waits for the
quicker, the optimiser's step is taken by both, and a recurrence over half the rows is not twice as fast. Two
questions are asked. The same batch, divided: how much sooner is a given training done? A batch twice as large: how much
more is learned from in the same time?

Every sample is a run of its own, the three taking turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..functional._checks import Array
from ..models.summarizer import SummaryBatch
from ..optim import Adam
from ..tasks.summaries import SummarizerSettings
from ..training import Communicator, blas_threads, world
from ..training.distributed import find_mpiexec
from ..training.synchronous import Synchronous
from .subjects import SUMMARIZER, summarizer, summary_batch
from .timing import Ratio, median, ratio
from .training import CLIP

PROCESSES = 2
SECONDS = 3.0
WARM_UP = 3
_CHILD = "from attention_np.bench.processes import measure_here; measure_here({})"


@dataclass(frozen=True)
class ProcessesResult:
    """Median seconds of a step, and what of the ideal was reached.

    Attributes
    ----------
    alone, divided, doubled : float
        One process; two with half the batch each; two with a batch each.
    summing : float
        Of `divided`, summing the gradients, with the waiting for the other.
    efficiency : Ratio
        ``alone / (2 divided)``; 1 would be half the time.
    doubled_efficiency : Ratio
        ``alone / doubled``; 1 would be twice the batch in the same time.
    """

    model: str
    processes: int
    alone: float
    divided: float
    doubled: float
    summing: float
    efficiency: Ratio
    doubled_efficiency: Ratio


def bench_processes(rounds: int, say: Callable[[str], None]) -> ProcessesResult | None:
    """Time one and two processes; None where mpi4py or ``mpiexec`` is missing."""
    mpiexec = find_mpiexec()
    if mpiexec is None:
        return None
    say(f"processes: {SUMMARIZER}")
    two = [mpiexec, "-n", str(PROCESSES)]
    runs: dict[str, tuple[list[str], bool]] = {"alone": ([], False), "divided": (two, False), "doubled": (two, True)}
    steps: dict[str, list[float]] = {name: [] for name in runs}
    summing = []
    for index in range(rounds):
        for name in runs if index % 2 == 0 else reversed(runs):
            step, of_it = _run(*runs[name])
            steps[name].append(step)
            if name == "divided":
                summing.append(of_it)
    return ProcessesResult(
        SUMMARIZER,
        PROCESSES,
        median(steps["alone"]),
        median(steps["divided"]),
        median(steps["doubled"]),
        median(summing),
        ratio(steps["alone"], [PROCESSES * step for step in steps["divided"]]),
        ratio(steps["alone"], steps["doubled"]),
    )


def _run(start: list[str], whole: bool) -> tuple[float, float]:
    """Seconds of a step, and of the sum within it."""
    done = subprocess.run([*start, sys.executable, "-c", _CHILD.format(whole)], capture_output=True, text=True)
    if done.returncode:
        cause = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise ChildProcessError(f"the training step could not be timed in a process of its own: {cause[0]}")
    step, summing = json.loads(done.stdout)
    return step, summing


def measure_here(whole: bool) -> None:
    """Take steps in the processes that are, and let the first print the seconds of a step and of the sum in it.

    Parameters
    ----------
    whole : bool
        Whether each process has a whole batch, and not its part of one.
    """
    communicator = _Timed(world())
    rng = np.random.default_rng(0)
    model = summarizer(rng)
    one = summary_batch(rng)
    batch = _Repeated(one, communicator.size) if whole else one
    optimizer = Adam(model.parameters(), SummarizerSettings().learning_rate)
    exchange = Synchronous(model, optimizer, CLIP, communicator, lambda: False)
    steps = 0
    with blas_threads(1):
        while True:
            exchange.compute(batch, 1)
            exchange.update(1.0)
            steps += 1
            if steps == WARM_UP:
                communicator.seconds, begun = 0.0, time.perf_counter()
            if steps > WARM_UP and communicator.share(time.perf_counter() - begun > SECONDS):
                break
    taken = steps - WARM_UP
    if communicator.rank == 0:
        print(json.dumps([(time.perf_counter() - begun) / taken, communicator.seconds / taken]))


class _Timed:
    """A communicator that counts the seconds of its sums."""

    def __init__(self, communicator: Communicator) -> None:
        self.rank, self.size = communicator.rank, communicator.size
        self.share, self.send, self.receive = communicator.share, communicator.send, communicator.receive
        self._sum = communicator.sum
        self.seconds = 0.0

    def sum(self, buffer: Array, /) -> None:
        begun = time.perf_counter()
        self._sum(buffer)
        self.seconds += time.perf_counter() - begun


@dataclass(frozen=True)
class _Repeated:
    """The same batch for every process."""

    batch: SummaryBatch
    size: int

    @property
    def tokens(self) -> int:
        return self.size * self.batch.tokens

    @property
    def counted(self) -> int:
        return self.size * self.batch.counted

    def shard(self, rank: int, size: int) -> SummaryBatch:
        return self.batch
