"""Attention, forwards and backwards, for a grid of shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .attention_contenders import (
    AUTOGRAD,
    EAGER,
    FUSED,
    OURS,
    Inputs,
    Outcome,
    hips_autograd,
    ours,
    torch_eager,
    torch_fused,
)
from .floor import attention_bytes, attention_operations, bare_products, floor_contenders, peak_gflops
from .peers import Peers, require_equal
from .timing import Contender, Ratio, geometric_mean, measure, median, ratio

FLOOR = "matrix products"


class Shape(NamedTuple):
    """Batch, targets L, sources S, width d."""

    batch: int
    targets: int
    sources: int
    width: int

    def __str__(self) -> str:
        return f"({', '.join(map(str, self))})"


SHORTEST = Shape(32, 8, 8, 16)
JUDGED = (
    Shape(32, 32, 32, 64),
    Shape(256, 64, 64, 64),
    Shape(256, 128, 128, 64),
    Shape(8, 1024, 1024, 64),
    Shape(1, 4096, 4096, 64),
)
"""The shapes over which the geometric means are taken."""


@dataclass(frozen=True)
class ShapeResult:
    """One shape: median seconds of each contender, our ratio to each other, and the floor's better number of threads."""

    shape: Shape
    seconds: dict[str, float]
    ratios: dict[str, Ratio]
    floor: str

    @property
    def gflops(self) -> dict[str, float]:
        """10⁹ necessary operations per second, by contender."""
        work = attention_operations(*self.shape) / 1e9
        return {name: work / seconds for name, seconds in self.seconds.items()}

    @property
    def intensity(self) -> float:
        """Necessary operations per byte of inputs and results."""
        return attention_operations(*self.shape) / attention_bytes(*self.shape)


@dataclass(frozen=True)
class AttentionResult:
    """All shapes, and the highest rate of a matrix product."""

    shapes: tuple[ShapeResult, ...]
    peak_gflops: float

    def judged_ratios(self, peer: str) -> list[float]:
        """Our ratio to `peer` at the shapes that the bars speak of; empty unless all of them were measured."""
        found = {each.shape: each.ratios[peer].median for each in self.shapes if peer in each.ratios}
        return [found[shape] for shape in JUDGED] if set(JUDGED) <= set(found) else []

    def figures(self) -> dict[str, float]:
        """What bars are set for, by name."""
        figures = {}
        for peer in (EAGER, FUSED, AUTOGRAD, FLOOR):
            if ratios := self.judged_ratios(peer):
                figures[f"attention / {peer}, geometric mean"] = geometric_mean(ratios)
        if ratios := self.judged_ratios(EAGER):
            figures[f"attention / {EAGER}, worst shape"] = max(ratios)
        return figures


def bench_attention(
    shapes: tuple[Shape, ...], rounds: int, peers: Peers, say: Callable[[str], None]
) -> AttentionResult:
    """Check and time every contender at every shape.

    Raises
    ------
    Disagreement
        If a peer's results are not ours.
    """
    say("attention: the highest rate of a matrix product")
    peaks = [peak_gflops()]
    results = tuple(_bench_shape(shape, rounds, peers, say) for shape in shapes)
    # Before and after, and by the floor as well: whoever kept the machine busy at one of these times must not lower the roof.
    peaks += [peak_gflops(), *(result.gflops[FLOOR] for result in results)]
    return AttentionResult(results, max(peaks))


def _bench_shape(shape: Shape, rounds: int, peers: Peers, say: Callable[[str], None]) -> ShapeResult:
    say(f"attention: {shape}")
    rng = np.random.default_rng(0)
    batch, targets, sources, width = shape
    of_targets, of_sources = (batch, targets, width), (batch, sources, width)
    drawn = (rng.standard_normal(size, np.float32) for size in (of_targets, of_targets, of_sources, of_sources))
    inputs = Inputs(*drawn)
    programs = _programs(inputs, peers)
    expected = programs[OURS]()
    for name, program in programs.items():
        require_equal(name, str(shape), expected._asdict(), program()._asdict())
    floors = floor_contenders(bare_products(*inputs))
    times = measure([*(Contender(name, program) for name, program in programs.items()), *floors], rounds)
    floor = min((contender.name for contender in floors), key=lambda name: median(times[name]))
    times = {**{name: times[name] for name in programs}, FLOOR: times[floor]}
    ratios = {name: ratio(times[OURS], seconds) for name, seconds in times.items() if name != OURS}
    return ShapeResult(shape, {name: median(seconds) for name, seconds in times.items()}, ratios, floor)


def _programs(inputs: Inputs, peers: Peers) -> dict[str, Callable[[], Outcome]]:
    programs = {OURS: ours(inputs)}
    if peers.torch is not None:
        programs[EAGER] = torch_eager(peers.torch, inputs)
        programs[FUSED] = torch_fused(peers.torch, inputs)
    if peers.autograd is not None:
        programs[AUTOGRAD] = hips_autograd(inputs)
    return programs
