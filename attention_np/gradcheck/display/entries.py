"""What is known of every single entry of a comparison, for the pictures of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...functional._checks import Array

if TYPE_CHECKING:
    from ..report import Comparison

Flags = NDArray[np.bool_]

# The tolerance where a comparison holds none, in units of the largest number.
USUAL_TOLERANCE = 1e-9


def known_arrays(comparison: Comparison) -> tuple[Array, Array] | None:
    """Given and true array in float64, or None where they are not known in full or hold nothing."""
    if comparison.given is None or comparison.expected is None or not np.size(comparison.expected):
        return None
    return np.asarray(comparison.given, np.float64), np.asarray(comparison.expected, np.float64)


def differences(given: Array, expected: Array) -> Array:
    """|given − expected|, infinite wherever either is not a finite number."""
    finite = np.isfinite(given) & np.isfinite(expected)
    with np.errstate(over="ignore"):
        apart = np.abs(np.where(finite, given, 0) - np.where(finite, expected, 0))
    return np.where(finite, apart, np.inf)


def unjudged_entries(comparison: Comparison, shape: tuple[int, ...]) -> Flags:
    """True at entries that count neither way."""
    unjudged = comparison.unjudged
    return np.broadcast_to(np.asarray(False if unjudged is None else unjudged, dtype=bool), shape)


def wrong_entries(comparison: Comparison, given: Array, expected: Array) -> Flags:
    """True at entries that differ by more than they may."""
    usual = USUAL_TOLERANCE * largest_number(given, expected)
    tolerance = usual if comparison.tolerance is None else comparison.tolerance
    return (differences(given, expected) > tolerance) & ~unjudged_entries(comparison, expected.shape)


def largest_number(given: Array, expected: Array) -> float:
    """The greatest finite magnitude in either array, and 1 where all is zero."""
    both = np.abs(np.stack([given, expected]))
    return float(both.max(where=np.isfinite(both), initial=0.0)) or 1.0


def counted(wrong: Flags, unjudged: Flags) -> str:
    """How many entries are wrong and how many are not judged, in words."""
    said = f"{np.count_nonzero(wrong):,} of {wrong.size:,} entries wrong"
    return said + (f", {np.count_nonzero(unjudged):,} not judged" if unjudged.any() else "")
