"""Result: each target receives the mean of the values, weighted by its attention."""

from __future__ import annotations

from ._checks import Array, require_floats, require_same_lead, require_shape


def context(weights: Array, values: Array) -> Array:
    r"""Weighted sum of the values, the article's third formula.

    .. math:: c_j = \sum_i p_{ji} \, v_i

    Parameters
    ----------
    weights : array (..., L, S)
        The article's :math:`p_{ij}` is ``weights[..., j, i]``.
    values : array (..., S, e)

    Returns
    -------
    array (..., L, e)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(weights, values)
    return weights @ values


def context_backward(d_context: Array, weights: Array, values: Array) -> tuple[Array, Array]:
    r"""Gradients of the context with respect to weights and values.

    The sum is bilinear: a weight matters as much as its value agrees with the upstream, and a value is pulled by
    every target that attended to it, as strongly as it did:

    .. math:: dp_{ji} = dc_j \cdot v_i , \qquad dv_i = \sum_j p_{ji} \, dc_j .

    Parameters
    ----------
    d_context : array (..., L, e)
    weights : array (..., L, S)
    values : array (..., S, e)

    Returns
    -------
    d_weights : array (..., L, S)
    d_values : array (..., S, e)

    Raises
    ------
    TypeError, ValueError
        As `context`, and if `d_context` does not have its result's shape.
    """
    _check(weights, values)
    require_floats(weights=weights, d_context=d_context)
    require_shape("d_context", d_context, (*weights.shape[:-1], values.shape[-1]), "like the context")
    return d_context @ values.swapaxes(-1, -2), weights.swapaxes(-1, -2) @ d_context


def _check(weights: Array, values: Array) -> None:
    require_floats(weights=weights, values=values)
    require_shape("weights", weights, ("...", "targets", "sources"), "with at least two dimensions")
    require_shape("values", values, ("...", weights.shape[-1], "width"), "to match weights")
    require_same_lead("values", values, "weights", weights)
