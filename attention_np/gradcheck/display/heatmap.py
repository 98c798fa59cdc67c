"""The error of every entry of one comparison as a small picture in SVG.

A wrong entry fills its cell and the others are small squares; the stronger the colour, the greater the error,
on a logarithmic scale. Neither the hue nor the page's background is needed to read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...functional._checks import Array
from ...visualize.markup import text
from .entries import (
    Flags,
    counted,
    differences,
    known_arrays,
    largest_number,
    unjudged_entries,
    wrong_entries,
)
from .text import index_text, one_line

if TYPE_CHECKING:
    from ..report import Comparison

# The most cells in one direction, their sides in pixels, and the gap between two leading positions.
MOST, LARGEST_CELL, SMALLEST_CELL, ROOM, GAP = 24, 14, 5, 120, 4
MOST_NAMED = 6
FAINTEST = 1e-12
COLOUR = "#d9480f"

KEY = (
    "Error by entry, relative to the largest number, on a logarithmic scale: faint 1e-12, full 1 and above. "
    "Filled cell: wrong. Small square: right. Stroke: not judged. Frame: farthest off."
)


class Folded(NamedTuple):
    """Errors laid out as (leading positions, rows, columns), each cell the greatest of a block of entries."""

    errors: Array
    wrong: Flags
    unjudged: Flags
    worst: Flags


def error_heatmap(comparison: Comparison) -> str:
    """The picture as an ``svg`` element with its text equivalent; nothing where the arrays are not known."""
    arrays = known_arrays(comparison)
    if arrays is None:
        return ""
    errors = differences(*arrays) / largest_number(*arrays)
    wrong, unjudged = wrong_entries(comparison, *arrays), unjudged_entries(comparison, errors.shape)
    errors = np.where(unjudged, 0.0, errors)
    worst = np.zeros(errors.shape, dtype=bool)
    if comparison.worst is not None:
        worst[comparison.worst.index] = True
    folded = Folded(_greatest(errors), _greatest(wrong), ~_greatest(~unjudged), _greatest(worst))
    said = text(_in_words(comparison, wrong, unjudged, reduced=folded.errors.size < errors.size))
    count, rows, columns = folded.errors.shape
    side = max(SMALLEST_CELL, min(LARGEST_CELL, ROOM // max(columns, count * rows)))
    width, height = columns * side, count * (rows * side + GAP) - GAP
    return (
        f'<svg role="img" aria-label="{said}" width="{width + 2}" height="{height + 2}" '
        f'viewBox="-1 -1 {width + 2} {height + 2}" style="display:block"><title>{said}</title>'
        f"{_squares(folded, side)}</svg>"
    )


def _greatest(values: NDArray) -> NDArray:
    """Fold to three dimensions and reduce by the maximum over blocks, to `MOST` rows and columns in all."""
    matrices = values.reshape((-1, *((1, 1, *values.shape)[-2:])))
    count, rows, columns = matrices.shape
    kept = min(count, max(1, MOST // min(rows, MOST_NAMED)))
    for axis, parts in enumerate((kept, min(rows, max(1, MOST // kept)), min(columns, MOST))):
        starts = np.arange(parts) * matrices.shape[axis] // parts
        matrices = np.maximum.reduceat(matrices, starts, axis=axis)
    return matrices


def _squares(folded: Folded, side: int) -> str:
    """The cells, those of one strength in one path, and over them what is marked."""
    count, rows, columns = folded.errors.shape
    width, height = columns * side, rows * side
    frames, strokes, worst = [], [], []
    filled: dict[float, list[str]] = {}
    for leading in range(count):
        top = leading * (height + GAP)
        frames.append(_square(-0.5, top - 0.5, width + 1, height + 1))
        for row, column in np.ndindex(rows, columns):
            cell = leading, row, column
            x, y = column * side, top + row * side
            if folded.unjudged[cell]:
                strokes.append(f"M{x + 1} {y + side - 1}l{side - 2} {2 - side}")
            else:
                inset = 0 if folded.wrong[cell] else side // 3
                square = _square(x + inset, y + inset, side - 2 * inset, side - 2 * inset)
                filled.setdefault(_strength(folded.errors[cell]), []).append(square)
            if folded.worst[cell]:
                worst.append(_square(x, y, side, side))
    paths = [(frames, 'fill="none" stroke="currentColor" stroke-opacity=".4"')]
    paths += [(squares, f'fill="{COLOUR}" fill-opacity="{strength}"') for strength, squares in filled.items()]
    paths.append((strokes, 'stroke="currentColor"'))
    paths.append((worst, 'fill="none" stroke="currentColor" stroke-width="2"'))
    return "".join(f'<path d="{"".join(drawn)}" {look}/>' for drawn, look in paths if drawn)


def _square(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"


def _strength(error: float) -> float:
    """From 0.3 at `FAINTEST` and below to 1 at 1 and above, evenly in the logarithm and in steps of 0.1."""
    place = 1 - np.log10(min(max(error, FAINTEST), 1.0)) / np.log10(FAINTEST)
    return round(0.3 + 0.7 * float(place), 1)


def _in_words(comparison: Comparison, wrong: Flags, unjudged: Flags, reduced: bool) -> str:
    """What the picture shows: how many entries are wrong, where they lie, and which is the worst."""
    said = [f"{one_line(comparison.name)}: {counted(wrong, unjudged)}"]
    for axis, length in enumerate(wrong.shape):
        others = tuple(other for other in range(wrong.ndim) if other != axis)
        places = np.flatnonzero(wrong.any(axis=others))
        if 0 < len(places) < length and len(places) <= MOST_NAMED:
            said.append(f"on axis {axis} only at {', '.join(map(str, places))}")
    if comparison.worst is not None:
        said.append(f"farthest off at {index_text(comparison.worst.index)}")
    if reduced:
        said.append("each cell shows the greatest of a block of entries")
    return "; ".join(said)
