"""Relevance: how well each query (target) fits each key (input): cosine, dot product, scaled dot product."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_finite, require_floats, require_same_lead, require_shape


def cosine_scores(queries: Array, keys: Array) -> Array:
    r"""Cosine of the angle between every query and every key, the article's first formula.

    .. math:: s_{ji} = \frac{w_j \cdot v_i}{\lVert w_j \rVert \, \lVert v_i \rVert} = \hat w_j \cdot \hat v_i

    The article writes :math:`a_{ij}` with the input i first; here the target has the row, so ``a_ij`` is
    ``scores[..., j, i]``. There is no epsilon: each vector is divided by its largest component before its length
    is taken, so the result is exact to rounding at any magnitude. A zero vector has no direction; by convention
    its score is 0 with everything.

    Parameters
    ----------
    queries : array (..., L, d)
        The targets w.
    keys : array (..., S, d)
        The inputs v; leading dimensions and dtype as those of `queries`.

    Returns
    -------
    array (..., L, S)
        In [-1, 1] to rounding, without a unit.

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, shapes do not fit, or a number is NaN or infinite.
    """
    _check_pair(queries, keys)
    unit_queries, _, _ = _unit("queries", queries)
    unit_keys, _, _ = _unit("keys", keys)
    return unit_queries @ unit_keys.swapaxes(-1, -2)


def cosine_scores_backward(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    r"""Gradients of the cosine scores with respect to queries and keys.

    With unit vectors :math:`\hat w = w / \lVert w \rVert`, the score :math:`s_{ji} = \hat w_j \cdot \hat v_i` is bilinear, so

    .. math:: d\hat w_j = \sum_i ds_{ji} \, \hat v_i , \qquad d\hat v_i = \sum_j ds_{ji} \, \hat w_j .

    Only a change across w turns :math:`\hat w`; the part along w is projected away, and a long vector turns less:

    .. math:: dw = \frac{d\hat w - \hat w \, (\hat w \cdot d\hat w)}{\lVert w \rVert} .

    Hence :math:`dw \cdot w = 0`: a step along the score's gradient alone can only lengthen w. A zero vector
    receives gradient 0 by convention (the function has no derivative there). Where a length is below the smallest
    normal number, :math:`1 / \lVert w \rVert` would overflow; that number stands in for it, and the gradient stays finite.

    Parameters
    ----------
    d_scores : array (..., L, S)
    queries : array (..., L, d)
    keys : array (..., S, d)

    Returns
    -------
    d_queries : array (..., L, d)
    d_keys : array (..., S, d)

    Raises
    ------
    TypeError, ValueError
        As `cosine_scores`, and if `d_scores` does not have its result's shape.
    """
    _check_pair(queries, keys, d_scores)
    unit_queries, query_magnitudes, query_norms = _unit("queries", queries)
    unit_keys, key_magnitudes, key_norms = _unit("keys", keys)
    d_unit_queries = d_scores @ unit_keys
    d_unit_keys = d_scores.swapaxes(-1, -2) @ unit_queries
    tiny = np.finfo(queries.dtype).tiny
    d_queries = _across(d_unit_queries, unit_queries) / query_norms / np.maximum(query_magnitudes, tiny)
    d_keys = _across(d_unit_keys, unit_keys) / key_norms / np.maximum(key_magnitudes, tiny)
    return d_queries, d_keys


def dot_scores(queries: Array, keys: Array) -> Array:
    r"""Dot product of every query with every key, :math:`s_{ji} = w_j \cdot v_i` (Luong et al. 2015, eq. 8).

    Parameters
    ----------
    queries : array (..., L, d)
    keys : array (..., S, d)

    Returns
    -------
    array (..., L, S)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check_pair(queries, keys)
    return queries @ keys.swapaxes(-1, -2)


def dot_scores_backward(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    r"""Gradients of the dot products.

    The product is bilinear: :math:`dw_j = \sum_i ds_{ji} v_i` and :math:`dv_i = \sum_j ds_{ji} w_j`.

    Parameters
    ----------
    d_scores : array (..., L, S)
    queries : array (..., L, d)
    keys : array (..., S, d)

    Returns
    -------
    d_queries : array (..., L, d)
    d_keys : array (..., S, d)

    Raises
    ------
    TypeError, ValueError
        As `dot_scores`, and if `d_scores` does not have its result's shape.
    """
    _check_pair(queries, keys, d_scores)
    return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries


def scaled_dot_scores(queries: Array, keys: Array) -> Array:
    r"""Dot products divided by the root of the width, :math:`s_{ji} = w_j \cdot v_i / \sqrt d` (Vaswani et al. 2017, eq. 1).

    The components of independent standard vectors give a dot product of variance d; the root keeps it at 1.

    Parameters
    ----------
    queries : array (..., L, d)
    keys : array (..., S, d)

    Returns
    -------
    array (..., L, S)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    return dot_scores(queries, keys) * default_scale("scaled_dot", queries.shape[-1])


def scaled_dot_scores_backward(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    r"""Gradients of the scaled dot products: those of the dot products, of an upstream divided by :math:`\sqrt d`.

    Parameters
    ----------
    d_scores : array (..., L, S)
    queries : array (..., L, d)
    keys : array (..., S, d)

    Returns
    -------
    d_queries : array (..., L, d)
    d_keys : array (..., S, d)

    Raises
    ------
    TypeError, ValueError
        As `scaled_dot_scores`, and if `d_scores` does not have its result's shape.
    """
    _check_pair(queries, keys, d_scores)
    return dot_scores_backward(d_scores * default_scale("scaled_dot", queries.shape[-1]), queries, keys)


def default_scale(score: str, width: int) -> float:
    """The multiplier that stands where no scale is given: 1/√d for ``scaled_dot``, 1 for every other score."""
    return max(width, 1) ** -0.5 if score == "scaled_dot" else 1.0


def _unit(name: str, vectors: Array) -> tuple[Array, Array, Array]:
    """Unit vectors, and each vector's length in two factors, largest component x length in units of it (1 for zeros)."""
    magnitudes = np.max(np.abs(vectors), axis=-1, keepdims=True, initial=0)
    if not np.all(magnitudes < np.inf):
        require_finite(name, vectors)
    magnitudes[magnitudes == 0] = 1
    moderate = vectors / magnitudes
    norms = np.sqrt(np.sum(moderate * moderate, axis=-1, keepdims=True))
    norms[norms == 0] = 1
    moderate /= norms
    return moderate, magnitudes, norms


def _across(d_unit: Array, unit: Array) -> Array:
    """The part of `d_unit` at right angles to `unit`; zero where `unit` is a zero vector."""
    along = np.sum(d_unit * unit, axis=-1, keepdims=True)
    has_direction = np.any(unit != 0, axis=-1, keepdims=True)
    return (d_unit - unit * along) * has_direction


def _check_pair(queries: Array, keys: Array, d_scores: Array | None = None) -> None:
    require_floats(queries=queries, keys=keys, d_scores=d_scores)
    require_shape("queries", queries, ("...", "targets", "width"), "with at least two dimensions")
    require_shape("keys", keys, ("...", "sources", queries.shape[-1]), "to match queries")
    require_same_lead("keys", keys, "queries", queries)
    if d_scores is not None:
        expected = (*queries.shape[:-1], keys.shape[-2])
        require_shape("d_scores", d_scores, expected, "like the scores")
