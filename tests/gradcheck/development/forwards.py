"""Mistakes in the scores, the softmax, the weighted sum, the linear map and the lookup themselves."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, safe_softmax, turned, unit

catalogue = Catalogue()


@catalogue.wrong("cosine_scores", "imprecise", "unstable")
def a_millionth_in_the_denominator(queries: Array, keys: Array) -> Array:
    q_norm = np.linalg.norm(queries, axis=-1)[..., :, None]
    k_norm = np.linalg.norm(keys, axis=-1)[..., None, :]
    return queries @ turned(keys) / (q_norm * k_norm + 1e-6)


@catalogue.wrong("cosine_scores", "zero-vector", "not-finite")
def zero_vector_is_nan(queries: Array, keys: Array) -> Array:
    with np.errstate(all="ignore"):
        q_hat = queries / np.sqrt(np.einsum("...d,...d->...", queries, queries))[..., None]
        k_hat = keys / np.sqrt(np.einsum("...d,...d->...", keys, keys))[..., None]
    return q_hat @ turned(k_hat)


@catalogue.wrong("cosine_scores", "missing-factor", "wrong-operand")
def keys_not_normalised(queries: Array, keys: Array) -> Array:
    return unit(queries)[0] @ turned(keys)


@catalogue.wrong("cosine_scores", "wrong-axis")
def lengths_along_the_positions(queries: Array, keys: Array) -> Array:
    q_norm = np.sqrt(np.sum(queries**2, axis=-2, keepdims=True))
    k_norm = np.sqrt(np.sum(keys**2, axis=-2, keepdims=True))
    return (queries / q_norm) @ turned(keys / k_norm)


@catalogue.wrong("cosine_scores", "transposed")
def a_row_for_each_key(queries: Array, keys: Array) -> Array:
    return unit(keys)[0] @ turned(unit(queries)[0])


@catalogue.wrong("cosine_scores", "unstable")
def squares_overflow(queries: Array, keys: Array) -> Array:
    with np.errstate(all="ignore"):
        q_norm = np.sqrt((queries**2).sum(axis=-1, keepdims=True))
        k_norm = np.sqrt((keys**2).sum(axis=-1, keepdims=True))
        q_hat = queries / np.where(q_norm == 0, 1, q_norm)
        k_hat = keys / np.where(k_norm == 0, 1, k_norm)
    return q_hat @ turned(k_hat)


@catalogue.wrong("cosine_scores", "missing-factor")
def root_forgotten(queries: Array, keys: Array) -> Array:
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for i in range(queries.shape[-2]):
        for j in range(keys.shape[-2]):
            q, k = queries[..., i, :], keys[..., j, :]
            squares = (q**2).sum(-1) * (k**2).sum(-1)
            scores[..., i, j] = (q * k).sum(-1) / np.where(squares == 0, 1, squares)
    return scores


@catalogue.wrong("cosine_scores", "wrong-axis", "missing-factor")
def one_length_for_the_whole_matrix(queries: Array, keys: Array) -> Array:
    return queries @ turned(keys) / (np.linalg.norm(queries) * np.linalg.norm(keys))


@catalogue.wrong("dot_scores", "transposed")
def sources_by_targets(queries: Array, keys: Array) -> Array:
    return np.einsum("...td,...sd->...st", queries, keys)


@catalogue.wrong("dot_scores", "wrong-for-some-shapes", "unknown")
def transposed_as_a_matrix(queries: Array, keys: Array) -> Array:
    return queries @ keys.T


@catalogue.wrong("dot_scores", "constant-factor")
def scaled_although_plain(queries: Array, keys: Array) -> Array:
    return queries @ turned(keys) / np.sqrt(queries.shape[-1])


@catalogue.wrong("dot_scores", "constant-factor")
def mean_of_the_products(queries: Array, keys: Array) -> Array:
    return (queries[..., :, None, :] * keys[..., None, :, :]).mean(axis=-1)


@catalogue.wrong("scaled_dot_scores", "constant-factor")
def not_scaled(queries: Array, keys: Array) -> Array:
    return np.einsum("...td,...sd->...ts", queries, keys)


@catalogue.wrong("scaled_dot_scores", "constant-factor")
def divided_by_the_width(queries: Array, keys: Array) -> Array:
    return queries @ turned(keys) / keys.shape[-1]


@catalogue.wrong("scaled_dot_scores", "constant-factor", "wrong-for-some-shapes")
def root_of_the_second_dimension(queries: Array, keys: Array) -> Array:
    return queries @ turned(keys) / np.sqrt(queries.shape[1])


@catalogue.wrong("scaled_dot_scores", "mutates-input")
def queries_scaled_in_place(queries: Array, keys: Array) -> Array:
    queries *= queries.shape[-1] ** -0.5
    return queries @ turned(keys)


@catalogue.wrong("softmax", "unstable")
def maximum_not_taken_off(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    with np.errstate(all="ignore"):
        powers = np.exp(scores)
        if mask is not None:
            powers = powers * mask
        sums = powers.sum(axis=axis, keepdims=True)
        return powers / np.where(sums == 0, 1, sums)


@catalogue.wrong("softmax", "unstable")
def maximum_of_everything(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    """Right unless one row lies 750 below another; then it is zeros."""
    powers = np.exp(scores - np.max(scores, initial=-np.inf)) if scores.size else scores.copy()
    if mask is not None:
        powers = np.where(mask, powers, 0)
    sums = powers.sum(axis=axis, keepdims=True)
    return powers / np.where(sums == 0, 1, sums)


@catalogue.wrong("softmax", "wrong-axis")
def axis_not_used(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores, -1, mask)


@catalogue.wrong("softmax", "wrong-axis")
def always_the_first_axis(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores, 0, mask)


@catalogue.wrong("softmax", "wrong-values", "wrong-operand")
def mask_the_other_way_round(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores, axis, None if mask is None else ~mask)


@catalogue.wrong("softmax", "mask-ignored")
def mask_not_used(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores, axis)


@catalogue.wrong("softmax", "mask-ignored", "wrong-values")
def a_billion_below(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    """Right unless nothing is allowed: then the weights are those of the forbidden scores."""
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -1e9)
    return safe_softmax(scores, axis)


@catalogue.wrong("softmax", "not-finite")
def masked_row_is_nan(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    with np.errstate(invalid="ignore"):
        powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
        return powers / powers.sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax", "mask-ignored", "missing-factor")
def masked_after_normalising(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    weights = safe_softmax(scores, axis)
    return weights if mask is None else weights * mask


@catalogue.wrong("softmax", "mask-ignored", "wrong-values")
def mask_multiplies_the_scores(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores if mask is None else scores * mask, axis)


@catalogue.wrong("softmax", "missing-factor")
def not_normalised(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    powers = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return powers if mask is None else powers * mask


@catalogue.wrong("softmax", "mutates-input")
def maximum_taken_off_in_place(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    scores -= scores.max(axis=axis, keepdims=True)
    return safe_softmax(scores, axis, mask)


@catalogue.wrong("softmax", "mutates-input")
def forbidden_scores_written_over(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    if mask is not None:
        scores[~np.broadcast_to(mask, scores.shape)] = -np.inf
    return safe_softmax(scores, axis)


@catalogue.wrong("softmax", "imprecise")
def weights_in_single_precision(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return safe_softmax(scores.astype(np.float32), axis, mask).astype(np.float64)


@catalogue.wrong("context", "constant-factor")
def mean_over_the_sources(weights: Array, values: Array) -> Array:
    return weights @ values / weights.shape[-1]


@catalogue.wrong("context", "missing-factor")
def weights_normalised_once_more(weights: Array, values: Array) -> Array:
    sums = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(sums == 0, 1, sums) @ values


@catalogue.wrong("context", "transposed", "wrong-operand", "wrong-for-some-shapes")
def turned_where_that_fits(weights: Array, values: Array) -> Array:
    """The weights' transpose, seen only with as many targets as sources."""
    if weights.shape[-2] == values.shape[-2]:
        weights = turned(weights)
    return weights @ values


