"""The picture of the ceiling: attention weights beside what is proved of them, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..tasks.recall.bounds import ceiling_of_all, ceiling_of_one
from ..tasks.recall.experiment import RecallScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which are told apart with every kind of colour vision; markers tell them apart without any. Each
# marker is larger than the next, so that points that coincide are all seen.
_MARKERS = (("#D55E00", "o", 9), ("#0072B2", "s", 10), ("#009E73", "^", 6), ("#CC79A7", "D", 4))
_GREY = "#555555"


def recall_figure(scores: Mapping[str, Sequence[RecallScore]]) -> Figure:
    """Draw the weight on the key that is asked for, and the accuracy, against the number of keys.

    Ceilings are lines, and what was measured is points.

    Parameters
    ----------
    scores : mapping of str to sequence of RecallScore
        For at most four models, each at one or more numbers of keys.

    Returns
    -------
    Figure
        Which pyplot does not know: ``recall_figure(scores).savefig("recall.png")``.

    Raises
    ------
    ValueError
        If there are no scores, or more models than can be told apart.
    """
    if not 1 <= len(scores) <= len(_MARKERS) or not all(scores.values()):
        raise ValueError(f"scores: expected 1 to {len(_MARKERS)} models with a score each, got {len(scores)}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.2), layout="constrained", dpi=150)
    weight, accuracy = figure.subplots(1, 2)
    keys = sorted({score.keys for rows in scores.values() for score in rows})
    _draw_weights(weight, scores, keys)
    _draw_accuracies(accuracy, scores, keys)
    for ax in (weight, accuracy):
        ax.set_xscale("log", base=2)
        ax.set_xticks(keys, [f"{n:,}" for n in keys])
        ax.minorticks_off()
        ax.set_xlabel("keys in memory")
        ax.grid(alpha=0.25)
    figure.legend(*weight.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_weights(ax: Axes, scores: Mapping[str, Sequence[RecallScore]], keys: Sequence[int]) -> None:
    first, last = keys[0], keys[-1]
    between = [first * (last / first) ** (step / 100) for step in range(101)]
    lines = (
        ("ceiling at β = 1: one key for one query", [ceiling_of_one(n, 1.0) for n in between], "--"),
        ("ceiling at β = 1: every key retrievable", [ceiling_of_all(n, 1.0) for n in between], "-"),
        ("equal weights (right: the most frequent value)", [1 / n for n in between], ":"),
    )
    for name, heights, dashes in lines:
        ax.plot(between, heights, color=_GREY, linestyle=dashes, linewidth=1.3, label=name)
    _draw_points(ax, scores, "right_weight")
    ax.set_yscale("log")
    ax.set_ylim(0.5 / last, 2.2)
    ticks = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]
    ax.set_yticks([tick for tick in ticks if tick >= 0.5 / last], [f"{tick:g}" for tick in ticks if tick >= 0.5 / last])
    ax.set_ylabel("weight on the key asked for (geometric mean)")
    ax.set_title("How sharply attention looks")


def _draw_accuracies(ax: Axes, scores: Mapping[str, Sequence[RecallScore]], keys: Sequence[int]) -> None:
    baseline = {score.keys: score.most_frequent for rows in scores.values() for score in rows}
    ax.plot(keys, [baseline[n] for n in keys], color=_GREY, linestyle=":", linewidth=1.3)
    _draw_points(ax, scores, "accuracy")
    ax.set_ylim(0, 1.06)
    ax.set_ylabel("share of values recalled")
    ax.set_title("What it recalls")


def _draw_points(ax: Axes, scores: Mapping[str, Sequence[RecallScore]], field: str) -> None:
    for (name, rows), (colour, marker, size) in zip(scores.items(), _MARKERS, strict=False):
        ax.plot(
            [score.keys for score in rows],
            [getattr(score, field) for score in rows],
            color=colour, marker=marker, markersize=size, linestyle="none", label=name,
        )  # fmt: skip

