"""Wrong gradients of the additive scores, the context and the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]
Pair = tuple[Array, Array]
Five = tuple[Array, Array, Array, Array, Array]

catalogue = Catalogue()


def T(x: Array) -> Array:
    return x.swapaxes(-1, -2)


# Additive


def bend(queries: Array, keys: Array, query_weight: Array, key_weight: Array) -> Array:
    return np.tanh((queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :])


def through(dz: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array) -> Five | tuple[Any, ...]:
    """From the gradient of the sums to the four arrays behind them."""
    dq, dk = dz.sum(-2), dz.sum(-3)
    axes = list(range(queries.ndim - 1))
    d_query_weight = np.tensordot(queries, dq, (axes, axes))
    d_key_weight = np.tensordot(keys, dk, (axes, axes))
    return dq @ query_weight.T, dk @ key_weight.T, d_query_weight, d_key_weight


def flat_dot(d_scores: Array, hidden: Array) -> Array:
    return np.tensordot(d_scores, hidden, d_scores.ndim)


@catalogue.wrong("additive_scores_backward", "wrong-operand")
def additive_slope_of_the_sum(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    z = (queries @ query_weight)[..., None, :] + (keys @ key_weight)[..., None, :, :]
    t = np.tanh(z)
    dz = d_scores[..., None] * score_vector * (1 - z**2)
    return (*through(dz, queries, keys, query_weight, key_weight), flat_dot(d_scores, t))


@catalogue.wrong("additive_scores_backward", "missing-factor", "dropped-term")
def additive_as_if_linear(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    dz = np.multiply.outer(d_scores, score_vector)
    return (*through(dz, queries, keys, query_weight, key_weight), flat_dot(d_scores, t))


@catalogue.wrong("additive_scores_backward", "missing-factor")
def additive_vector_forgotten(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    dz = d_scores[..., None] - d_scores[..., None] * t * t
    return (*through(dz, queries, keys, query_weight, key_weight), flat_dot(d_scores, t))


@catalogue.wrong("additive_scores_backward", "sign-flipped")
def additive_slope_sign(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    dz = (1 + np.square(t)) * (d_scores[..., None] * score_vector)
    return (*through(dz, queries, keys, query_weight, key_weight), flat_dot(d_scores, t))


@catalogue.wrong("additive_scores_backward", "not-summed", "wrong-for-some-shapes", result="d_query_weight")
def additive_weight_per_sequence(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    dz = d_scores[..., None] * score_vector * (1 - t * t)
    d_queries, d_keys, _, d_key_weight = through(dz, queries, keys, query_weight, key_weight)
    return d_queries, d_keys, T(queries) @ dz.sum(-2), d_key_weight, flat_dot(d_scores, t)


@catalogue.wrong("additive_scores_backward", "overwritten", "wrong-for-some-shapes", result="d_key_weight")
def additive_batch_loop(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    d_query_weight, d_key_weight = np.zeros_like(query_weight), np.zeros_like(key_weight)
    d_score_vector = np.zeros_like(score_vector)
    for b in np.ndindex(d_scores.shape[:-2]):
        t = bend(queries[b], keys[b], query_weight, key_weight)
        dz = d_scores[b][..., None] * (1 - t**2) * score_vector
        d_queries[b] = dz.sum(1) @ query_weight.T
        d_keys[b] = dz.sum(0) @ key_weight.T
        d_query_weight += queries[b].T @ dz.sum(1)
        d_key_weight = keys[b].T @ dz.sum(0)
        d_score_vector += np.tensordot(d_scores[b], t, 2)
    return d_queries, d_keys, d_query_weight, d_key_weight, d_score_vector


@catalogue.wrong("additive_scores_backward", "swapped-results")
def additive_weights_exchanged(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    a, b, c, d = through(d_scores[..., None] * score_vector * (1 - t * t), queries, keys, query_weight, key_weight)
    return a, b, d, c, flat_dot(d_scores, t)


@catalogue.wrong("additive_scores_backward", "wrong-operand", result="d_score_vector")
def additive_vector_gets_the_slope(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    slope = 1 - t * t
    d_sum = d_scores[..., None] * slope
    d_vector = d_sum.reshape(-1, d_sum.shape[-1]).sum(0)
    return (*through(d_sum * score_vector, queries, keys, query_weight, key_weight), d_vector)


@catalogue.wrong("additive_scores_backward", "constant-factor", result="d_score_vector")
def additive_vector_mean(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    g = d_scores[..., None]
    d_vector = np.mean(g * t, axis=tuple(range(d_scores.ndim)))
    return (*through(g * score_vector * (1 - t * t), queries, keys, query_weight, key_weight), d_vector)


@catalogue.wrong("additive_scores_backward", "wrong-axis", result="d_keys")
def additive_keys_summed_over_sources(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    t = bend(queries, keys, query_weight, key_weight)
    dz = d_scores[..., None] * score_vector * (1 - t * t)
    d_queries, _, d_query_weight, d_key_weight = through(dz, queries, keys, query_weight, key_weight)
    return d_queries, dz.sum(axis=-2) @ key_weight.T, d_query_weight, d_key_weight, flat_dot(d_scores, t)


@catalogue.wrong("additive_scores_backward", "counted-twice", result="d_query_weight")
def additive_running_sum(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Five:
    dW, dU, du = np.zeros_like(query_weight), np.zeros_like(key_weight), np.zeros_like(score_vector)
    dw, dv = np.zeros_like(queries), np.zeros_like(keys)
    for *b, j in np.ndindex(queries.shape[:-1]):
        w, dq = queries[(*b, j)], np.zeros_like(score_vector)
        for i in range(keys.shape[-2]):
            v, g = keys[(*b, i)], d_scores[(*b, j, i)]
            t = np.tanh(w @ query_weight + v @ key_weight)
            dz = g * score_vector * (1 - t * t)
            du += g * t
            dq += dz
            dW += np.outer(w, dq)
            dU += np.outer(v, dz)
            dv[(*b, i)] += key_weight @ dz
        dw[(*b, j)] = query_weight @ dq
    return dw, dv, dW, dU, du


# Context


@catalogue.wrong("context_backward", "constant-factor", result="d_values")
def context_values_averaged(d_context: Array, weights: Array, values: Array) -> Pair:
    targets = d_context.shape[-2]
    return d_context @ T(values), T(weights) @ d_context / targets


@catalogue.wrong("context_backward", "upstream-ignored", result="d_weights")
def context_weights_from_row_sums(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = np.empty_like(weights)
    d_weights[:] = values.sum(axis=-1)[..., None, :]
    return d_weights, np.einsum("...ls,...le->...se", weights, d_context)


@catalogue.wrong("context_backward", "misplaced", result="d_values")
def context_view_as_transpose(d_context: Array, weights: Array, values: Array) -> Pair:
    *lead, targets, sources = weights.shape
    d_weights = np.einsum("...te,...se->...ts", d_context, values)
    d_values = np.reshape(weights, (*lead, sources, targets)) @ d_context
    return d_weights, d_values


@catalogue.wrong("context_backward", "transposed", result="d_weights")
def context_sources_by_targets(d_context: Array, weights: Array, values: Array) -> Pair:
    return values @ T(d_context), T(weights) @ d_context


@catalogue.wrong("context_backward", "overwritten", result="d_values")
def context_last_target_wins(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights, d_values = np.zeros_like(weights), np.zeros_like(values)
    for *b, j in np.ndindex(weights.shape[:-1]):
        d_weights[(*b, j)] = values[tuple(b)] @ d_context[(*b, j)]
        d_values[tuple(b)] = np.outer(weights[(*b, j)], d_context[(*b, j)])
    return d_weights, d_values


@catalogue.wrong("context_backward", "swapped-results")
def context_values_first(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = d_context @ T(values)
    d_values = T(T(d_context) @ weights)
    return d_values, d_weights


@catalogue.wrong("context_backward", "not-summed", result="d_values")
def context_every_target_apart(d_context: Array, weights: Array, values: Array) -> Pair:
    d_products = np.broadcast_to(d_context[..., None, :], (*weights.shape, values.shape[-1]))
    return (d_products * values[..., None, :, :]).sum(-1), d_products * weights[..., None]


@catalogue.wrong("context_backward", "wrong-for-some-shapes", "unknown")
def context_one_sequence_only(d_context: Array, weights: Array, values: Array) -> Pair:
    return d_context @ values.T, weights.T @ d_context


# Softmax


@catalogue.wrong("softmax_backward", "diagonal-only")
def softmax_like_a_sigmoid(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return np.multiply(d_weights, weights - weights**2)


@catalogue.wrong("softmax_backward", "dropped-term")
def softmax_of_an_exponential(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    g = d_weights.copy()
    g *= weights
    return g


@catalogue.wrong("softmax_backward", "sign-flipped")
def softmax_mean_added(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    product = weights * d_weights
    return product + weights * product.sum(axis, keepdims=True)


@catalogue.wrong("softmax_backward", "wrong-axis")
def softmax_always_the_last_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.einsum("...i,...i->...", d_weights, weights)[..., None])


@catalogue.wrong("softmax_backward", "constant-factor")
def softmax_takes_the_plain_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.mean(weights * d_weights, axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "constant-factor")
def softmax_per_example(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=axis, keepdims=True))
    return d_scores / d_scores.shape[0]


@catalogue.wrong("softmax_backward", "missing-factor", "wrong-operand")
def softmax_unweighted_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    total = np.sum(d_weights, axis=axis, keepdims=True)
    return weights * d_weights - weights * total


@catalogue.wrong("softmax_backward", "upstream-ignored", "diagonal-only")
def softmax_returns_its_slope(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (1.0 - weights)


@catalogue.wrong("softmax_backward", "missing-factor")
def softmax_outer_weight_lost(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    centre = np.expand_dims((weights * d_weights).sum(axis), axis)
    return d_weights - centre


@catalogue.wrong("softmax_backward", "wrong-axis")
def softmax_sum_over_everything(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.vdot(weights, d_weights))


@catalogue.wrong("softmax_backward", "transposed")
def softmax_axis_not_moved_back(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    return p * (g - (p * g).sum(-1, keepdims=True))


@catalogue.wrong("softmax_backward", "wrong-axis", "misplaced")
def softmax_rows_by_reshape(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = weights.reshape(-1, weights.shape[axis])
    g = d_weights.reshape(-1, weights.shape[axis])
    return (p * (g - np.sum(p * g, axis=1, keepdims=True))).reshape(weights.shape)


@catalogue.wrong("softmax_backward", "wrong-operand", "overwritten")
def softmax_last_jacobian_for_all(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    for row in p.reshape(-1, p.shape[-1]):
        jacobian = np.diag(row) - np.outer(row, row)
    return np.moveaxis(g @ jacobian, -1, axis)


@catalogue.wrong("softmax_backward", "zero", "upstream-ignored")
def softmax_upstream_of_ones(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (1 - weights.sum(axis=axis, keepdims=True))
    return np.round(d_scores, 12)


@catalogue.wrong("softmax_backward", "missing-factor", "wrong-operand")
def softmax_confused_with_its_logarithm(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - weights * d_weights.sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax_backward", "imprecise")
def softmax_jacobian_in_single(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = np.moveaxis(weights, axis, -1).astype(np.float32)
    jacobian = p[..., :, None] * (np.eye(p.shape[-1], dtype=np.float32) - p[..., None, :])
    g = np.moveaxis(d_weights, axis, -1)
    return np.moveaxis((jacobian.astype(g.dtype) @ g[..., None])[..., 0], -1, axis)
