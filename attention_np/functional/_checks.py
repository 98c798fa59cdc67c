"""What every function here asks of its arguments, and the sentences it says when it does not get it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]


def require_floats(**arrays: Array | None) -> None:
    """Refuse anything but floating arrays of one dtype, by name; None stands for an argument not given."""
    first: tuple[str, Array] | None = None
    for name, array in arrays.items():
        if array is None:
            continue
        if not isinstance(array, np.ndarray):
            raise TypeError(
                f"{name}: expected a NumPy array of floats, got {type(array).__name__}; "
                "make one with np.asarray(..., dtype=float)"
            )
        if not np.issubdtype(array.dtype, np.floating):
            raise TypeError(
                f"{name}: expected a floating dtype, got {array.dtype}; convert it with .astype(np.float64)"
            )
        if first is None:
            first = name, array
        elif array.dtype != first[1].dtype:
            raise TypeError(
                f"{name}: expected dtype {first[1].dtype} like {first[0]}, got {array.dtype}; "
                "convert one of them, nothing is cast silently"
            )


def require_floating_dtype(dtype: DTypeLike) -> None:
    """Refuse a dtype that cannot hold fractions."""
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"dtype: expected a floating dtype, got {np.dtype(dtype)}")


def require_finite(name: str, array: Array) -> None:
    """Refuse NaN and infinity, naming the place of the first."""
    wrong = ~np.isfinite(array)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"{name}: expected finite numbers, got {array[where]} at index {where}")


def require_ids(name: str, ids: Array, size: int, *, ignore_index: int | None = None) -> None:
    """Refuse ids that are not integers in 0..size-1 (`ignore_index` excepted)."""
    if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
        got = ids.dtype if isinstance(ids, np.ndarray) else type(ids).__name__
        raise TypeError(f"{name}: expected a NumPy array of integers, got {got}")
    wrong = (ids < 0) | (ids >= size)
    if ignore_index is not None:
        wrong &= ids != ignore_index
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"{name}: expected ids from 0 to {size - 1}, got {ids[where]} at index {where}")


def require_shape(name: str, array: Array, expected: tuple[int | str, ...], reason: str) -> None:
    """Refuse an array whose shape differs from `expected`; a word in it stands for any length, '...' for any dimensions."""
    lead = bool(expected) and expected[0] == "..."
    tail = expected[1:] if lead else expected
    shape = array.shape[array.ndim - len(tail) :] if lead else array.shape
    fits = len(shape) == len(tail) and all(
        isinstance(wanted, str) or wanted == came for wanted, came in zip(tail, shape, strict=True)
    )
    if not fits:
        words = ", ".join(str(part) for part in expected) + ("," if len(expected) == 1 else "")
        raise ValueError(f"{name}: expected shape ({words}){reason and ' ' + reason}, got {array.shape}")


def require_same_lead(name: str, array: Array, other_name: str, other: Array) -> None:
    """Refuse two stacks of matrices whose leading dimensions differ."""
    if array.shape[:-2] != other.shape[:-2]:
        raise ValueError(
            f"{name}: expected leading dimensions {other.shape[:-2]} like {other_name}, got {array.shape[:-2]} "
            f"of shape {array.shape}"
        )


def require_axis(name: str, array: Array, axis: int) -> None:
    """Refuse an axis that the array does not have."""
    if not isinstance(axis, (int, np.integer)) or not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis: expected one of the {array.ndim} axes of {name}, got {axis}")


def require_mask(mask: Array, shape: tuple[int, ...]) -> None:
    """Refuse a mask that is not boolean or does not broadcast to `shape`."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        got = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"mask: expected booleans in a NumPy array, True where attending is allowed, got {got}")
    require_broadcast("mask", mask, shape)


def require_broadcast(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Refuse an array that does not broadcast to `shape`."""
    try:
        fits = np.broadcast_shapes(array.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: expected a shape that broadcasts to {shape}, got {array.shape}")


def require_weights(name: str, given: ArrayLike) -> NDArray[np.float64]:
    """Refuse what cannot be weights of attention; gives them in double precision."""
    values = np.asarray(given, np.float64)
    if values.ndim < 2:
        raise ValueError(f"{name}: expected shape (..., L, S), got {values.shape}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name}: expected weights that are finite and not negative")
    return values
