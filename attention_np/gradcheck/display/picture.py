"""One comparison of a report as a picture: given, true and difference side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...functional._checks import Array
from .entries import Flags, counted, differences, known_arrays, unjudged_entries, wrong_entries
from .text import error_text, index_text, number_text, one_line
from .view import View, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..report import Comparison, Report

# All in points: cells with room for numbers, others, and how long a side of a panel should be.
ROOMY, NARROWEST_ROOMY, MOST_NUMBERS = (38.0, 24.0), 26.0, 150
SMALLEST_CELL, LARGEST_CELL, LONGEST_SIDE = 7.0, 15.0, 320.0
# The smallest panel, and the text and colour bars around the panels.
LEAST_WIDTH, LEAST_HEIGHT = 150.0, 110.0
BESIDE_PANEL, BESIDE_BAR, ABOVE_AND_BELOW = 34.0, 80.0, 125.0
LARGEST_CORNER = 7.0
# The narrowest cell that holds "−inf".
WRITTEN = 16.0
POINTS_PER_INCH = 72


def draw(report: Report, name: str | None = None) -> Figure:
    """Draw one comparison: given and true on one symmetric scale, their difference on its own.

    A thick frame stands around the entry that is farthest off, a wrong entry has a filled corner, and what is
    not judged is hatched. Of an array of three or more dimensions the matrix that holds the worst entry is
    drawn, and of a large one the rows and columns around it.

    Parameters
    ----------
    report : Report
    name : str, optional
        Which comparison; the one that is farthest off without it.

    Returns
    -------
    Figure
        Unknown to pyplot; nothing is shown or saved. Each panel carries its alternative text.

    Raises
    ------
    ValueError
        If there is no such comparison, or its arrays are not known in full.
    """
    from matplotlib.figure import Figure

    from ...visualize import gradient_heatmap

    comparison = _chosen(report, name)
    view = view_of(comparison)
    width, height = cell = _cell(*view.given.shape)
    panel = len(view.columns) * width + BESIDE_PANEL
    size = 3 * panel + 2 * BESIDE_BAR, len(view.rows) * height + ABOVE_AND_BELOW
    figure = Figure(figsize=(size[0] / POINTS_PER_INCH, size[1] / POINTS_PER_INCH), layout="constrained")
    figure.suptitle(_title(report, comparison, view), fontsize=10, parse_math=False)
    figure.supxlabel(_key(view), fontsize=9)
    # A part of the Figure for each scale, so that the second colour bar takes no room from the first panels.
    ratios = [2 * panel + BESIDE_BAR, panel + BESIDE_BAR]
    both, alone = np.ravel(np.asarray(figure.subfigures(1, 2, width_ratios=ratios)))
    axes = [*both.subplots(1, 2), alone.subplots()]

    with np.errstate(invalid="ignore", over="ignore"):
        # What is not judged must not set the scale of the difference.
        panels = [view.given, view.expected, np.where(view.unjudged, 0, view.given - view.expected)]
    drawn = np.array([np.where(np.isfinite(values), values, 0) for values in panels])
    hatched = np.array([~np.isfinite(values) | view.unjudged for values in panels])
    what = "value" if comparison.name == "output" else "gradient"
    labels = view.columns, view.rows
    gradient_heatmap(drawn[:2], *labels, ax=axes[:2], mask=~hatched[:2], title=["given", "true"], label=what)
    gradient_heatmap(
        drawn[2], *labels, ax=axes[2], mask=~hatched[2], title="given − true", label="difference (own scale)"
    )

    texts = _alternative_texts(comparison)
    for ax, values, wrong, said in zip(axes, panels, (view.wrong, None, view.wrong), texts, strict=True):
        _name_axes(ax, len(comparison.shape))
        ax.set_label(said)
        _write_words(ax, values, cell)
        if wrong is not None:
            _mark_wrong(ax, wrong, cell)
        _frame(ax, view.worst)
    return figure


def _chosen(report: Report, name: str | None) -> Comparison:
    """The comparison of that name, or the one that is farthest off, among those whose arrays are known."""
    named = [row for row in report.comparisons if name is None or row.name == name]
    known = [row for row in named if known_arrays(row)]
    if not known:
        got = "nothing to draw" if name is None else f"{name!r}, of which only the worst entry is known"
        got = got if named or name is None else repr(name)
        there = ", ".join(repr(row.name) for row in report.comparisons if known_arrays(row))
        there = there or "there is none"
        raise ValueError(f"name: expected a gradient whose arrays are known in full ({there}), got {got}")
    return max(known, key=_how_far_off)


def _how_far_off(comparison: Comparison) -> tuple[bool, float]:
    """NaN stands for a wrong gradient that could not be measured: no other is farther off."""
    return comparison.verdict == "wrong", math.inf if math.isnan(comparison.error) else comparison.error


def _cell(rows: int, columns: int) -> tuple[float, float]:
    """Width and height of a cell: with room for a number where there are few, in a panel of some size."""
    width, height = min(ROOMY[0], LONGEST_SIDE / columns), ROOMY[1]
    if width < NARROWEST_ROOMY or rows * columns > MOST_NUMBERS:
        width = height = max(SMALLEST_CELL, min(LARGEST_CELL, LONGEST_SIDE / max(rows, columns)))
    return max(width, LEAST_WIDTH / columns), max(height, LEAST_HEIGHT / rows)


def _title(report: Report, comparison: Comparison, view: View) -> str:
    """Whose comparison it is, the verdict, the worst entry, and which part is drawn."""
    case = f" ({one_line(comparison.case)})" if comparison.case else ""
    lines = [
        f"{one_line(report.subject)}, {one_line(comparison.name)}: {comparison.verdict}{case}, "
        f"worst relative error {error_text(comparison.error)}"
    ]
    if said := _worst(comparison):
        lines.append(f"farthest off at {said}")
    if view.part:
        lines.append(f"drawn: {view.part} of shape {tuple(comparison.shape)}")
    return "\n".join(lines)


def _worst(comparison: Comparison) -> str:
    """Index and values of the entry that is farthest off; nothing where it is not known."""
    worst = comparison.worst
    if worst is None:
        return ""
    return f"{index_text(worst.index)}: given {number_text(worst.given)}, true {number_text(worst.expected)}"


def _key(view: View) -> str:
    """What the marks mean, of those that are drawn."""
    said = []
    if view.worst.any():
        said.append("Thick frame: farthest off.")
    if view.wrong.any():
        said.append("Corner: wrong.")
    if view.unjudged.any():
        said.append("Hatched: not judged.")
    if not (np.isfinite(view.given).all() and np.isfinite(view.expected).all()):
        said.append("Hatched and grey: not a finite number.")
    return " ".join(said)


def _alternative_texts(comparison: Comparison) -> tuple[str, str, str]:
    """What each panel shows, in words, for the whole comparison."""
    arrays = known_arrays(comparison)
    assert arrays is not None
    given, expected = arrays
    wrong = wrong_entries(comparison, given, expected)
    size = f"{one_line(comparison.name)} of shape {tuple(comparison.shape)}"
    worst = f" Farthest off at {_worst(comparison)}." if comparison.worst else ""
    return (
        f"Given {size}, {_span(given)}.",
        f"True {size}, {_span(expected)}.",
        f"Difference, given minus true: {counted(wrong, unjudged_entries(comparison, wrong.shape))}, "
        f"magnitude at most {number_text(differences(given, expected).max())}.{worst}",
    )


def _span(values: Array) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no value finite"
    return f"values between {number_text(finite.min())} and {number_text(finite.max())}" + (
        f", {values.size - finite.size} not finite" if finite.size < values.size else ""
    )


def _name_axes(ax: Axes, dimensions: int) -> None:
    """Name rows and columns after the array's axes."""
    ax.xaxis.label.set_text(f"axis {dimensions - 1} →" if dimensions else "")
    ax.yaxis.label.set_text(f"axis {dimensions - 2} ↓" if dimensions > 1 else "")
    if dimensions < 2:
        ax.set_yticks([])
    if not dimensions:
        ax.set_xticks([])


