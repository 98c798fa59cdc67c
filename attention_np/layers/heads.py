"""A vector's components dealt out to heads, and back."""

from __future__ import annotations

import numpy as np

from ..functional._checks import Array


def split_heads(array: Array, heads: int) -> Array:
    """(..., L, width) to (..., heads, L, width / heads), in this order in memory too, for the passes to come."""
    *lead, length, width = array.shape
    split = array.reshape(*lead, length, heads, width // heads)
    return np.ascontiguousarray(split.swapaxes(-2, -3))


def merge_heads(array: Array) -> Array:
    """(..., heads, L, width / heads) to (..., L, width): the heads' axis goes back before it is merged."""
    *lead, heads, length, width = array.shape
    return array.swapaxes(-2, -3).reshape(*lead, length, heads * width)
