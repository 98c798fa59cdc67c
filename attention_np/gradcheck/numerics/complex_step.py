"""The derivative by one step off the real axis, for the functions that go along.

Of a real analytic function, Taylor's series at :math:`x + ih` separates value and derivative:

.. math:: f(x + ih) = f(x) + ih f'(x) - \\tfrac12 h^2 f''(x) - \\dots, \\qquad f'(x) = \\frac{\\operatorname{Im} f(x + ih)}{h} + O(h^2) .

Nothing is subtracted, so nothing cancels and h may be 1e-30: truncation vanishes as well, and the derivative is as exact as
the value (Squire and Trapp 1998, "Using complex variables to estimate derivatives of real functions").

But the function must be analytic as it is *written*. An absolute value takes the imaginary part away and with it the
derivative, silently: ``abs``, ``np.linalg.norm``, ``.real``, a conjugate. Others refuse complex numbers, or compare them by an order
of their own. So nothing is taken on trust here: the result counts only if it agrees with the central differences everywhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from ...functional._checks import Array

STEP = 1e-30
"""The imaginary step in units of the entry's scale: its square is nothing beside 1."""
ROUNDING = 64 * float(np.finfo(np.float64).eps)
SHARP = 1e-6
"""How exact the central differences must be for an agreement with them to prove anything."""


def complex_step_jacobian(
    function: Callable[[Array], Array], array: Array, output: Array, scales: Array, matrix: Array, error: Array
) -> Array | None:
    """The Jacobian by complex steps, if the function supports them.

    Parameters
    ----------
    function : callable
        Of one array; called once for each entry, with a complex copy of `array` (not again after a failure).
    array : float64 array
    output : array (outputs,)
        What the function gives for `array`.
    scales : array (entries,)
        The magnitude of each entry.
    matrix, error : array (outputs, entries)
        The Jacobian by central differences, and an estimate of its error.

    Returns
    -------
    array (outputs, entries), or None
        None if the central differences are not exact to six digits (agreement would prove nothing), or if for any entry the
        function raises, drops an imaginary part with a warning, gives anything but complex numbers with the real parts
        `output`, or another derivative than the central differences within ten times their error.
    """
    weight = np.abs(matrix) * scales
    if not np.all(error * scales <= SHARP * np.max(weight, initial=0)):
        return None
    result = np.empty_like(matrix)
    for entry, scale in enumerate(scales.tolist()):
        column = _column(function, array, entry, STEP * scale, output)
        if column is None:
            return None
        allowed = 10 * error[:, entry] + ROUNDING * np.max(np.abs(column), initial=0)
        if not np.all(np.abs(column - matrix[:, entry]) <= allowed):
            return None
        result[:, entry] = column
    return result


def _column(function: Callable[[Array], Array], array: Array, entry: int, step: float, output: Array) -> Array | None:
    moved = array.astype(np.complex128)
    moved.flat[entry] += 1j * step
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            found = np.ravel(function(moved))
    except Exception:  # A function of real numbers may object to complex ones in any way it likes.
        return None
    if found.dtype != np.complex128 or found.shape != output.shape:
        return None
    if not np.all(np.abs(found.real - output) <= ROUNDING * np.max(np.abs(output), initial=0)):
        return None
    return np.asarray(found.imag / step)
