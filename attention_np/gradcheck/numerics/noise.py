"""How inexact a function's values are: its noise, as what no polynomial explains.

Over a distance of a thousandth of its scale a smooth function is a polynomial of degree 5, to far below its last digit. What is
left when the best such polynomial is taken from its values is noise: rounding, digits lost inside, single
precision. (Hamming's difference tables do the same with points at equal distances; Moré and Wild 2011, "Estimating
computational noise", make a method of them. Points at unequal distances also find the noise of a function that computes in steps: its
rounding errors at equal distances are often all the same.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional._checks import Array

SPREAD = 1e-3
"""How far the points reach, in units of the scale: many units in the last place of a single-precision number."""
CLOSE = 1e-9
"""A second reach, over which a function that merely oscillates fast is seen to be smooth."""
DEGREE = 5
POINTS = 12
NODES = np.sort(np.arange(1, POINTS + 1) * (5**0.5 - 1) / 2 % 1)
_BASIS = np.linalg.qr(np.vander(2 * NODES - 1, DEGREE + 1))[0]
RESIDUAL = np.eye(POINTS) - _BASIS @ _BASIS.T
"""Takes values at the nodes to what the best polynomial leaves of them."""


def noise_along(function: Callable[[float], Array], scale: float = 1.0, at: float = 0.0) -> Array:
    """The standard deviation of the noise in each entry of ``function(t)``, for t near `at`.

    The points lie on one side of `at`, where a kink at `at` itself is not seen; then on the other. If the two sides
    tell very different things, a kink lies on one of them, and the smaller number is believed. So it is if points close
    together show much less noise, unless some of the values are equal there: a function that computes in steps.

    Noise is much the same in all outputs, in units of their last place: an output that happens to show little is
    credited with the median. None is credited with less than the rounding of its own last place.

    Parameters
    ----------
    function : callable
        Called 48 times.
    scale : float
        The change of t over which the function bends.
    at : float

    Returns
    -------
    array
        Of the shape of the output, and finite.
    """
    with np.errstate(all="ignore"):
        apart, largest, _ = _scatter(function, SPREAD * scale, at)
        close, _, distinct = _scatter(function, CLOSE * scale, at)
        noise = np.where(distinct & (close < 0.01 * apart), close, apart)
        last_place = np.finfo(float).eps * largest
        ratios = (noise / last_place)[(noise > 0) & np.isfinite(noise) & (last_place > 0)]
        common = max(1.0, float(np.median(ratios))) if ratios.size else 1.0
        noise = np.fmax(noise, common * last_place)
    return np.where(np.isfinite(noise), noise, 0)


def sample(function: Callable[[float], Array], points: Array, shape: tuple[int, ...] | None = None) -> Array:
    """The values of a function at some points, stacked; ValueError if they are not all of one shape, or not of `shape`."""
    values = []
    for point in points.tolist():
        value = np.array(function(point), dtype=np.float64)
        shape = value.shape if shape is None else shape
        if value.shape != shape:
            raise ValueError(f"function: expected an output of shape {shape} as in the call before, got {value.shape}")
        values.append(value)
    return np.stack(values)


def _scatter(function: Callable[[float], Array], spread: float, at: float) -> tuple[Array, Array, Array]:
    """The noise, the largest magnitude of the values, and whether neighbouring values all differ."""
    right = sample(function, at + spread * NODES)
    left = sample(function, at - spread * NODES, right.shape[1:])
    sides = [_unexplained(right), _unexplained(left)]
    smaller, larger = np.minimum(*sides), np.maximum(*sides)
    largest = np.max(np.maximum(np.abs(right), np.abs(left)), axis=0)
    distinct = np.all((np.diff(right, axis=0) != 0) & (np.diff(left, axis=0) != 0), axis=0)
    return np.where(larger < 10 * smaller, larger, smaller), largest, distinct


def _unexplained(values: Array) -> Array:
    left_over = np.tensordot(RESIDUAL, values - values[0], axes=1)
    return np.sqrt(np.sum(left_over**2, axis=0) / (POINTS - DEGREE - 1))