def _write_words(ax: Axes, values: Array, cell: tuple[float, float]) -> None:
    """Write NaN and infinity into their cells, which stand empty, where they fit."""
    if min(cell) < WRITTEN:
        return
    for row, column in np.argwhere(~np.isfinite(values)):
        number = values[row, column]
        word = "NaN" if np.isnan(number) else "+inf" if number > 0 else "−inf"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        place = float(column), float(row)
        ax.text(*place, word, ha="center", va="center", fontsize=8, color="black", bbox=box)


def _mark_wrong(ax: Axes, wrong: Flags, cell: tuple[float, float]) -> None:
    """Fill the upper right corner of every wrong entry, in black or white, whichever stands out."""
    from matplotlib.collections import PolyCollection

    from ...visualize.colours import text_colours

    mesh = ax.collections[0]
    colours = text_colours(mesh.to_rgba(np.asarray(mesh.get_array()))).reshape(wrong.shape)[wrong]
    width, height = (min(LARGEST_CORNER, 0.3 * min(cell)) / side for side in cell)
    corners = np.array([(0.5 - width, -0.5), (0.5, -0.5), (0.5, -0.5 + height)])
    places = np.argwhere(wrong)[:, None, ::-1]
    ax.add_collection(PolyCollection(list(places + corners), facecolors=list(colours), linewidths=0))


def _frame(ax: Axes, worst: Flags) -> None:
    """Frame the worst entry in black between white lines, which no colour hides."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import Normal, Stroke

    for row, column in np.argwhere(worst):
        corner = float(column) - 0.5, float(row) - 0.5
        around = Rectangle(corner, 1, 1, fill=False, edgecolor="black", linewidth=2.2, clip_on=False)
        around.set_path_effects([Stroke(linewidth=4.5, foreground="white"), Normal()])
        ax.add_patch(around)
