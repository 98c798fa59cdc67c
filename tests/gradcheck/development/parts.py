"""What the implementations here have in common where they are right, so that each holds one mistake only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def unit(vectors: Array) -> tuple[Array, Array]:
    """Unit vectors and lengths, at any magnitude; a zero vector stays zero."""
    largest = np.max(np.abs(vectors), axis=-1, keepdims=True, initial=0)
    moderate = vectors / np.where(largest == 0, 1, largest)
    short = np.sqrt(np.sum(moderate**2, axis=-1, keepdims=True))
    return moderate / np.where(short == 0, 1, short), largest * short


def inverse(lengths: Array) -> Array:
    """One over each length, and 0 for a zero vector, which receives no gradient."""
    return np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)


def across(d_unit: Array, directions: Array) -> Array:
    """The part of `d_unit` at right angles to the unit vectors."""
    return d_unit - directions * np.sum(d_unit * directions, axis=-1, keepdims=True)


def safe_softmax(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    """A right softmax; a row with nothing allowed is zero."""
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    largest = np.max(scores, axis=axis, keepdims=True, initial=-np.inf)
    powers = np.exp(scores - np.where(np.isinf(largest), 0, largest))
    sums = powers.sum(axis=axis, keepdims=True)
    return powers / np.where(sums == 0, 1, sums)


def turned(array: Array) -> Array:
    """The last two axes exchanged."""
    return np.swapaxes(array, -1, -2)
