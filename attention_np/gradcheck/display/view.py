"""The matrix of a comparison that is drawn, cut out of its arrays around the entry that is farthest off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...functional._checks import Array
from .entries import Flags, known_arrays, unjudged_entries, wrong_entries

if TYPE_CHECKING:
    from ..report import Comparison

# The most rows or columns that are drawn.
MOST = 48


class View(NamedTuple):
    """A matrix of a comparison.

    Attributes
    ----------
    given, expected : array, shape (rows, columns)
        NaN and infinity included.
    wrong, unjudged, worst : boolean array, shape (rows, columns)
    rows, columns : range
        Their positions in the whole.
    part : str
        Which part of the whole it is, as an index; empty if it is the whole.
    """

    given: Array
    expected: Array
    wrong: Flags
    unjudged: Flags
    worst: Flags
    rows: range
    columns: range
    part: str


def view_of(comparison: Comparison) -> View:
    """Cut out the matrix that holds the worst entry, and of a large one the rows and columns around it.

    A vector becomes one row. The comparison's arrays are known.
    """
    arrays = known_arrays(comparison)
    assert arrays is not None
    given, expected = arrays
    shape = expected.shape
    worst = np.zeros(shape, dtype=bool)
    centre: tuple[int, ...] = (0,) * len(shape)
    if comparison.worst is not None:
        centre = tuple(int(position) for position in comparison.worst.index)
        worst[centre] = True
    spans = [_around(position, length) for position, length in zip(centre[-2:], shape[-2:], strict=True)]
    cut: tuple[int | slice, ...] = *centre[:-2], *(slice(span.start, span.stop) for span in spans)
    rows, columns = [*([range(1)] * (2 - len(spans))), *spans]

    def matrix(values: NDArray) -> NDArray:
        return values[cut].reshape(len(rows), len(columns))

    return View(
        matrix(given),
        matrix(expected),
        matrix(wrong_entries(comparison, given, expected)),
        matrix(unjudged_entries(comparison, shape)),
        matrix(worst),
        rows,
        columns,
        _part(centre[:-2], spans, shape),
    )


def _around(position: int, length: int) -> range:
    """At most `MOST` positions of an axis, with `position` in their middle where the ends allow it."""
    start = max(0, min(position - MOST // 2, length - MOST))
    return range(start, min(start + MOST, length))


def _part(leading: tuple[int, ...], spans: list[range], shape: tuple[int, ...]) -> str:
    """The part as an index of NumPy."""
    if all(length == 1 for length in shape[:-2]) and all(
        len(span) == length for span, length in zip(spans, shape[-2:], strict=True)
    ):
        return ""
    ranges = [
        ":" if len(span) == length else f"{span.start}:{span.stop}"
        for span, length in zip(spans, shape[-2:], strict=True)
    ]
    return f"[{', '.join([*map(str, leading), *ranges])}]"
