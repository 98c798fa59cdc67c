"""Lengths and directions of vectors of any magnitude, for the wrong formulas of the cosine."""

from __future__ import annotations

import numpy as np

from ...functional._checks import Array


def lengths(vectors: Array) -> Array:
    """``(..., 1)``: the length of each vector, and 1 in place of 0."""
    largest = np.max(np.abs(vectors), axis=-1, keepdims=True)
    largest[largest == 0] = 1
    norms = largest * np.linalg.norm(vectors / largest, axis=-1, keepdims=True)
    return np.where(norms == 0, 1, norms)


def directions(vectors: Array) -> Array:
    """Unit vectors, and the zero vector where there is no direction."""
    return vectors / lengths(vectors)
