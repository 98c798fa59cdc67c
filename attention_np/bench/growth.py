"""How the time and the memory of a training step grow with the size of a transformer and of what it reads.

One size grows at a time: width, depth, length, or vocabulary; the others stay as in `BASE`. A power law is fitted to each. Its exponent
is that of these sizes and no law of nature: a width costs its square in the matrices and its first power everywhere else, so that the
exponent lies between the two and rises with the widths.

The memory is all that a training needs at its peak: the model, its gradients, the optimiser's running means, and what the forward
pass keeps for the backward pass. It is measured as in `memory`, each size in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..models.transformer import LanguageModel, TokenBatch, TransformerSettings
from ..optim import Adam
from .power_law import fit_power_law
from .threads import equal_threads
from .timing import Contender, measure, median

BATCH, HEADS = 4, 4
_CHILD = "import sys; from attention_np.bench.growth import print_peak_bytes; print_peak_bytes(*map(int, sys.argv[1:]))"


class Size(NamedTuple):
    """Of a decoder-only transformer and of each of the `BATCH` texts that it learns from."""

    width: int
    depth: int
    length: int
    vocabulary: int


BASE = Size(width=128, depth=2, length=128, vocabulary=256)
AXES: dict[str, tuple[int, ...]] = {
    "width": (64, 128, 256, 512),
    "depth": (1, 2, 4, 8),
    "length": (128, 256, 512, 1_024),
    "vocabulary": (256, 1_024, 4_096, 16_384),
}
QUICK_AXES = {axis: sizes[:3] for axis, sizes in AXES.items()}


@dataclass(frozen=True)
class AxisGrowth:
    """Median seconds of a step and bytes at its peak for each size along an axis, and the exponents k of cost ~ sizeᵏ."""

    axis: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    peak_bytes: tuple[int, ...]
    time_exponent: float
    memory_exponent: float


@dataclass(frozen=True)
class GrowthResult:
    """All axes."""

    axes: tuple[AxisGrowth, ...]


def bench_growth(axes: dict[str, tuple[int, ...]], rounds: int, say: Callable[[str], None]) -> GrowthResult:
    """Measure a training step along each axis."""
    found = []
    for axis, lengths in axes.items():
        sizes = [BASE._replace(**{axis: length}) for length in lengths]
        peaks = []
        for length, size in zip(lengths, sizes, strict=True):
            say(f"growth: memory, {axis} {length:,}")
            peaks.append(_in_own_process(size))
        say(f"growth: time, {axis} {lengths[0]:,} to {lengths[-1]:,}")
        times = measure([Contender(str(size), training_step(size)) for size in sizes], rounds)
        seconds = [median(times[str(size)]) for size in sizes]
        exponents = fit_power_law(lengths, seconds)[0], fit_power_law(lengths, peaks)[0]
        found.append(AxisGrowth(axis, lengths, tuple(seconds), tuple(peaks), *exponents))
    return GrowthResult(tuple(found))


def training_step(size: Size) -> Callable[[], float]:
    """What trains a model of this size once, on the same batch each time, and gives its loss."""
    rng = np.random.default_rng(0)
    settings = TransformerSettings(width=size.width, depth=size.depth, heads=HEADS)
    model = LanguageModel(size.vocabulary, settings, rng=rng)
    optimizer = Adam(model.parameters(), 1e-3)
    ids = rng.integers(0, size.vocabulary, (BATCH, size.length + 1))
    batch = TokenBatch(ids[:, :-1], ids[:, 1:])

    def step() -> float:
        model.zero_grad()
        loss, backward = model(batch)
        backward()
        optimizer.step()
        return loss

    return step


def peak_bytes(size: Size) -> int:
    """The peak of a training step with all that it needs, as a process's first call."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        training_step(size)()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def print_peak_bytes(*size: int) -> None:
    """What a process of its own does: measure, and print the number."""
    with equal_threads():
        print(json.dumps(peak_bytes(Size(*size))))


def _in_own_process(size: Size) -> int:
    done = subprocess.run([sys.executable, "-c", _CHILD, *map(str, size)], capture_output=True, text=True)
    if done.returncode:
        cause = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise MemoryError(f"memory at {size}: the measuring process failed: {cause[0]}")
    return int(json.loads(done.stdout))
