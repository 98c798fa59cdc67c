"""The whole benchmark, or a section of it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .attention import JUDGED, SHORTEST, AttentionResult, Shape, bench_attention
from .bars import Judged, judge
from .gradients import GradcheckResult, bench_gradcheck
from .growth import AXES, QUICK_AXES, GrowthResult, bench_growth
from .memory import LONGEST, MemoryResult, bench_memory
from .neighbours import Neighbours
from .peers import Peers, Skipped, find_peers
from .processes import ProcessesResult, bench_processes
from .startup import StartupResult, bench_startup
from .threads import can_set_blas_threads, cores, equal_threads, threads
from .training import TrainingResult, bench_training

SECTIONS = ("attention", "training", "memory", "startup", "gradcheck", "growth", "processes")


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds of each section, shapes, lengths, and a transformer's sizes."""

    rounds: dict[str, int]
    shapes: tuple[Shape, ...]
    lengths: tuple[int, ...]
    axes: dict[str, tuple[int, ...]]


FULL = Plan(
    {"attention": 15, "training": 21, "memory": 3, "startup": 21, "gradcheck": 3, "growth": 5, "processes": 5},
    (SHORTEST, *JUDGED),
    (1_024, 2_048, 4_096, 8_192, LONGEST),
    AXES,
)
QUICK = Plan(
    {"attention": 5, "training": 5, "memory": 3, "startup": 5, "gradcheck": 1, "growth": 1, "processes": 1},
    (SHORTEST, *JUDGED[:2]),
    (512, 1_024, 2_048),
    QUICK_AXES,
)


@dataclass(frozen=True)
class Results:
    """What was measured; a section that was left out is None.

    Attributes
    ----------
    machine : dict
        Cores, threads of each contender, versions, and the share of all cores that other programs took meanwhile.
    quick : bool
    skipped : list of Skipped
        The peers that are not installed, and MPI if it is not.
    """

    machine: dict[str, Any]
    quick: bool
    skipped: list[Skipped]
    attention: AttentionResult | None = None
    training: TrainingResult | None = None
    memory: MemoryResult | None = None
    startup: StartupResult | None = None
    gradcheck: GradcheckResult | None = None
    growth: GrowthResult | None = None
    processes: ProcessesResult | None = None

    def judged(self) -> list[Judged]:
        """Every figure that has a bar, beside it."""
        figures: dict[str, float] = {}
        for section in (self.attention, self.training, self.memory, self.startup):
            if section is not None:
                figures |= section.figures()
        return judge(figures)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can say it."""
        figures = {name: section for name, section in asdict(self).items() if section is not None}
        if self.attention is not None:
            for row, result in zip(figures["attention"]["shapes"], self.attention.shapes, strict=True):
                row |= {"gflops": result.gflops, "operations_per_byte": result.intensity}
        return {**figures, "bars": [{**asdict(each), "met": each.met} for each in self.judged()]}


def run_bench(only: str | None, quick: bool, say: Callable[[str], None]) -> Results:
    """Measure.

    Parameters
    ----------
    only : str or None
        One of `SECTIONS`; all of them if None.
    quick : bool
        Few rounds, and the small shapes alone.
    say : callable
        Is told what is being measured.

    Raises
    ------
    Disagreement
        If a peer's results are not ours, or a gradient is wrong.
    """
    if only is not None and only not in SECTIONS:
        raise ValueError(f"only: expected one of {', '.join(SECTIONS)}, got {only!r}")
    plan = QUICK if quick else FULL
    neighbours = Neighbours()
    compares = only in (None, "attention", "training")
    peers = find_peers() if compares else Peers(None, None)
    measured: dict[str, Any] = {}
    with equal_threads():
        for section in SECTIONS if only is None else (only,):
            measured[section] = _run(section, plan, peers, say)
    skipped = peers.skipped() if compares else []
    if "processes" in measured and measured["processes"] is None:
        skipped.append(Skipped("MPI (mpi4py and mpiexec)", "pip install 'attention-np[distributed]'"))
    return Results(_machine(peers, neighbours.share()), quick, skipped, **measured)


def _run(section: str, plan: Plan, peers: Peers, say: Callable[[str], None]) -> object:
    rounds = plan.rounds[section]
    if section == "attention":
        return bench_attention(plan.shapes, rounds, peers, say)
    if section == "training":
        return bench_training(rounds, peers, say)
    if section == "memory":
        return bench_memory(plan.lengths, rounds, say)
    if section == "startup":
        return bench_startup(rounds, say)
    if section == "processes":
        return bench_processes(rounds, say)
    if section == "gradcheck":
        return bench_gradcheck(rounds, say)
    return bench_growth(plan.axes, rounds, say)


def _machine(peers: Peers, neighbours: float | None) -> dict[str, Any]:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "cores": cores(),
        "threads": threads(),
        "blas_threads_set": can_set_blas_threads(),
        "neighbours": neighbours,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "torch": None if peers.torch is None else peers.torch.__version__,
        "autograd": None if peers.autograd is None else importlib.metadata.version("autograd"),
    }
