"""Wrong scores and weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import softmax

from ..mutant import Catalogue

Array = NDArray[Any]
Option = Array | None

catalogue = Catalogue()


def length(x: Array, axis: int = -1) -> Array:
    n = np.sqrt((x * x).sum(axis, keepdims=True))
    return np.where(n == 0, 1, n)


# Scores


@catalogue.wrong("cosine_scores", "zero-vector", "not-finite")
def cosine_plain_division(queries: Array, keys: Array) -> Array:
    nq, nk = np.linalg.norm(queries, axis=-1), np.linalg.norm(keys, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return queries @ keys.swapaxes(-1, -2) / (nq[..., :, None] * nk[..., None, :])


@catalogue.wrong("cosine_scores", "imprecise", "unstable")
def cosine_with_epsilon(queries: Array, keys: Array) -> Array:
    norms = np.linalg.norm(queries, axis=-1)[..., :, None] * np.linalg.norm(keys, axis=-1)[..., None, :]
    return np.einsum("...ld,...sd->...ls", queries, keys) / (norms + 1e-8)


@catalogue.wrong("cosine_scores", "unstable")
def cosine_of_squares(queries: Array, keys: Array) -> Array:
    with np.errstate(all="ignore"):
        return (queries / length(queries)) @ (keys / length(keys)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "wrong-axis")
def cosine_normalised_down_the_columns(queries: Array, keys: Array) -> Array:
    return (queries / length(queries, -2)) @ (keys / length(keys, -2)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "missing-factor")
def cosine_keys_not_normalised(queries: Array, keys: Array) -> Array:
    unit = queries / length(queries)
    return np.matmul(unit, np.swapaxes(keys, -2, -1))


@catalogue.wrong("cosine_scores", "missing-factor")
def cosine_root_of_one_norm_only(queries: Array, keys: Array) -> Array:
    scores = np.zeros(queries.shape[:-1] + (keys.shape[-2],))
    for *b, j, i in np.ndindex(scores.shape):
        w, v = queries[(*b, j)], keys[(*b, i)]
        bottom = math.sqrt(w @ w) * (v @ v)
        scores[(*b, j, i)] = w @ v / bottom if bottom else 0.0
    return scores


@catalogue.wrong("cosine_scores", "transposed")
def cosine_inputs_first(queries: Array, keys: Array) -> Array:
    return (keys / length(keys)) @ (queries / length(queries)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "wrong-values", "missing-factor")
def cosine_sum_of_magnitudes(queries: Array, keys: Array) -> Array:
    size_q, size_k = np.abs(queries).sum(-1, keepdims=True), np.abs(keys).sum(-1, keepdims=True)
    size_q[size_q == 0], size_k[size_k == 0] = 1, 1
    return (queries / size_q) @ (keys / size_k).swapaxes(-1, -2)


@catalogue.wrong("dot_scores", "wrong-for-some-shapes", "wrong-operand")
def dot_first_keys(queries: Array, keys: Array) -> Array:
    stack = keys.reshape(-1, *keys.shape[-2:])
    return queries @ stack[0].T


@catalogue.wrong("dot_scores", "transposed")
def dot_sources_first(queries: Array, keys: Array) -> Array:
    return np.einsum("...td,...sd->...st", queries, keys)


@catalogue.wrong("dot_scores", "constant-factor")
def dot_mean_of_products(queries: Array, keys: Array) -> Array:
    return (queries[..., :, None, :] * keys[..., None, :, :]).mean(axis=-1)


@catalogue.wrong("scaled_dot_scores", "constant-factor")
def scaled_times_the_root(queries: Array, keys: Array) -> Array:
    return queries @ keys.swapaxes(-1, -2) * queries.shape[-1] ** 0.5


@catalogue.wrong("scaled_dot_scores", "constant-factor", "wrong-for-some-shapes")
def scaled_root_of_axis_one(queries: Array, keys: Array) -> Array:
    return np.einsum("...ld,...sd->...ls", queries, keys) / math.sqrt(queries.shape[1])


@catalogue.wrong("scaled_dot_scores", "imprecise")
def scaled_product_in_single(queries: Array, keys: Array) -> Array:
    product = queries.astype(np.float32) @ keys.astype(np.float32).swapaxes(-1, -2)
    return product.astype(queries.dtype) / math.sqrt(queries.shape[-1])


@catalogue.wrong("scaled_dot_scores", "mutates-input")
def scaled_queries_in_place(queries: Array, keys: Array) -> Array:
    queries /= math.sqrt(queries.shape[-1])
    return queries @ keys.swapaxes(-1, -2)


@catalogue.wrong("additive_scores", "dropped-term", "wrong-values")
def additive_without_the_bend(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return (queries @ query_weight @ score_vector)[..., None] + (keys @ key_weight @ score_vector)[..., None, :]


@catalogue.wrong("additive_scores", "wrong-values")
def additive_bent_apart(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    q, k = np.tanh(queries @ query_weight), np.tanh(keys @ key_weight)
    return np.einsum("...lsh,h->...ls", q[..., :, None, :] + k[..., None, :, :], score_vector)


@catalogue.wrong("additive_scores", "transposed")
def additive_sources_first(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return np.tanh((queries @ query_weight)[..., None, :, :] + (keys @ key_weight)[..., None, :]) @ score_vector


@catalogue.wrong("additive_scores", "constant-factor")
def additive_mean_over_hidden(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    z = (queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]
    return np.mean(score_vector * np.tanh(z), axis=-1)


# Softmax


def masked(scores: Array, mask: Option) -> Array:
    return scores if mask is None else np.where(mask, scores, -np.inf)


@catalogue.wrong("softmax", "unstable")
def softmax_bare(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(masked(scores, mask))
        total = e.sum(axis=axis, keepdims=True)
        return e / np.where(total == 0, 1, total)


@catalogue.wrong("softmax", "unstable")
def softmax_one_maximum_for_all(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    top = np.max(allowed, initial=-np.inf)
    e = np.exp(allowed - (top if np.isfinite(top) else 0))
    total = e.sum(axis=axis, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


@catalogue.wrong("softmax", "wrong-axis")
def softmax_last_axis_only(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores, -1, mask)


@catalogue.wrong("softmax", "wrong-values", "mask-ignored")
def softmax_true_means_hidden(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores, axis, None if mask is None else ~mask)


@catalogue.wrong("softmax", "mask-ignored")
def softmax_minus_ten_thousand(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -10000.0)
    return softmax(scores, axis)


@catalogue.wrong("softmax", "mask-ignored", "wrong-values")
def softmax_masked_afterwards(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    weights = softmax(scores, axis)
    return weights if mask is None else weights * mask


@catalogue.wrong("softmax", "mask-ignored")
def softmax_scores_times_mask(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores if mask is None else scores * mask, axis)


@catalogue.wrong("softmax", "mutates-input")
def softmax_shifts_in_place(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    weights = softmax(scores, axis, mask)
    scores -= np.max(scores, axis=axis, keepdims=True)
    return weights


@catalogue.wrong("softmax", "not-finite")
def softmax_nothing_allowed(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    with np.errstate(invalid="ignore"):
        e = np.exp(allowed - allowed.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)


@catalogue.wrong("softmax", "imprecise")
def softmax_epsilon_below(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    top = allowed.max(axis, keepdims=True)
    e = np.exp(allowed - np.where(np.isinf(top), 0, top))
    return e / (e.sum(axis, keepdims=True) + 1e-7)
