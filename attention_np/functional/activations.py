"""The bends between linear maps: relu, gelu, tanh and sigmoid.

Where the slope is simplest in terms of the result (tanh, sigmoid), the backward function takes the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from ._checks import Array, require_floats, require_shape
from .workers import share

BLOCK = 65_536
"""Numbers that gelu works on at a time: the dozen arrays of its formula stay in a core's cache."""
ALONE = 4 * BLOCK
"""Numbers up to which threads cost more than they bring."""


def relu(inputs: Array) -> Array:
    r"""Rectified linear unit, :math:`y = \max(x, 0)`.

    Parameters
    ----------
    inputs : array

    Returns
    -------
    array
        Of the same shape and dtype, as in all of this file; so are the errors: TypeError if not floating.
    """
    require_floats(inputs=inputs)
    return np.maximum(inputs, 0)


def relu_backward(d_outputs: Array, inputs: Array) -> Array:
    r"""Gradient of relu, :math:`dx = dy \cdot [x > 0]`; at the kink, x = 0, the slope is taken as 0.

    Parameters
    ----------
    d_outputs, inputs : array
        Of one shape.

    Returns
    -------
    array
        ``d_inputs``.
    """
    _check_upstream(d_outputs, inputs=inputs)
    return d_outputs * (inputs > 0)


def gelu(inputs: Array) -> Array:
    r"""Gaussian error linear unit in its tanh form (Hendrycks, Gimpel 2016, section 2).

    .. math:: y = \tfrac12 x \, (1 + \tanh u), \qquad u = \sqrt{2/\pi} \, (x + 0.044715 \, x^3)

    This is the approximation: NumPy has no error function. It differs from x Φ(x) by less than 5e-4.

    Parameters
    ----------
    inputs : array

    Returns
    -------
    array
    """
    require_floats(inputs=inputs)

    def formula(x: Array) -> Array:
        tanh_u, _ = _gelu_tanh(x)
        return 0.5 * x * (1 + tanh_u)

    return _by_blocks(formula, inputs)


def gelu_backward(d_outputs: Array, inputs: Array) -> Array:
    r"""Gradient of gelu's tanh form.

    By the product rule on :math:`\tfrac12 x (1 + \tanh u)`, with :math:`u' = \sqrt{2/\pi} \, (1 + 3 \cdot 0.044715 \, x^2)`,

    .. math:: dx = dy \cdot \tfrac12 \bigl( 1 + \tanh u + x \, (1 - \tanh^2 u) \, u' \bigr) .

    Parameters
    ----------
    d_outputs, inputs : array
        Of one shape.

    Returns
    -------
    array
        ``d_inputs``.
    """
    _check_upstream(d_outputs, inputs=inputs)

    def formula(dy: Array, x: Array) -> Array:
        tanh_u, moderate = _gelu_tanh(x)
        slope_u = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * moderate * moderate)
        return dy * (0.5 * (1 + tanh_u + moderate * (1 - tanh_u * tanh_u) * slope_u))

    return _by_blocks(formula, d_outputs, inputs)


def tanh(inputs: Array) -> Array:
    r"""Hyperbolic tangent.

    Parameters
    ----------
    inputs : array

    Returns
    -------
    array
        In [-1, 1].
    """
    require_floats(inputs=inputs)
    return np.tanh(inputs)


def tanh_backward(d_outputs: Array, outputs: Array) -> Array:
    r"""Gradient of the hyperbolic tangent from its result, :math:`dx = dy \, (1 - y^2)`.

    Parameters
    ----------
    d_outputs, outputs : array
        Of one shape; `outputs` is the result of `tanh`.

    Returns
    -------
    array
        ``d_inputs``.
    """
    _check_upstream(d_outputs, outputs=outputs)
    return d_outputs * (1 - outputs * outputs)


def sigmoid(inputs: Array) -> Array:
    r"""Logistic function, :math:`y = 1 / (1 + e^{-x})`, written so that no exponential overflows.

    Parameters
    ----------
    inputs : array

    Returns
    -------
    array
        In [0, 1].
    """
    require_floats(inputs=inputs)
    falling = np.exp(-np.abs(inputs))
    return np.where(inputs >= 0, 1, falling) / (1 + falling)


def sigmoid_backward(d_outputs: Array, outputs: Array) -> Array:
    r"""Gradient of the logistic function from its result, :math:`dx = dy \, y \, (1 - y)`.

    Parameters
    ----------
    d_outputs, outputs : array
        Of one shape; `outputs` is the result of `sigmoid`.

    Returns
    -------
    array
        ``d_inputs``.
    """
    _check_upstream(d_outputs, outputs=outputs)
    return d_outputs * outputs * (1 - outputs)


def _gelu_tanh(inputs: Array) -> tuple[Array, Array]:
    # Beyond |x| = 10 the tanh is 1 to the last bit; clipping there keeps x cubed, and 0 times infinity, out of reach.
    moderate = np.clip(inputs, -10, 10)
    # Not moderate**3, which is a logarithm and an exponential of each number: 148 against 0.2 ns.
    return np.tanh(math.sqrt(2 / math.pi) * (moderate + 0.044715 * (moderate * moderate * moderate))), moderate


def _by_blocks(formula: Callable[..., Array], *arrays: Array) -> Array:
    """The formula's value for arrays of one shape, entry by entry."""
    result = np.empty(arrays[0].shape, arrays[0].dtype)
    flat_result, flat_arrays = result.reshape(-1), [array.reshape(-1) for array in arrays]

    def work(blocks: Iterator[slice]) -> None:
        for block in blocks:
            flat_result[block] = formula(*(array[block] for array in flat_arrays))

    share([slice(i, i + BLOCK) for i in range(0, result.size, BLOCK)], work, alone=result.size <= ALONE)
    return result


def _check_upstream(d_outputs: Array, **kept: Array) -> None:
    require_floats(**kept, d_outputs=d_outputs)
    ((name, array),) = kept.items()
    require_shape("d_outputs", d_outputs, array.shape, f"like {name}")
