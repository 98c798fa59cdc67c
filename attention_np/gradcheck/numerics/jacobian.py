"""The Jacobian of a function of one array, by numbers alone: what every gradient is compared with."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from .complex_step import complex_step_jacobian
from .differences import derivative_along
from .noise import noise_along

EPSILON = float(np.finfo(np.float64).eps)
DWARFING = 1e3
"""So many times its row's typical magnitude, an entry's own is no guide."""


class Gradient(NamedTuple):
    """A loss's gradient with respect to each entry of the input.

    Attributes
    ----------
    value : array (entries,)
        The gradient; what an entry does not reach, an upstream of 0, takes no part.
    error : array (entries,)
        An estimate of its absolute error, infinite where one of the derivatives it needs could not be found.
    undefined : boolean array (entries,)
        True where a kink or a jump takes part: there is no derivative.
    """

    value: Array
    error: Array
    undefined: Array


class Jacobian(NamedTuple):
    """All derivatives of all outputs.

    Attributes
    ----------
    matrix : array (outputs, entries)
        The derivative of each output with respect to each entry of the input, both flattened.
    error : array (outputs, entries)
        An estimate of its absolute error; infinite where no number could be found, which then stands as 0.
    kink, jump : boolean array (outputs, entries)
        As in `Derivative`.
    method : str
        "complex step" or "central differences".
    """

    matrix: Array
    error: Array
    kink: Array
    jump: Array
    method: str

    def pull_back(self, upstream: Array) -> Gradient:
        r"""The gradient :math:`J^T g` for an upstream gradient g.

        The errors are added up, :math:`\sum_k |g_k| e_k`, not squared: what one entry's differences leave out is
        left out of all outputs alike, so that their errors need not cancel.

        Parameters
        ----------
        upstream : array
            Of the output's shape, or flattened.

        Returns
        -------
        Gradient

        Raises
        ------
        ValueError
            If it has not one entry for each output.
        """
        weights = np.ravel(upstream)
        if weights.size != len(self.matrix):
            raise ValueError(f"upstream: expected {len(self.matrix)} entries, one for each output, got {weights.size}")
        reached = weights != 0
        weights, magnitudes = weights[reached], np.abs(weights[reached])
        matrix, error = self.matrix[reached], self.error[reached]
        rounding = EPSILON * (magnitudes @ np.abs(matrix))
        undefined = np.any((self.kink | self.jump)[reached], axis=0)
        return Gradient(weights @ matrix, magnitudes @ error + rounding, undefined)


def numerical_jacobian(function: Callable[[Array], Array], array: Array) -> Jacobian:
    r"""The Jacobian :math:`\partial F_k / \partial x_i` of a function of one array, with an estimate of each entry's error.

    Every entry is moved by itself, and extrapolated central differences taken (`derivative_along`). If the function goes
    along with complex numbers, and gives the same (`complex_step_jacobian`), the complex step's numbers stand instead: they
    are exact to rounding.

    Parameters
    ----------
    function : callable
        Of one float64 array of the shape of `array`, a fresh one at every call. Called 49 times, and 10 times for each
        entry (more where it is not smooth); NumPy's floating-point warnings are silenced meanwhile.
    array : float64 array

    Returns
    -------
    Jacobian

    Raises
    ------
    TypeError
        If `array` is not float64.
    ValueError
        If the shape of the output changes.
    """
    if array.dtype != np.float64:
        raise TypeError(f"array: expected float64, got {array.dtype}; convert it with .astype(np.float64)")
    with np.errstate(all="ignore"):
        output = np.array(function(array.copy()), dtype=np.float64)
    scales, reaches = _scales(array)
    noise = _noise(function, array, scales)
    columns = []
    for entry, (at, scale, reach) in enumerate(zip(array.ravel().tolist(), scales, reaches, strict=True)):

        def moved(t: float, entry: int = entry, at: float = at) -> Array:
            if t == at:
                return output
            copy = array.copy()
            copy.flat[entry] = t
            return function(copy)

        columns.append(derivative_along(moved, float(scale), at, float(reach), noise))
    shape = output.size, array.size
    matrix, error, kink, jump = (
        np.stack([np.ravel(column[part]) for column in columns], axis=1) if columns else np.zeros(shape, dtype)
        for part, dtype in enumerate((float, float, bool, bool))
    )
    exact = None
    if not np.any(kink | jump):
        exact = complex_step_jacobian(function, array, output.ravel(), scales, matrix, error)
    if exact is None:
        return Jacobian(matrix, error, kink, jump, "central differences")
    largest = np.max(np.abs(exact), axis=0, initial=0)
    # Digits that the function loses inside are lost here as well; differences magnify that noise a hundredfold.
    return Jacobian(exact, np.maximum(16 * EPSILON * largest, 0.01 * error), kink, jump, "complex step")


def _scales(array: Array) -> tuple[Array, Array]:
    """For each entry the scale on which the function may bend, and a larger one that is possible as well.

    The first is the entry's magnitude, or the typical one of its row (the last axis) if that is larger, as a cosine bends on the
    scale of the whole vector. An entry that dwarfs its row (1e8 among ones) says little of the function: the row's scale
    stands. The second is the largest magnitude in the row, or 1.
    """
    rows = np.abs(np.atleast_2d(array))
    rows = rows.reshape(prod(rows.shape[:-1]), rows.shape[-1])
    known = np.isfinite(rows) & (rows > 0)
    typical_of_all = float(np.median(rows[known])) if np.any(known) else 1.0
    scales, reaches = np.empty_like(rows), np.empty_like(rows)
    for row, which, scale, reach in zip(rows, known, scales, reaches, strict=True):
        typical = np.median(row[which]) if np.any(which) else typical_of_all
        scale[:] = np.where(which & (row > typical) & (row < DWARFING * typical), row, typical)
        reach[:] = max(1.0, np.max(row, where=which, initial=0))
    return scales.ravel(), reaches.ravel()


def _noise(function: Callable[[Array], Array], array: Array, scales: Array) -> Array:
    """The noise of each output, along a direction that moves every entry."""
    rng = np.random.default_rng(0)
    direction = (scales * rng.uniform(0.5, 1.5, scales.shape) * rng.choice([-1, 1], scales.shape)).reshape(array.shape)
    return noise_along(lambda t: function(array + t * direction))
