"""A vector's components dealt out to heads, and back; queries and keys as heads compare them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..functional import rotary, rotary_backward
from ..functional._checks import Array
from .linear import Linear
from .rms_norm import RMSNorm


def split_heads(array: Array, heads: int) -> Array:
    """(..., L, width) to (..., heads, L, width / heads), in this order in memory too, for the passes to come."""
    *lead, length, width = array.shape
    split = array.reshape(*lead, length, heads, width // heads)
    return np.ascontiguousarray(split.swapaxes(-2, -3))


def merge_heads(array: Array) -> Array:
    """(..., heads, L, width / heads) to (..., L, width): the heads' axis goes back before it is merged."""
    *lead, heads, length, width = array.shape
    return array.swapaxes(-2, -3).reshape(*lead, length, heads * width)


def mask_for_heads(mask: Array | None) -> Array | None:
    """A mask (..., L, S) with an axis for the heads, which it holds for alike."""
    return mask[..., None, :, :] if mask is not None and mask.ndim > 2 else mask


def map_to_heads(
    linear: Linear, heads: int, inputs: Array, *, norm: RMSNorm | None = None, first: int | None = None
) -> tuple[Array, Callable[[Array], Array]]:
    """Map (..., L, width) to heads (..., heads, L, width / heads); normalise and turn them where that is asked for.

    `first` is the position of the first row, None without rotary positions. The backward takes the gradient of what
    comes out, and gives d_inputs.
    """
    mapped, linear_backward = linear(inputs)
    vectors, norm_backward = split_heads(mapped, heads), None
    if norm is not None:
        vectors, norm_backward = norm(vectors)
    if first is not None:
        vectors = rotary(vectors, first)

    def backward(d_vectors: Array) -> Array:
        if first is not None:
            d_vectors = rotary_backward(d_vectors, first)
        if norm_backward is not None:
            d_vectors = norm_backward(d_vectors)
        return linear_backward(merge_heads(d_vectors))

    return vectors, backward
