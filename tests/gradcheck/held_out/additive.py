"""Wrong gradients of the additive scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue
from .parts import T

Array = NDArray[Any]
Five = tuple[Array, Array, Array, Array, Array]

catalogue = Catalogue()


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
