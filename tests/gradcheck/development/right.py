"""Right in unusual styles: scores, softmax, weighted sum, linear map, lookup."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, inverse, unit

catalogue = Catalogue()
Pair = tuple[Array, Array]


@catalogue.right("dot_scores_backward")
def triple_loop(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries, d_keys = np.zeros(queries.shape), np.zeros(keys.shape)
    for *lead, i, j in np.ndindex(d_scores.shape):
        q, k = (*lead, i), (*lead, j)
        for c in range(queries.shape[-1]):
            d_queries[(*q, c)] += d_scores[(*lead, i, j)] * keys[(*k, c)]
            d_keys[(*k, c)] += d_scores[(*lead, i, j)] * queries[(*q, c)]
    return d_queries, d_keys


@catalogue.right("dot_scores_backward")
def einsum_with_every_index(d_scores: Array, queries: Array, keys: Array) -> list[Array]:
    return [
        np.einsum("...ts,...sd->...td", d_scores, keys),
        np.einsum("...ts,...td->...sd", d_scores, queries),
    ]


@catalogue.right("scaled_dot_scores_backward")
def scaled_at_the_end(d_scores: Array, queries: Array, keys: Array) -> Pair:
    d_queries = np.matmul(d_scores, keys)
    d_keys = np.matmul(np.moveaxis(d_scores, -1, -2), queries)
    d_queries /= np.sqrt(queries.shape[-1])
    d_keys /= np.sqrt(keys.shape[-1])
    return d_queries, d_keys


@catalogue.right("scaled_dot_scores_backward")
def gradient_with_negative_strides(d_scores: Array, queries: Array, keys: Array) -> Pair:
    """The keys are walked backwards, and the result is turned round again without a copy."""
    g = d_scores * max(queries.shape[-1], 1) ** -0.5
    d_keys = np.swapaxes(g[..., ::-1], -1, -2) @ queries
    return g[..., ::-1] @ keys[..., ::-1, :], d_keys[..., ::-1, :]


@catalogue.right("cosine_scores_backward")
def quotient_rule_by_pairs(d_scores: Array, queries: Array, keys: Array) -> Pair:
    """For each pair, k / (‖q‖ ‖k‖) - s q / ‖q‖², and the same with q and k exchanged."""
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for i in range(queries.shape[-2]):
        for j in range(keys.shape[-2]):
            q, k, g = q_hat[..., i, :], k_hat[..., j, :], d_scores[..., i, j, None]
            s = np.sum(q * k, axis=-1, keepdims=True)
            d_queries[..., i, :] += g * (k - s * q) * inverse(q_norm[..., i, :])
            d_keys[..., j, :] += g * (q - s * k) * inverse(k_norm[..., j, :])
    return d_queries, d_keys


@catalogue.right("cosine_scores_backward")
def projection_matrices(d_scores: Array, queries: Array, keys: Array) -> Pair:
    """(I - q̂ q̂ᵀ) / ‖q‖ as a matrix for each vector."""

    def pull(d_unit: Array, vectors: Array) -> Array:
        direction, length = unit(vectors)
        outer = direction[..., :, None] * direction[..., None, :]
        matrix = np.eye(vectors.shape[-1]) - outer
        return np.einsum("...ij,...j->...i", matrix, d_unit) * inverse(length)

    d_q_hat = np.einsum("...ts,...sd->...td", d_scores, unit(keys)[0])
    d_k_hat = np.einsum("...ts,...td->...sd", d_scores, unit(queries)[0])
    return pull(d_q_hat, queries), pull(d_k_hat, keys)


@catalogue.right("cosine_scores_backward")
def projection_by_the_scores(d_scores: Array, queries: Array, keys: Array) -> list[Array]:
    """q̂ · dq̂ as the sum of ds s over the keys; in Fortran order."""
    (q_hat, q_norm), (k_hat, k_norm) = unit(queries), unit(keys)
    product = d_scores * (q_hat @ k_hat.swapaxes(-1, -2))
    d_q = d_scores @ k_hat - q_hat * product.sum(-1)[..., None]
    d_k = d_scores.swapaxes(-1, -2) @ q_hat - k_hat * product.sum(-2)[..., None]
    return [np.asfortranarray(d_q * inverse(q_norm)), np.asfortranarray(d_k * inverse(k_norm))]


@catalogue.right("cosine_scores")
def angle_of_each_pair(queries: Array, keys: Array) -> Array:
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for i in range(queries.shape[-2]):
        for j in range(keys.shape[-2]):
            scores[..., i, j] = (unit(queries[..., i, :])[0] * unit(keys[..., j, :])[0]).sum(axis=-1)
    return scores


@catalogue.right("softmax_backward")
def explicit_jacobian(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    jacobian = p[..., :, None] * np.eye(p.shape[-1]) - p[..., :, None] * p[..., None, :]
    return np.moveaxis((jacobian @ g[..., None])[..., 0], -1, axis)


@catalogue.right("softmax_backward")
def row_by_row(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = np.moveaxis(weights, axis, -1)
    g = np.moveaxis(d_weights, axis, -1)
    d_scores = np.empty(p.shape)
    for row in np.ndindex(p.shape[:-1]):
        jacobian = np.diag(p[row]) - np.outer(p[row], p[row])
        d_scores[row] = jacobian.dot(g[row])
    return np.moveaxis(d_scores, -1, axis)


@catalogue.right("softmax_backward")
def by_differences_of_pairs(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    """p_i Σ_k p_k (dp_i - dp_k), with the missing weight of a masked row put back."""
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    pairs = p[..., :, None] * p[..., None, :] * (g[..., :, None] - g[..., None, :])
    missing = 1 - p.sum(axis=-1, keepdims=True)
    return np.moveaxis(pairs.sum(axis=-1) + missing * p * g, -1, axis)


@catalogue.right("softmax")
def exponential_of_the_log_softmax(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    log_sum = np.logaddexp.reduce(scores, axis=axis, keepdims=True)
    return np.exp(scores - np.where(log_sum == -np.inf, 0, log_sum))


@catalogue.right("softmax")
def slice_by_slice(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    weights = np.zeros_like(scores)
    allowed = np.broadcast_to(True if mask is None else mask, scores.shape) & (scores > -np.inf)
    rows, into, may = (np.moveaxis(a, axis, -1) for a in (scores, weights, allowed))
    for index in np.ndindex(rows.shape[:-1]):
        kept = may[index]
        if kept.any():
            powers = np.exp(rows[index][kept] - max(rows[index][kept]))
            into[index][kept] = powers / powers.sum()
    return weights


@catalogue.right("context_backward")
def outer_products_summed(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = (d_context[..., :, None, :] * values[..., None, :, :]).sum(axis=-1)
    d_values = (weights[..., :, :, None] * d_context[..., :, None, :]).sum(axis=-3)
    return d_weights, d_values


@catalogue.right("context_backward")
def matrix_by_matrix(d_context: Array, weights: Array, values: Array) -> list[Array]:
    d_weights, d_values = np.empty(weights.shape), np.empty(values.shape)
    for b in np.ndindex(weights.shape[:-2]):
        d_weights[b] = np.dot(d_context[b], values[b].T)
        d_values[b] = np.dot(d_context[b].T, weights[b]).T
    return [d_weights, d_values]


@catalogue.right("context")
def mixed_target_by_target(weights: Array, values: Array) -> Array:
    result = np.zeros((*weights.shape[:-1], values.shape[-1]))
    for s in range(values.shape[-2]):
        result += weights[..., :, s, None] * values[..., s, None, :]
    return result


@catalogue.right("linear_backward")
def tensordot_over_all_leading_axes(d_outputs: Array, inputs: Array, weight: Array) -> list[Array]:
    axes = tuple(range(inputs.ndim - 1))
    d_weight = np.tensordot(inputs, d_outputs, axes=(axes, axes))
    return [np.tensordot(d_outputs, weight, axes=(-1, 1)), d_weight, d_outputs.sum(axis=axes)]


@catalogue.right("linear_backward")
def outer_products_row_by_row(d_outputs: Array, inputs: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The weight's gradient is gathered on its side and handed back as a transposed view."""
    d_inputs, d_turned = np.zeros(inputs.shape), np.zeros(weight.shape[::-1])
    d_bias = np.zeros(weight.shape[1])
    for n in np.ndindex(inputs.shape[:-1]):
        d_inputs[n] += weight.dot(d_outputs[n])
        d_turned += np.outer(d_outputs[n], inputs[n])
        d_bias += d_outputs[n]
    return d_inputs, d_turned.T, d_bias


@catalogue.right("linear")
def bias_as_one_more_column(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    ones = np.ones((*inputs.shape[:-1], 1))
    last = np.zeros((1, weight.shape[1])) if bias is None else bias[None, :]
    return np.dot(np.concatenate([inputs, ones], axis=-1), np.concatenate([weight, last]))


@catalogue.right("embedding_backward")
def add_at(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs)
    return d_table


@catalogue.right("embedding_backward")
def one_hot_product(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    one_hot = (np.arange(vocabulary_size)[:, None] == ids.ravel()).astype(float)
    return one_hot @ d_outputs.reshape(ids.size, d_outputs.shape[-1])


@catalogue.right("embedding_backward")
def bincount_column_by_column(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    columns = [
        np.bincount(ids.ravel(), weights=d_outputs[..., c].ravel(), minlength=vocabulary_size)
        for c in range(d_outputs.shape[-1])
    ]
    return np.array(columns).T.reshape(vocabulary_size, d_outputs.shape[-1])


@catalogue.right("embedding")
def one_hot_times_table(ids: Array, table: Array) -> Array:
    return np.eye(len(table))[ids] @ table
