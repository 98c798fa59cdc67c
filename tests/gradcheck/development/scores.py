"""Mistakes in the gradients of the dot product and of the scaled one."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, turned

catalogue = Catalogue()
Pair = tuple[Array, Array]


@catalogue.wrong("dot_scores_backward", "swapped-results")
def keys_gradient_first(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_q = d_scores @ keys
    d_k = np.einsum("...ls,...ld->...sd", d_scores, queries)
    return d_k, d_q


@catalogue.wrong("dot_scores_backward", "transposed", result="d_keys")
def keys_gradient_left_standing(d_scores: Array, queries: Array, keys: Array) -> Pair:
    return d_scores @ keys, turned(queries) @ d_scores


@catalogue.wrong("dot_scores_backward", "constant-factor", "wrong-for-some-shapes")
def divided_by_the_first_dimension(d_scores: Array, queries: Array, keys: Array) -> Pair:
    batch_size = len(queries)
    d_scores = d_scores / batch_size
    return d_scores @ keys, turned(d_scores) @ queries


@catalogue.wrong("dot_scores_backward", "wrong-operand", result="d_keys")
def einsum_with_keys_for_queries(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = np.einsum("...ls,...sd->...ld", d_scores, keys)
    d_keys = np.einsum("...ls,...sd->...sd", d_scores, keys)
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "overwritten", result="d_queries")
def queries_assigned_in_a_loop(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for i in range(queries.shape[-2]):
        for j in range(keys.shape[-2]):
            g = d_scores[..., i, j, None]
            d_queries[..., i, :] = g * keys[..., j, :]
            d_keys[..., j, :] += g * queries[..., i, :]
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "upstream-ignored")
def as_if_the_loss_were_the_sum(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = np.broadcast_to(keys.sum(axis=-2, keepdims=True), queries.shape).copy()
    d_keys = np.broadcast_to(queries.sum(axis=-2, keepdims=True), keys.shape).copy()
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "wrong-shape", "wrong-for-some-shapes", result="d_keys")
def keys_added_up_over_the_batch(d_scores: Array, queries: Array, keys: Array) -> Pair:
    S, d = keys.shape[-2:]
    L = queries.shape[-2]
    d_keys = np.zeros((S, d))
    for g, q in zip(d_scores.reshape(-1, L, S), queries.reshape(-1, L, d), strict=True):
        d_keys += g.T @ q
    return d_scores @ keys, d_keys


@catalogue.wrong("dot_scores_backward", "sign-flipped", result="d_keys")
def keys_pushed_away(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = d_scores @ keys
    d_keys = -(turned(d_scores) @ queries)
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "misplaced", result="d_keys")
def upstream_reshaped_not_turned(d_scores: Array, queries: Array, keys: Array) -> Pair:
    L, S = d_scores.shape[-2:]
    d_keys = d_scores.reshape(*d_scores.shape[:-2], S, L) @ queries
    return d_scores @ keys, d_keys


@catalogue.wrong("dot_scores_backward", "overwritten", "wrong-for-some-shapes", result="d_queries")
def only_the_last_of_the_batch(d_scores: Array, queries: Array, keys: Array) -> Pair:
    L, S = d_scores.shape[-2:]
    d_q, d_k = np.zeros_like(queries), np.zeros_like(keys)
    flat_q, flat_k = d_q.reshape(-1, L, queries.shape[-1]), d_k.reshape(-1, S, keys.shape[-1])
    for b, g in enumerate(d_scores.reshape(-1, L, S)):
        flat_q[:] = 0
        flat_q[b] = g @ keys.reshape(flat_k.shape)[b]
        flat_k[b] = g.T @ queries.reshape(flat_q.shape)[b]
    return d_q, d_k


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def scale_forgotten(d_scores: Array, queries: Array, keys: Array) -> Pair:
    return d_scores @ keys, turned(d_scores) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", result="d_keys")
def scale_forgotten_for_the_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = (d_scores @ keys) / np.sqrt(queries.shape[-1])
    d_keys = np.einsum("...ls,...ld->...sd", d_scores, queries)
    return d_queries, d_keys


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def divided_by_the_width(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g = d_scores / queries.shape[-1]
    return g @ keys, turned(g) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def multiplied_by_the_root(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g = d_scores * np.sqrt(keys.shape[-1])
    return g @ keys, turned(g) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def root_of_the_number_of_keys(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_k = keys.shape[-2]
    g = d_scores / np.sqrt(d_k)
    return g @ keys, turned(g) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", "wrong-for-some-shapes")
def root_of_the_second_dimension(d_scores: Array, queries: Array, keys: Array) -> Pair:
    scale = 1 / np.sqrt(queries.shape[1])
    return scale * (d_scores @ keys), scale * (turned(d_scores) @ queries)


@catalogue.wrong("scaled_dot_scores_backward", "sign-flipped")
def a_step_downhill(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g = -d_scores / np.sqrt(queries.shape[-1])
    return g @ keys, turned(g) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "mutates-input")
def upstream_scaled_in_place(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_scores /= np.sqrt(queries.shape[-1])
    return d_scores @ keys, turned(d_scores) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "wrong-for-some-shapes", "unknown", result="d_keys")
def capital_t_for_matrices_only(d_scores: Array, queries: Array, keys: Array) -> Pair:
    root = np.sqrt(queries.shape[-1])
    return d_scores @ keys / root, d_scores.T @ queries / root


@catalogue.wrong("scaled_dot_scores_backward", "imprecise")
def products_in_single_precision(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g, q, k = (a.astype(np.float32) for a in (d_scores, queries, keys))
    root = np.float32(np.sqrt(q.shape[-1]))
    return ((g @ k) / root).astype(float), ((turned(g) @ q) / root).astype(float)


@catalogue.wrong("scaled_dot_scores_backward", "wrong-dtype")
def returned_in_single_precision(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g = d_scores / np.sqrt(queries.shape[-1])
    return (g @ keys).astype(np.float32), (turned(g) @ queries).astype(np.float32)


@catalogue.wrong("scaled_dot_scores_backward", "counted-twice", result="d_queries")
def first_key_added_before_the_loop(d_scores: Array, queries: Array, keys: Array) -> Pair:
    scale = queries.shape[-1] ** -0.5
    d_queries = d_scores[..., :, :1] * keys[..., :1, :]
    for j in range(keys.shape[-2]):
        d_queries = d_queries + d_scores[..., :, j, None] * keys[..., None, j, :]
    return scale * d_queries, scale * turned(d_scores) @ queries
