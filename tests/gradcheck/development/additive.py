"""Mistakes in the five gradients of the additive score."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, turned

catalogue = Catalogue()
Five = tuple[Array, Array, Array, Array, Array]


def _sums(q: Array, k: Array, w: Array, u: Array) -> Array:
    return (q @ w)[..., :, None, :] + (k @ u)[..., None, :, :]


def _rows(array: Array) -> Array:
    return array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])


def _back(d_sums: Array, d_vector: Array, q: Array, k: Array, w: Array, u: Array) -> Five:
    d_pq, d_pk = d_sums.sum(axis=-2), d_sums.sum(axis=-3)
    return d_pq @ w.T, d_pk @ u.T, _rows(q).T @ _rows(d_pq), _rows(k).T @ _rows(d_pk), d_vector


@catalogue.wrong("additive_scores_backward", "wrong-operand")
def slope_from_the_sum_before_the_tanh(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    z = _sums(queries, keys, query_weight, key_weight)
    d_z = d_scores[..., None] * score_vector * (1 - z**2)
    d_vector = np.tensordot(d_scores, np.tanh(z), axes=d_scores.ndim)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "missing-factor", "dropped-term")
def as_if_without_the_tanh(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_vector = np.tensordot(d_scores, t, axes=d_scores.ndim)
    return _back(d_scores[..., None] * score_vector, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "missing-factor")
def score_vector_forgotten(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = np.einsum("...ls,...lsh->...lsh", d_scores, 1 - t**2)
    d_vector = np.tensordot(d_scores, t, axes=d_scores.ndim)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "wrong-operand", result="d_score_vector")
def vector_from_the_sum_before_the_tanh(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    z = _sums(queries, keys, query_weight, key_weight)
    d_z = d_scores[..., None] * score_vector * (1 - np.tanh(z) ** 2)
    d_vector = _rows(z).T @ d_scores.reshape(-1)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "not-summed", "wrong-for-some-shapes", result="d_query_weight")
def query_weight_per_batch_element(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t * t)
    d_q, d_k, _, d_u, d_v = _back(
        d_z, np.tensordot(d_scores, t, axes=d_scores.ndim), queries, keys, query_weight, key_weight
    )
    return d_q, d_k, turned(queries) @ d_z.sum(axis=-2), d_u, d_v


@catalogue.wrong("additive_scores_backward", "constant-factor")
def means_over_the_other_positions(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_pq, d_pk = d_z.mean(axis=-2), d_z.mean(axis=-3)
    return (
        d_pq @ query_weight.T,
        d_pk @ key_weight.T,
        _rows(queries).T @ _rows(d_pq),
        _rows(keys).T @ _rows(d_pk),
        np.tensordot(d_scores, t, axes=d_scores.ndim),
    )


@catalogue.wrong("additive_scores_backward", "swapped-results")
def weights_exchanged(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_v = np.tensordot(d_scores, t, axes=d_scores.ndim)
    d_q, d_k, d_w, d_u, d_v = _back(d_z, d_v, queries, keys, query_weight, key_weight)
    return d_q, d_k, d_u, d_w, d_v


@catalogue.wrong("additive_scores_backward", "transposed", result="d_query_weight")
def query_weight_on_its_side(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_q, d_k, d_w, d_u, d_v = _back(
        d_z, np.tensordot(d_scores, t, axes=d_scores.ndim), queries, keys, query_weight, key_weight
    )
    return d_q, d_k, np.einsum("nh,nd->hd", _rows(d_z.sum(-2)), _rows(queries)), d_u, d_v


@catalogue.wrong("additive_scores_backward", "sign-flipped")
def tanh_slope_upside_down(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (t**2 - 1)
    d_vector = np.tensordot(d_scores, t, axes=d_scores.ndim)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "overwritten", "wrong-for-some-shapes", result="d_score_vector")
def vector_of_the_last_batch_element(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    L, S, h = t.shape[-3:]
    d_vector = np.zeros(h)
    for g, hidden in zip(d_scores.reshape(-1, L, S), t.reshape(-1, L, S, h), strict=True):
        d_vector = np.einsum("ls,lsh->h", g, hidden)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "overwritten", result="d_keys")
def keys_assigned_per_query(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_q, d_k, d_w, d_u, d_v = _back(
        d_z, np.tensordot(d_scores, t, axes=d_scores.ndim), queries, keys, query_weight, key_weight
    )
    d_k = np.zeros_like(keys)
    for i in range(queries.shape[-2]):
        d_k[...] = d_z[..., i, :, :] @ key_weight.T
    return d_q, d_k, d_w, d_u, d_v


@catalogue.wrong("additive_scores_backward", "zero", result="d_queries")
def queries_detached(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_vector = np.tensordot(d_scores, t, axes=d_scores.ndim)
    _, *rest = _back(d_z, d_vector, queries, keys, query_weight, key_weight)
    d_keys, d_w, d_u, d_v = rest
    return np.zeros_like(queries), d_keys, d_w, d_u, d_v


@catalogue.wrong("additive_scores_backward", "upstream-ignored", result="d_score_vector")
def vector_as_the_sum_of_hidden(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    return _back(d_z, _rows(t).sum(axis=0), queries, keys, query_weight, key_weight)


@catalogue.wrong("additive_scores_backward", "not-summed", result="d_score_vector")
def vector_summed_over_sources_only(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = np.tanh(_sums(queries, keys, query_weight, key_weight))
    d_z = d_scores[..., None] * score_vector * (1 - t**2)
    d_vector = (d_scores[..., None] * t).sum(axis=-2)
    return _back(d_z, d_vector, queries, keys, query_weight, key_weight)