@catalogue.wrong("context", "overwritten")
def last_source_only(weights: Array, values: Array) -> Array:
    result = np.zeros((*weights.shape[:-1], values.shape[-1]))
    for s in range(values.shape[-2]):
        result[...] = weights[..., s, None] * values[..., None, s, :]
    return result


@catalogue.wrong("linear", "dropped-term")
def bias_forgotten(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return np.dot(inputs, weight)


@catalogue.wrong("linear", "counted-twice")
def bias_added_twice(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    outputs = inputs @ weight
    if bias is None:
        return outputs
    outputs = outputs + bias
    outputs += bias
    return outputs


@catalogue.wrong("linear", "sign-flipped")
def bias_as_a_threshold(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return inputs @ weight - (0 if bias is None else bias)


@catalogue.wrong("linear", "transposed", "wrong-operand", "wrong-for-some-shapes")
def torch_weight_when_square(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    outputs = inputs @ (weight.T if weight.shape[1] == inputs.shape[-1] else weight)
    return outputs if bias is None else outputs + bias


@catalogue.wrong("linear", "wrong-shape", "wrong-for-some-shapes")
def leading_dimensions_lost(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    outputs = inputs.reshape(-1, weight.shape[0]) @ weight
    return outputs if bias is None else outputs + bias


@catalogue.wrong("embedding", "misplaced")
def rows_counted_from_one(ids: Array, table: Array) -> Array:
    return table[ids - 1]


@catalogue.wrong("embedding", "constant-factor")
def times_the_root_of_the_width(ids: Array, table: Array) -> Array:
    return np.eye(len(table))[ids] @ table * table.shape[1] ** 0.5


@catalogue.wrong("embedding", "mutates-input")
def padding_row_zeroed(ids: Array, table: Array) -> Array:
    first = table[0].copy()
    rows = table[ids]
    table[0] = 0 * first
    return rows


@catalogue.wrong("embedding", "wrong-axis", "wrong-shape")
def columns_for_rows(ids: Array, table: Array) -> Array:
    return np.take(table, ids, axis=1, mode="wrap")


@catalogue.wrong("embedding", "wrong-shape", "wrong-for-some-shapes")
def ids_flattened(ids: Array, table: Array) -> Array:
    return np.stack([table[i] for i in ids.ravel()]) if ids.size else table[:0]
