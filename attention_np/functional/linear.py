"""The linear map with a bias."""

from __future__ import annotations

import math

from ._checks import Array, require_floats, require_shape
from .products import matrix_product


def linear(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    r"""Linear map of the last axis, :math:`y = x W + b`.

    Parameters
    ----------
    inputs : array (..., in)
    weight : array (in, out)
    bias : array (out,), optional

    Returns
    -------
    array (..., out)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(inputs, weight)
    # One product of two matrices; a stack of small ones would be many.
    outputs = matrix_product(_rows(inputs), weight).reshape(*inputs.shape[:-1], weight.shape[1])
    if bias is not None:
        require_floats(inputs=inputs, bias=bias)
        require_shape("bias", bias, (weight.shape[1],), "to match weight")
        outputs += bias
    return outputs


def linear_backward(d_outputs: Array, inputs: Array, weight: Array) -> tuple[Array, Array, Array]:
    r"""Gradients of the linear map with respect to inputs, weight and bias.

    From :math:`y_{no} = \sum_i x_{ni} W_{io} + b_o`, with n running over all leading positions,

    .. math:: dx_{ni} = \sum_o dy_{no} W_{io}, \qquad dW_{io} = \sum_n x_{ni} \, dy_{no}, \qquad db_o = \sum_n dy_{no} .

    The weight and the bias were used at every position, so their gradients are sums over all of them.

    Parameters
    ----------
    d_outputs : array (..., out)
    inputs : array (..., in)
    weight : array (in, out)

    Returns
    -------
    d_inputs : array (..., in)
    d_weight : array (in, out)
    d_bias : array (out,)

    Raises
    ------
    TypeError, ValueError
        As `linear`, and if `d_outputs` does not have its result's shape.
    """
    _check(inputs, weight)
    require_floats(inputs=inputs, d_outputs=d_outputs)
    require_shape("d_outputs", d_outputs, (*inputs.shape[:-1], weight.shape[1]), "like the outputs")
    rows, d_rows = _rows(inputs), _rows(d_outputs)
    # A gradient lies in memory as its weight does: where that is a table's transpose, so that it adds to the table's row by row.
    d_weight = matrix_product(rows.T, d_rows) if weight.flags.c_contiguous else matrix_product(d_rows.T, rows).T
    return matrix_product(d_rows, weight.T).reshape(inputs.shape), d_weight, d_rows.sum(axis=0)


def _rows(array: Array) -> Array:
    """(..., n) as (positions, n)."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _check(inputs: Array, weight: Array) -> None:
    require_floats(inputs=inputs, weight=weight)
    require_shape("weight", weight, ("in", "out"), "")
    require_shape("inputs", inputs, ("...", weight.shape[0]), "to match weight")
