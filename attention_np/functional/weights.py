"""Distribution: scores become weights that are positive and sum to one, by the softmax."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_axis, require_floats, require_mask, require_shape


def softmax(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    r"""Weights that are positive and sum to one along an axis, the article's second formula.

    .. math:: p_i = \frac{e^{s_i}}{\sum_k e^{s_k}} = \frac{e^{s_i - m}}{\sum_k e^{s_k - m}}, \qquad m = \max_k s_k

    Subtracting m changes nothing and keeps the exponential finite for scores of any size. With scores ``(..., L, S)``
    the default axis gives each target weights over its sources; the article's :math:`p_{ij}`, read literally, is
    normalised over the *targets* of one source, which is ``axis=-2`` (the second of the article's traps).

    Parameters
    ----------
    scores : array
        A score of -inf gets weight 0.
    axis : int
        The axis along which the weights sum to one.
    mask : boolean array, optional
        True where attending is allowed; broadcasts to the shape of `scores`. A forbidden score gets weight 0,
        and where nothing is allowed along the axis all weights are 0.

    Returns
    -------
    array
        Weights in [0, 1], of the shape and dtype of `scores`.

    Raises
    ------
    TypeError, ValueError
        If `scores` is not floating, `axis` does not exist, `mask` does not fit, or an allowed score is NaN or +inf.
    """
    require_floats(scores=scores)
    require_axis("scores", scores, axis)
    if mask is not None:
        require_mask(mask, scores.shape)
        scores = np.where(mask, scores, -np.inf)
    maximum = np.max(scores, axis=axis, keepdims=True, initial=-np.inf)
    if not np.all(maximum < np.inf):
        where = tuple(int(i) for i in np.argwhere(~(scores < np.inf))[0])
        raise ValueError(f"scores: expected finite numbers or -inf, got {scores[where]} at index {where}")
    maximum[maximum == -np.inf] = 0
    with np.errstate(over="ignore", under="ignore"):
        exponentials = np.exp(scores - maximum)
    normaliser = exponentials.sum(axis=axis, keepdims=True)
    normaliser[normaliser == 0] = 1
    exponentials /= normaliser
    return exponentials


def softmax_backward(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    r"""Gradient of the softmax with respect to its scores.

    From :math:`p_i = e^{s_i} / Z` follows :math:`\partial p_k / \partial s_i = p_k (\delta_{ki} - p_i)`: raising one score lowers the weight
    of all others. Summed with the upstream,

    .. math:: ds_i = \sum_k dp_k \, p_k (\delta_{ki} - p_i) = p_i \Bigl( dp_i - \sum_k p_k \, dp_k \Bigr) .

    So the gradient sums to zero along the axis (adding a constant to all scores changes nothing), and is zero wherever
    the weight is: what was masked needs no mask here.

    Parameters
    ----------
    d_weights : array
    weights : array
        The result of `softmax`, of the same shape.
    axis : int
        The axis along which the weights sum to one.

    Returns
    -------
    array
        ``d_scores``, of the same shape.

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, shapes differ, or `axis` does not exist.
    """
    require_floats(weights=weights, d_weights=d_weights)
    require_shape("d_weights", d_weights, weights.shape, "like weights")
    require_axis("weights", weights, axis)
    mean = np.sum(weights * d_weights, axis=axis, keepdims=True)
    return weights * (d_weights - mean)
