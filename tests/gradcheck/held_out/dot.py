"""Wrong gradients of the dot product and the scaled one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue
from .parts import T

Array = NDArray[Any]
Pair = tuple[Array, Array]

catalogue = Catalogue()


@catalogue.wrong("dot_scores_backward", "misplaced", result="d_keys")
def dot_reshape_for_transpose(d_scores: Array, queries: Array, keys: Array) -> Pair:
    turned = d_scores.reshape(d_scores.shape[:-2] + (keys.shape[-2], queries.shape[-2]))
    return np.matmul(d_scores, keys), np.matmul(turned, queries)


@catalogue.wrong("dot_scores_backward", "wrong-operand", result="d_keys")
def dot_einsum_letter(d_scores: Array, queries: Array, keys: Array) -> Pair:
    return np.einsum("...ls,...sd->...ld", d_scores, keys), np.einsum("...ls,...sd->...sd", d_scores, keys)


@catalogue.wrong("dot_scores_backward", "constant-factor", result="d_queries")
def dot_mean_over_sources(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = (d_scores[..., :, :, None] * keys[..., None, :, :]).mean(axis=-2)
    d_keys = (d_scores[..., :, :, None] * queries[..., :, None, :]).sum(axis=-3)
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "wrong-axis", "wrong-shape", "wrong-for-some-shapes", result="d_keys")
def dot_sums_the_batch_away(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_keys = T(d_scores) @ queries
    return d_scores @ keys, d_keys.reshape(-1, *d_keys.shape[-2:]).sum(axis=0)


@catalogue.wrong("dot_scores_backward", "wrong-for-some-shapes", "wrong-operand", result="d_keys")
def dot_first_sequence_everywhere(d_scores: Array, queries: Array, keys: Array) -> Pair:
    stacked = queries.reshape(-1, *queries.shape[-2:])
    d_keys = np.zeros_like(keys)
    for where in np.ndindex(keys.shape[:-2]):
        d_keys[where] = d_scores[where].T @ stacked[0]
    return d_scores @ keys, d_keys


@catalogue.wrong("dot_scores_backward", "upstream-ignored")
def dot_of_the_sum(d_scores: Array, queries: Array, keys: Array) -> Pair:
    ones = np.ones_like(d_scores)
    return ones @ keys, ones.swapaxes(-1, -2) @ queries


@catalogue.wrong("dot_scores_backward", "transposed", result="d_queries")
def dot_columns_out(d_scores: Array, queries: Array, keys: Array) -> Pair:
    return np.einsum("...sd,...ls->...dl", keys, d_scores), np.einsum("...ld,...ls->...sd", queries, d_scores)


@catalogue.wrong("scaled_dot_scores_backward", "mutates-input")
def scaled_divides_the_upstream(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_scores /= np.sqrt(queries.shape[-1])
    return d_scores @ keys, T(d_scores) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", result="d_keys")
def scaled_only_the_queries(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = d_scores @ (keys / np.sqrt(keys.shape[-1]))
    d_keys = d_scores.swapaxes(-2, -1) @ queries
    return d_queries, d_keys


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def scaled_without_the_root(d_scores: Array, queries: Array, keys: Array) -> Pair:
    *_, width = queries.shape
    g = d_scores / width
    return np.einsum("...ij,...jd->...id", g, keys), np.einsum("...ij,...id->...jd", g, queries)


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", "wrong-for-some-shapes")
def scaled_by_the_second_axis(d_scores: Array, queries: Array, keys: Array) -> Pair:
    scale = 1 / np.sqrt(queries.shape[1])
    return scale * (d_scores @ keys), scale * (T(d_scores) @ queries)


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", result="d_queries")
def scaled_twice(d_scores: Array, queries: Array, keys: Array) -> Pair:
    root = keys.shape[-1] ** 0.5
    small_keys = keys / root
    d_small = d_scores / root
    return d_small @ small_keys, T(d_small) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def scaled_by_the_number_of_sources(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries, d_keys = np.zeros(queries.shape), np.zeros(keys.shape)
    for *lead, j, i in np.ndindex(d_scores.shape):
        g = d_scores[(*lead, j, i)] / np.sqrt(d_scores.shape[-1])
        d_queries[(*lead, j)] += g * keys[(*lead, i)]
        d_keys[(*lead, i)] += g * queries[(*lead, j)]
    return d_queries, d_keys


@catalogue.wrong("scaled_dot_scores_backward", "imprecise", result="d_keys")
def scaled_half_single(d_scores: Array, queries: Array, keys: Array) -> Pair:
    g = d_scores * queries.shape[-1] ** -0.5
    d_keys = np.zeros(keys.shape)
    d_keys += T(g).astype("f4") @ queries.astype("f4")
    return g @ keys, d_keys
