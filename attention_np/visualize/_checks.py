"""Checks of what pictures are drawn from; each error names the argument, what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Labels = Sequence[object]
Matrix = NDArray[np.float64]

# A softmax in half precision may exceed 1 by this much; it is drawn as 1.
ROUNDING = 2e-3
LONGEST_LABEL = 36


def checked_values(name: str, values: ArrayLike) -> Matrix:
    """Values as float64 of shape (L, S) or (heads, L, S), finite, with at least one head."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected rows of equal lengths: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected an array of real numbers, got dtype {array.dtype}")
    if array.ndim not in (2, 3):
        hint = "; choose one sequence of the batch, as weights[0]" if array.ndim == 4 else ""
        raise ValueError(f"{name}: expected shape (L, S) or (heads, L, S), got {array.shape}{hint}")
    if array.ndim == 3 and not len(array):
        raise ValueError(f"{name}: expected at least one head, got shape {array.shape}")
    if count := np.count_nonzero(~np.isfinite(array)):
        position = first_position(~np.isfinite(array))
        raise ValueError(
            f"{name}: expected finite numbers, got {array[position]} at {list(position)}"
            + (f" and {count - 1} more" if count > 1 else "")
        )
    return array.astype(np.float64)


def checked_range(name: str, values: Matrix, value_range: tuple[float, float]) -> tuple[float, float]:
    """The two ends of the scale, checked to hold all values, up to rounding."""
    low, high = (float(end) for end in value_range)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"value_range: expected finite (low, high) with low < high, got {value_range}")
    slack = ROUNDING * (high - low)
    outside = (values < low - slack) | (values > high + slack)
    if outside.any():
        position = first_position(outside)
        raise ValueError(
            f"{name}: expected values in [{low:g}, {high:g}], the scale, got {values[position]:g} at "
            f"{list(position)}; for scores or other values give their own value_range=(low, high)"
        )
    return low, high


def checked_labels(name: str, labels: Labels | None, count: int, other_count: int) -> list[str] | None:
    """Labels as they are drawn; `name` is ``"sources"`` (columns) or ``"targets"`` (rows)."""
    if labels is None:
        return None
    what = "key (column)" if name == "sources" else "query (row)"
    if isinstance(labels, (str, bytes)):
        raise TypeError(f"{name}: expected a sequence of labels, got the string {labels!r}; split it")
    if len(labels) != count:
        hint = (
            "; rows are queries (targets) and columns are keys (sources): are they swapped?"
            if len(labels) == other_count
            else ""
        )
        raise ValueError(f"{name}: expected {count} labels, one for each {what}, got {len(labels)}{hint}")
    return [_drawable(str(label)) for label in labels]


def _drawable(label: str) -> str:
    """A label in one line of bounded length, in which blanks and control characters can be seen."""
    if not label.strip():
        return repr(label)
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in label)
    return visible if len(visible) <= LONGEST_LABEL else visible[: LONGEST_LABEL - 1] + "…"


def checked_mask(mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """The mask broadcast to the values' shape."""
    if mask is None:
        return None
    array = np.asarray(mask)
    if array.dtype != np.bool_:
        raise TypeError(f"mask: expected booleans, True where attending is allowed, got dtype {array.dtype}")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"mask: expected a shape that broadcasts to {shape}, got {array.shape}") from None


def first_position(condition: NDArray[np.bool_]) -> tuple[int, ...]:
    """The first index at which `condition` is True."""
    return tuple(int(index) for index in np.argwhere(condition)[0])
