"""Relevance by a small network: Bahdanau's additive score."""

from __future__ import annotations

import math

import numpy as np

from ._checks import Array, require_floats, require_same_lead, require_shape


def additive_scores(queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array) -> Array:
    r"""Additive score of every query with every key (Bahdanau, Cho, Bengio 2015, section A.1.2).

    .. math:: s_{ji} = u \cdot \tanh(w_j W + v_i U)

    Unlike a dot product it lets queries and keys have different widths; it holds an ``(..., L, S, h)`` array.

    Parameters
    ----------
    queries : array (..., L, d)
    keys : array (..., S, f)
    query_weight : array (d, h)
        W.
    key_weight : array (f, h)
        U.
    score_vector : array (h,)
        u.

    Returns
    -------
    array (..., L, S)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(queries, keys, query_weight, key_weight, score_vector)
    return tanh_scores(queries @ query_weight, keys @ key_weight, score_vector)


def additive_scores_backward(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> tuple[Array, Array, Array, Array, Array]:
    r"""Gradients of the additive score with respect to all five arguments.

    Write :math:`t_{ji} = \tanh(q_j + k_i)` with :math:`q_j = w_j W` and :math:`k_i = v_i U`. Then :math:`du = \sum_{ji} ds_{ji} t_{ji}`, and
    through the tanh, whose slope is :math:`1 - t^2`,

    .. math:: dz_{ji} = ds_{ji} \, u \odot (1 - t_{ji}^2) .

    :math:`q_j` was added to every key and :math:`k_i` to every query, so each gradient is a sum over the other index:
    :math:`dq_j = \sum_i dz_{ji}`, :math:`dk_i = \sum_j dz_{ji}`. The rest are two linear maps: :math:`dw_j = dq_j W^T`,
    :math:`dW = \sum_j w_j^T dq_j`, and so with U.

    Parameters
    ----------
    d_scores : array (..., L, S)
    queries, keys, query_weight, key_weight, score_vector : array
        As in `additive_scores`.

    Returns
    -------
    d_queries, d_keys, d_query_weight, d_key_weight, d_score_vector : array
        Each of the shape of its argument.

    Raises
    ------
    TypeError, ValueError
        As `additive_scores`, and if `d_scores` does not have its result's shape.
    """
    _check(queries, keys, query_weight, key_weight, score_vector)
    require_floats(queries=queries, d_scores=d_scores)
    require_shape("d_scores", d_scores, (*queries.shape[:-1], keys.shape[-2]), "like the scores")
    d_projected_queries, d_projected_keys, d_score_vector = tanh_scores_backward(
        d_scores, queries @ query_weight, keys @ key_weight, score_vector
    )
    return (
        d_projected_queries @ query_weight.T,
        d_projected_keys @ key_weight.T,
        _rows(queries).T @ _rows(d_projected_queries),
        _rows(keys).T @ _rows(d_projected_keys),
        d_score_vector,
    )


def tanh_scores(queries: Array, keys: Array, score_vectors: Array) -> Array:
    r"""The additive score of what the weights have mapped already, :math:`s_{ji} = u \cdot \tanh(q_j + k_i)`.

    Parameters
    ----------
    queries : array (..., L, h)
    keys : array (..., S, h)
    score_vectors : array (..., h)
        u; broadcasts over the leading dimensions (one for each head).

    Returns
    -------
    array (..., L, S)
    """
    return np.vecdot(np.tanh(queries[..., :, None, :] + keys[..., None, :, :]), score_vectors[..., None, None, :])


def tanh_scores_backward(
    d_scores: Array, queries: Array, keys: Array, score_vectors: Array
) -> tuple[Array, Array, Array]:
    """Gradients of `tanh_scores`, as `additive_scores_backward` derives them.

    Parameters
    ----------
    d_scores : array (..., L, S)
    queries, keys, score_vectors : array
        As in `tanh_scores`.

    Returns
    -------
    d_queries, d_keys, d_score_vectors : array
        Each of the shape of its argument.
    """
    hidden = np.tanh(queries[..., :, None, :] + keys[..., None, :, :])
    d_own_vectors = np.einsum("...ji,...jih->...h", d_scores, hidden)
    d_sums = d_scores[..., None] * score_vectors[..., None, None, :] * (1 - hidden * hidden)
    shared = tuple(range(d_own_vectors.ndim - score_vectors.ndim))
    return d_sums.sum(axis=-2), d_sums.sum(axis=-3), d_own_vectors.sum(axis=shared)


def _rows(array: Array) -> Array:
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _check(queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array) -> None:
    require_floats(
        queries=queries, keys=keys, query_weight=query_weight, key_weight=key_weight, score_vector=score_vector
    )
    require_shape("queries", queries, ("...", "targets", "width"), "with at least two dimensions")
    require_shape("keys", keys, ("...", "sources", "width"), "with at least two dimensions")
    require_same_lead("keys", keys, "queries", queries)
    require_shape("query_weight", query_weight, (queries.shape[-1], "hidden"), "to match queries")
    require_shape("key_weight", key_weight, (keys.shape[-1], query_weight.shape[1]), "to match keys and query_weight")
    require_shape("score_vector", score_vector, (query_weight.shape[1],), "to match query_weight")
