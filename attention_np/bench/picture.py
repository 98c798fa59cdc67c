"""The results as a picture: how near the matrix products' peak each contender comes, memory against length, and growth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .attention import FLOOR, AttentionResult
from .attention_contenders import AUTOGRAD, EAGER, FUSED, OURS
from .growth import GrowthResult
from .memory import MIB, MemoryResult
from .suite import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which are told apart with every kind of colour vision; markers and dashes tell them apart without any.
STYLES = {
    OURS: ("#0072B2", "o", "-"),
    FLOOR: ("#555555", "^", "--"),
    EAGER: ("#D55E00", "s", "-."),
    FUSED: ("#009E73", "D", ":"),
    AUTOGRAD: ("#CC79A7", "v", (0, (5, 1, 1, 1, 1, 1))),
}
PANEL_INCHES = (7.0, 4.8)


def draw_results(results: Results, path: Path) -> None:
    """Write the picture to a PNG file.

    Raises
    ------
    ValueError
        If neither attention nor memory nor growth was measured.
    """
    from matplotlib.figure import Figure

    panels: list[Callable[[Axes], None]] = []
    attention, memory, growth = results.attention, results.memory, results.growth
    if attention is not None:
        panels.append(lambda ax: _draw_rates(attention, ax, results.machine["threads"]))
    if memory is not None:
        panels.append(lambda ax: _draw_memory(memory, ax))
    if growth is not None:
        panels += [lambda ax: _draw_growth(growth, ax, False), lambda ax: _draw_growth(growth, ax, True)]
    if not panels:
        raise ValueError("results: expected attention, memory or growth, which are what is drawn; none was measured")
    figure = Figure(figsize=(PANEL_INCHES[0] * len(panels), PANEL_INCHES[1]), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for draw, ax in zip(panels, axes, strict=True):
        draw(ax)
    figure.savefig(path, format="png", dpi=150)


def _draw_rates(result: AttentionResult, ax: Axes, threads: int) -> None:
    """The necessary operations per second over those per byte: a roofline without its slope, the caches' part."""
    shapes = sorted(result.shapes, key=lambda each: each.intensity)
    across = [each.intensity for each in shapes]
    for name, (colour, marker, dashes) in STYLES.items():
        if name in shapes[0].gflops:
            rates = [each.gflops[name] for each in shapes]
            ax.plot(across, rates, color=colour, marker=marker, linestyle=dashes, markersize=5, label=name)
    ax.axhline(result.peak_gflops, color="black", linewidth=1)
    ax.annotate(
        f"highest rate of np.matmul, {threads} threads: {result.peak_gflops:.0f} GFLOP/s",
        (0, result.peak_gflops),
        xycoords=("axes fraction", "data"),
        xytext=(5, 4),
        textcoords="offset points",
        fontsize=9,
    )
    ax.set(xscale="log", yscale="log", title="Attention forwards and backwards: how near the peak")
    ax.set_ylim(top=2 * result.peak_gflops)
    ax.set_xticks(across, [f"{x:.0f}  {each.shape}" for x, each in zip(across, shapes, strict=True)])
    for label in ax.get_xticklabels():
        label.set(fontsize=7, rotation=30, horizontalalignment="right")
    ax.minorticks_off()
    ax.set_xlabel("necessary operations per byte of inputs and results, and the shape (batch, L, S, width)")
    ax.set_ylabel("necessary operations, GFLOP/s")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize=9)


def _draw_memory(result: MemoryResult, ax: Axes) -> None:
    lengths = [each.length for each in result.lengths]
    extra = [each.extra_bytes / MIB for each in result.lengths]
    colour, marker, dashes = STYLES[OURS]
    ours = f"ours: grows as length to the {result.memory_exponent:.2f}"
    ax.plot(lengths, extra, color=colour, marker=marker, linestyle=dashes, label=ours)
    matrices = [4 * length**2 / MIB for length in lengths]
    ax.plot(lengths, matrices, color=STYLES[FLOOR][0], linestyle="--", label="one matrix of scores: length squared")
    ax.set(xscale="log", yscale="log", title="Extra memory, forwards and backwards")
    ax.set_xticks(lengths, [f"{length:,}" for length in lengths])
    ax.minorticks_off()
    ax.set_xlabel("tokens")
    ax.set_ylabel("peak beyond inputs and results, MiB")
    ax.grid(alpha=0.3)
    ax.legend(loc="upper left", fontsize=9)


def _draw_growth(result: GrowthResult, ax: Axes, memory: bool) -> None:
    """Costs over sizes, both as multiples of the smallest, so that all axes begin at one point and slopes are exponents."""
    for each, (colour, marker, dashes) in zip(result.axes, STYLES.values(), strict=False):
        costs = each.peak_bytes if memory else each.seconds
        exponent = each.memory_exponent if memory else each.time_exponent
        ax.plot(
            [size / each.sizes[0] for size in each.sizes],
            [cost / costs[0] for cost in costs],
            color=colour,
            marker=marker,
            linestyle=dashes,
            markersize=5,
            label=f"{each.axis} from {each.sizes[0]:,}: exponent {exponent:.2f}",
        )
    what = "Peak memory" if memory else "Time"
    ax.set(xscale="log", yscale="log", title=f"{what} of a transformer's training step")
    ticks = sorted({size / each.sizes[0] for each in result.axes for size in each.sizes})
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    highest = max(float(np.max(line.get_ydata())) for line in ax.get_lines())
    doubled = [2**power for power in range(int(highest).bit_length() + 1)]
    ax.set_yticks(doubled, [str(multiple) for multiple in doubled])
    # Room for the legend above the lines.
    ax.set_ylim(0.8, 4 * highest)
    ax.minorticks_off()
    ax.set_xlabel("size, in multiples of the smallest")
    ax.set_ylabel(f"{what.lower()}, in multiples of the smallest")
    ax.grid(alpha=0.3)
    ax.legend(loc="upper left", fontsize=9)
