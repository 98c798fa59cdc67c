"""Several panels in one picture: one scale, one colour bar, cells of one size, and no text over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._panel import Cell, Drawing, Style, draw_cells, set_extent
from ._writing import LARGEST_TEXT, POINTS_PER_INCH, text_width, wrap, write_labels, write_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All in points.
ROOMY, ROOMY_FOR_WORDS = Cell(36.0, 24.0), 60.0
ROOMY_NUMBERS, ROOMY_ROW = 150, 800.0
COMPACT, SMALLEST_LABELLED_CELL = 17.0, 11.0
LEAST_PANEL = Cell(92.0, 100.0)
WIDEST_PANEL = 900.0
WIDEST_ROW = 1100.0
MOST_IN_A_ROW = 4
BAR_WIDTH = 12.0
LARGEST_FIGURE = 2900.0
# In inches, around every panel.
PAD = 0.08


def draw_in_new_figure(drawings: Sequence[Drawing], style: Style, title: str | None) -> list[Axes]:
    """Draw the panels in a Figure of their own, in which every cell has the same planned size.

    The Figure belongs to nobody: it is not registered with pyplot, needs no display, and is freed with its
    last reference.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    cell = _planned_cell(drawings)
    sizes = [drawing.size(cell) for drawing in drawings]
    widest = max(across for across, _ in sizes) * cell.width
    in_a_row = min(len(drawings), MOST_IN_A_ROW, max(1, int(WIDEST_ROW // widest)))
    widths = [max(across for across, _ in sizes[column::in_a_row]) for column in range(in_a_row)]
    starts = range(0, len(drawings), in_a_row)
    heights = [max(down for _, down in sizes[start : start + in_a_row]) for start in starts]
    heights = [max(height, LEAST_PANEL.height / cell.height) for height in heights]

    points = sum(widths) * cell.width + BAR_WIDTH, sum(heights) * cell.height
    # Ample at first for the text around the panels: where there is too little, there is no layout.
    room = points[0] / POINTS_PER_INCH + 4 * in_a_row, points[1] / POINTS_PER_INCH + 4 * len(heights)
    layout = ConstrainedLayoutEngine(w_pad=PAD, h_pad=PAD, wspace=0, hspace=0)
    figure = Figure(figsize=room, layout=layout)
    grid = GridSpec(
        len(heights),
        in_a_row + 1,
        figure=figure,
        width_ratios=[*(width * cell.width for width in widths), BAR_WIDTH],
        height_ratios=heights,
    )
    axes = []
    for index, drawing in enumerate(drawings):
        row, column = divmod(index, in_a_row)
        ax = figure.add_subplot(grid[row, column])
        total = widths[column], heights[row]
        set_extent(ax, total)
        draw_cells(ax, drawing, style, cell)
        write_labels(ax, drawing, cell, total)
        axes.append(ax)
    bar = figure.colorbar(ScalarMappable(style.scale, style.colour_map), cax=figure.add_subplot(grid[:, -1]))
    bar.set_label(style.label)
    if title is not None:
        figure.suptitle(wrap(title, points[0], 12), fontsize=12, parse_math=False)
    _give_cells_their_size(figure, axes[0], widths[0] * cell.width, heights[0] * cell.height, points)
    for ax, drawing in zip(axes, drawings, strict=True):
        write_numbers(ax, drawing, style, cell)
    return axes


def _planned_cell(drawings: Sequence[Drawing]) -> Cell:
    """The size of the cells: roomy for numbers where there are few, compact where there are many."""
    rows = max(drawing.rows for drawing in drawings)
    columns = max(drawing.columns for drawing in drawings)
    words = [word for drawing in drawings for word in drawing.sources or ()]
    beside = min(len(drawings), MOST_IN_A_ROW)
    if rows * columns <= ROOMY_NUMBERS and beside * columns * ROOMY.width <= ROOMY_ROW:
        longest = max((text_width(word, LARGEST_TEXT) for word in words), default=0.0) + 6
        width, height = ROOMY
        if width < longest <= ROOMY_FOR_WORDS:
            width = longest
    else:
        width, height = (
            max(SMALLEST_LABELLED_CELL if labelled else 0, min(COMPACT, WIDEST_PANEL / count))
            for count, labelled in ((columns, words), (rows, any(drawing.targets for drawing in drawings)))
        )
    narrowest = min(drawing.columns for drawing in drawings)
    return Cell(
        min(max(width, LEAST_PANEL.width / narrowest), LARGEST_FIGURE / columns),
        min(height, LARGEST_FIGURE / rows),
    )


def _give_cells_their_size(
    figure: Figure, ax: Axes, width: float, height: float, points: tuple[float, float]
) -> None:
    """Make the Figure as large as its panels and the text around them need.

    Constrained layout takes the room for text away from the panels, which keep their proportions: what they
    lost is added to the Figure.
    """
    for _ in range(2):
        _lay_out(figure)
        got = ax.get_window_extent()
        inch = figure.dpi
        lost = (
            points[0] * (1 - got.width / inch * POINTS_PER_INCH / width),
            points[1] * (1 - got.height / inch * POINTS_PER_INCH / height),
        )
        figure.set_size_inches(*(figure.get_size_inches() + np.array(lost) / POINTS_PER_INCH))


def _lay_out(figure: Figure) -> None:
    """Place the Axes as drawing would, without drawing."""
    if engine := figure.get_layout_engine():
        engine.execute(figure)


def draw_in_given_axes(drawings: Sequence[Drawing], style: Style, axes: Sequence[Axes]) -> None:
    """Draw the panels in the caller's Axes; what is written is what fits into them."""
    from matplotlib.cm import ScalarMappable

    figure = axes[0].figure
    bar = figure.colorbar(ScalarMappable(style.scale, style.colour_map), ax=list(axes))
    bar.set_label(style.label)
    for ax, drawing in zip(axes, drawings, strict=True):
        cell = _measured_cell(ax, drawing)
        draw_cells(ax, drawing, style, cell)
        write_labels(ax, drawing, cell, drawing.size(cell))
    # Words around the Axes take room from them, where the Figure has a layout.
    root: Figure = figure.figure
    _lay_out(root)
    for ax, drawing in zip(axes, drawings, strict=True):
        cell = _measured_cell(ax, drawing)
        set_extent(ax, drawing.size(cell))
        write_labels(ax, drawing, cell, drawing.size(cell))
        write_numbers(ax, drawing, style, cell)


def _measured_cell(ax: Axes, drawing: Drawing) -> Cell:
    """The size that the cells of `drawing` have in `ax` when the sums take what they need."""
    extent = ax.get_window_extent()
    width, height = (side / ax.figure.dpi * POINTS_PER_INCH for side in (extent.width, extent.height))
    cell = Cell(width / drawing.columns, height / drawing.rows)
    for _ in range(3):
        across, down = drawing.size(cell)
        cell = Cell(width / across, height / down)
    return cell


def axes_array(axes: Sequence[Axes]) -> NDArray[np.object_]:
    """Axes as a NumPy array, as `matplotlib.pyplot.subplots` gives them."""
    array = np.empty(len(axes), dtype=object)
    array[:] = axes
    return array
