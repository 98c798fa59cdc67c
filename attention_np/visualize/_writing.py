"""The text of one panel: words, axis names, numbers and sums, as much as fits.

How large a cell is on paper decides which text is written and how large, so that no text lies over another.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._panel import GAP, Cell, Drawing, Style
from .colours import text_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS_PER_INCH = 72
MOST_NUMBERS, MOST_SIGNS = 300, 2000
LARGEST_TEXT, SMALLEST_TEXT, SMALLEST_DIGITS = 9.0, 6.0, 5.0


def write_labels(ax: Axes, drawing: Drawing, cell: Cell, total: tuple[float, float]) -> None:
    """Write words and axis names: upright words over narrow cells, only some of them where cells are tiny.

    `total` is the size of the Axes in cell units.
    """
    from matplotlib.transforms import ScaledTranslation

    across, down = drawing.size(cell)
    columns, rows = drawing.columns, drawing.rows
    x_words = [(float(j), word) for j, word in _shown(drawing.sources, drawing.values.shape[1], cell.width)]
    y_words = [(float(i), word) for i, word in _shown(drawing.targets, drawing.values.shape[0], cell.height)]
    y_sums = rows - 0.5 + GAP + (down - rows - GAP) / 2, "column sum"
    size = _text_size(cell.width)
    upright = any(text_width(word, size) > cell.width - 3 for _, word in x_words)
    x_sums = columns - 0.5 + GAP + (across - columns - GAP) / 2, "row sum" if upright else "row\nsum"
    ticks = x_words + ([x_sums] if drawing.row_sums else [])
    ax.set_xticks([x for x, _ in ticks], [word for _, word in ticks], fontsize=size, parse_math=False)
    ax.tick_params(axis="x", labeltop=True, labelbottom=False, length=0, rotation=90 if upright else 0)
    ticks = y_words + ([y_sums] if drawing.column_sums else [])
    ax.set_yticks(
        [y for y, _ in ticks], [word for _, word in ticks], fontsize=_text_size(cell.height), parse_math=False
    )
    ax.tick_params(axis="y", labelleft=True, labelright=False, length=0)
    for is_sum, axis in ((drawing.row_sums, ax.xaxis), (drawing.column_sums, ax.yaxis)):
        if is_sum:
            axis.get_ticklabels()[-1].set_fontstyle("italic")

    ax.xaxis.set_label_position("top")
    ax.set_xlabel("key →", fontsize=LARGEST_TEXT)
    # In the corner above the words of the rows: turned, as usual, the arrow would point sideways.
    ax.set_ylabel("query ↓", fontsize=LARGEST_TEXT, rotation=0, ha="right", va="bottom")
    aside = ScaledTranslation(-5 / POINTS_PER_INCH, 3 / POINTS_PER_INCH, ax.figure.dpi_scale_trans)
    ax.yaxis.set_label_coords(0, 1, transform=ax.transAxes + aside)
    if drawing.title is not None:
        wrapped = wrap(drawing.title, total[0] * cell.width, 10)
        ax.set_title(wrapped, fontsize=10, parse_math=False)


def _shown(words: Sequence[str] | None, count: int, room: float) -> list[tuple[int, str]]:
    """The positions and words that fit, evenly thinned; positions stand for missing words."""
    given = [str(position) for position in range(count)] if words is None else words
    step = math.ceil((SMALLEST_TEXT + 1) / room)
    if words is None and step > 1:
        step = next(nice for power in range(9) for digit in (1, 2, 5) if (nice := digit * 10**power) >= step)
    return [(position, word) for position, word in enumerate(given) if position % step == 0]


def write_numbers(ax: Axes, drawing: Drawing, style: Style, cell: Cell) -> None:
    """Write the numbers, or signs, that fit into the cells, and the sums."""
    from matplotlib.patheffects import withStroke

    values = drawing.values
    if drawing.message:
        middle = (drawing.columns - 1) / 2, (drawing.rows - 1) / 2
        wrapped = wrap(drawing.message, drawing.columns * cell.width * 0.9, LARGEST_TEXT)
        ax.text(*middle, wrapped, ha="center", va="center", fontsize=LARGEST_TEXT, color="0.25")
    if not values.size:
        return
    numbers = [style.number(value) for value in values.ravel()]
    size = min(LARGEST_TEXT, cell.height * 0.65, _fitting(numbers, cell.width * 0.82))
    if values.size > MOST_NUMBERS or size < SMALLEST_DIGITS:
        size = min(LARGEST_TEXT, 0.8 * min(cell))
        numbers = [style.sign(value) for value in values.ravel()] if style.sign else []
        if values.size > MOST_SIGNS or size < SMALLEST_DIGITS:
            numbers = []
    faces = style.colours(values).reshape(-1, 4)
    inks = text_colours(faces)
    masked = np.zeros(values.size, dtype=bool) if drawing.allowed is None else ~drawing.allowed.ravel()
    for position, text in enumerate(numbers):
        if masked[position] and values.flat[position] == 0:
            continue
        i, j = divmod(position, values.shape[1])
        written = ax.text(j, i, text, ha="center", va="center", fontsize=size, color=inks[position])
        if masked[position]:  # keep the hatching away from the digits
            written.set_path_effects([withStroke(linewidth=3, foreground=tuple(faces[position]))])
    _write_sums(ax, drawing, style, cell)


def _write_sums(ax: Axes, drawing: Drawing, style: Style, cell: Cell) -> None:
    """Write the sums beside the rows and columns that have a label."""
    rows, columns = drawing.values.shape
    across, down = drawing.size(cell)
    if drawing.row_sums:
        width = (across - columns - GAP) * cell.width
        places = [
            ((across + columns + GAP - 1) / 2, i, drawing.values[i].sum())
            for i, _ in _shown(drawing.targets, rows, cell.height)
        ]
        _write_along(ax, places, style, (width, cell.height), rotation=0)
    if drawing.column_sums:
        height = (down - rows - GAP) * cell.height
        upright = drawing.upright_sums(cell)
        places = [
            (j, (down + rows + GAP - 1) / 2, drawing.values[:, j].sum())
            for j, _ in _shown(drawing.sources, columns, cell.width)
        ]
        room = (height, cell.width) if upright else (cell.width, height)
        _write_along(ax, places, style, room, rotation=90 if upright else 0)


def _write_along(
    ax: Axes,
    places: Sequence[tuple[float, float, float]],
    style: Style,
    room: tuple[float, float],
    rotation: int,
) -> None:
    """Write (x, y, sum) in one size, in which each has length by thickness points of room."""
    length, thickness = room
    texts = [style.sum_text(value) for _, _, value in places]
    size = min(LARGEST_TEXT, max(thickness * 0.8, SMALLEST_DIGITS), _fitting(texts, length * 0.95))
    for (x, y, _), text in zip(places, texts, strict=True):
        ax.text(x, y, text, ha="center", va="center", color="black", fontsize=size, rotation=rotation)


def wrap(text: str, width: float, size: float) -> str:
    """Break `text` into lines that are about `width` points wide at most."""
    columns = max(8, int(width / (0.6 * size)))
    return "\n".join(textwrap.fill(line, columns) for line in text.split("\n"))


def _fitting(texts: Sequence[str], width: float) -> float:
    """The text size at which the longest text is as wide as `width`."""
    return width / text_width(max(texts, key=len), 1)


def _text_size(room: float) -> float:
    return min(LARGEST_TEXT, max(SMALLEST_TEXT, 0.75 * room))


def text_width(text: str, size: float) -> float:
    """The width of a text in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    return float(TextToPath().get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0])
