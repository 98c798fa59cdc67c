"""Arguments as they travel: arrays with their layout, numbers, words, and tuples of these."""

from __future__ import annotations

from typing import Any

import numpy as np


def flattened(value: Any, arrays: list[Any]) -> Any:
    """`value` as JSON, its arrays appended to `arrays`."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "strided"
        arrays.append(value)
        return {"array": len(arrays) - 1, "layout": layout, "writeable": bool(value.flags.writeable)}
    if isinstance(value, tuple | list):
        return {"tuple": [flattened(part, arrays) for part in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"plain": value}
    raise TypeError(f"an argument may be an array, a number, a string, None or a tuple of these, not {type(value).__name__}")


def restored(form: Any, arrays: list[Any]) -> Any:
    """A fresh copy of what `flattened` was given, its layout and its being read-only included."""
    if "array" in form:
        return _laid_out(arrays[form["array"]], form["layout"], form["writeable"])
    if "tuple" in form:
        return tuple(restored(part, arrays) for part in form["tuple"])
    return form["plain"]


def _laid_out(array: Any, layout: str, writeable: bool) -> Any:
    if layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        copy = wide[..., ::2]
        copy[...] = array
    else:
        copy = array.copy(order=layout)
    copy.flags.writeable = writeable
    return copy
