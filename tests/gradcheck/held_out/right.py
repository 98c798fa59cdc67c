"""Right implementations in unusual styles: scores, context, softmax."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]
Option = Array | None

catalogue = Catalogue()


def direction(v: Array) -> tuple[Array, float, float]:
    """A unit vector, and the length in two factors that neither overflow nor vanish."""
    big = max((abs(float(x)) for x in v), default=0.0)
    if big == 0:
        return v * 0, 1.0, 1.0
    small = v / big
    n = math.sqrt(math.fsum(float(x) ** 2 for x in small))
    return small / n, big, n


def rows_of(x: Array) -> list[Array]:
    return list(x.reshape(-1, x.shape[-1]))


@catalogue.right("cosine_scores")
def cosine_by_angles_of_pairs(queries: Array, keys: Array) -> Array:
    scores = np.empty(queries.shape[:-1] + (keys.shape[-2],))
    for *b, j, i in np.ndindex(scores.shape):
        w, _, _ = direction(queries[(*b, j)])
        v, _, _ = direction(keys[(*b, i)])
        scores[(*b, j, i)] = math.fsum(float(x * y) for x, y in zip(w, v, strict=True))
    return scores


@catalogue.right("cosine_scores")
def cosine_hypot(queries: Array, keys: Array) -> Array:
    def unit(x: Array) -> Array:
        n = np.zeros(x.shape[:-1])
        for part in np.moveaxis(x, -1, 0):
            n = np.hypot(n, part)
        n = n[..., None]
        return np.divide(x, n, out=np.zeros(x.shape), where=n != 0)

    return np.einsum("...ld,...sd->...sl", unit(queries), unit(keys)).swapaxes(-1, -2)


@catalogue.right("cosine_scores_backward")
def cosine_loop_over_pairs(d_scores: Array, queries: Array, keys: Array) -> list[Array]:
    d_queries, d_keys = np.zeros(queries.shape), np.zeros(keys.shape)
    for *b, j, i in np.ndindex(d_scores.shape):
        w, big_w, n_w = direction(queries[(*b, j)])
        v, big_v, n_v = direction(keys[(*b, i)])
        cos, g = w @ v, d_scores[(*b, j, i)]
        d_queries[(*b, j)] += np.any(w) * g * (v - cos * w) / n_w / big_w
        d_keys[(*b, i)] += np.any(v) * g * (w - cos * v) / n_v / big_v
    return [d_queries, d_keys]


@catalogue.right("cosine_scores_backward")
def cosine_projection_matrices(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    def jacobians(x: Array) -> tuple[Array, Array]:
        units, maps = [], []
        for row in rows_of(x):
            u, big, n = direction(row)
            units.append(u)
            maps.append((np.eye(len(u)) - np.outer(u, u)) * bool(u.any()) / big / n)
        d = x.shape[-1]
        return np.array(units).reshape(x.shape), np.array(maps).reshape(*x.shape, d)

    (q, q_maps), (k, k_maps) = jacobians(queries), jacobians(keys)
    d_queries = np.einsum("...lij,...ls,...sj->...li", q_maps, d_scores, k)
    d_keys = np.einsum("...sij,...ls,...lj->...si", k_maps, d_scores, q)
    return d_queries, d_keys


@catalogue.right("cosine_scores_backward")
def cosine_quotient_rule(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, ...]:
    tops = [np.abs(x).max(-1, keepdims=True) for x in (queries, keys)]
    tops = [np.where(top == 0, 1, top) for top in tops]
    w, v = queries / tops[0], keys / tops[1]
    a, b = (np.linalg.norm(x, axis=-1, keepdims=True) for x in (w, v))
    ia, ib = (np.where(n > 0, 1 / np.where(n > 0, n, 1), 0) for n in (a, b))
    dots = np.einsum("...ld,...sd->...ls", w, v)
    d_dots = d_scores * ia * ib.swapaxes(-1, -2)
    d_w = d_dots @ v - w * (d_dots * dots).sum(-1, keepdims=True) * ia**2
    d_v = d_dots.swapaxes(-1, -2) @ w - v * (d_dots * dots).sum(-2)[..., None] * ib**2
    return d_w / tops[0], d_v / tops[1]


@catalogue.right("dot_scores")
def dot_accumulated_by_width(queries: Array, keys: Array) -> Array:
    scores = np.zeros(queries.shape[:-1] + (keys.shape[-2],))
    for feature in range(queries.shape[-1]):
        scores += queries[..., feature, None] * keys[..., None, :, feature]
    return scores


@catalogue.right("dot_scores_backward")
def dot_as_outer_products(d_scores: Array, queries: Array, keys: Array) -> list[Array]:
    d_queries, d_keys = np.zeros(queries.shape), np.zeros(keys.shape)
    for i in range(keys.shape[-2]):
        column = d_scores[..., :, i, None]
        d_queries = d_queries + column * keys[..., None, i, :]
        d_keys[..., i, :] = (column * queries).sum(-2)
    return [d_queries, d_keys]


@catalogue.right("dot_scores_backward")
def dot_transposed_results(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    turned = np.ascontiguousarray(d_scores.swapaxes(-1, -2))
    d_queries = (keys.swapaxes(-1, -2) @ turned).swapaxes(-1, -2)
    return d_queries, (queries.swapaxes(-1, -2) @ d_scores).swapaxes(-1, -2)


@catalogue.right("scaled_dot_scores")
def scaled_by_quarter_roots(queries: Array, keys: Array) -> Array:
    quarter = queries.shape[-1] ** 0.25
    return np.matmul(queries / quarter, np.swapaxes(keys / quarter, -1, -2))


@catalogue.right("scaled_dot_scores_backward")
def scaled_by_the_whole_tensor(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
    root = math.exp(-0.5 * math.log(queries.shape[-1]))
    d_products = np.repeat(d_scores[..., None], queries.shape[-1], axis=-1) * root
    d_queries = np.sum(d_products * np.expand_dims(keys, -3), axis=-2)
    return d_queries, np.sum(d_products * np.expand_dims(queries, -2), axis=-3)


@catalogue.right("additive_scores")
def additive_one_pair_at_a_time(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    both = np.concatenate([query_weight, key_weight])
    scores = np.empty(queries.shape[:-1] + (keys.shape[-2],))
    for *b, j, i in np.ndindex(scores.shape):
        pair = np.concatenate([queries[(*b, j)], keys[(*b, i)]])
        scores[(*b, j, i)] = score_vector @ np.tanh(both.T @ pair)
    return scores


@catalogue.right("additive_scores_backward")
def additive_by_einsum(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> list[Array]:
    e = np.exp(2 * ((queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]))
    slope = 4 * e / (e + 1) ** 2
    through = (d_scores, score_vector, slope)
    lead = "bcijk"[: d_scores.ndim - 2]
    return [
        np.einsum("...ls,h,...lsh,dh->...ld", *through, query_weight),
        np.einsum("...ls,h,...lsh,fh->...sf", *through, key_weight),
        np.einsum(f"{lead}ls,h,{lead}lsh,{lead}ld->dh", *through, queries),
        np.einsum(f"{lead}ls,h,{lead}lsh,{lead}sf->fh", *through, keys),
        np.einsum(f"{lead}ls,{lead}lsh->h", d_scores, 1 - 2 / (e + 1)),
    ]


@catalogue.right("additive_scores_backward")
def additive_accumulated_by_pairs(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> tuple[Array, ...]:
    inputs = (queries, keys, query_weight, key_weight, score_vector)
    dw, dv, d_query_weight, d_key_weight, du = (np.zeros(x.shape) for x in inputs)
    for *b, j, i in np.ndindex(d_scores.shape):
        w, v, g = queries[(*b, j)], keys[(*b, i)], d_scores[(*b, j, i)]
        t = np.tanh(w @ query_weight + v @ key_weight)
        du += g * t
        dz = g * score_vector * (1 + t) * (1 - t)
        d_query_weight += np.outer(w, dz)
        d_key_weight += np.outer(v, dz)
        dw[(*b, j)] += query_weight @ dz
        dv[(*b, i)] += key_weight @ dz
    return dw, dv, d_query_weight, d_key_weight, du


@catalogue.right("context")
def context_mixes_python_lists(weights: Array, values: Array) -> Array:
    result = np.zeros(weights.shape[:-1] + values.shape[-1:])
    for *b, j, c in np.ndindex(result.shape):
        result[(*b, j, c)] = math.fsum(p * v for p, v in zip(
            weights[(*b, j)].tolist(), values[(*b, slice(None), c)].tolist(), strict=True))
    return result


@catalogue.right("context_backward")
def context_recursive_over_the_batch(d_context: Array, weights: Array, values: Array) -> tuple[Array, Array]:
    if d_context.ndim > 2:
        pairs = [context_recursive_over_the_batch(*each) for each in zip(d_context, weights, values, strict=True)]
        return np.stack([p for p, _ in pairs]), np.stack([v for _, v in pairs])
    return np.inner(d_context, values), np.tensordot(weights, d_context, axes=(0, 0))


@catalogue.right("context_backward")
def context_fortran_order(d_context: Array, weights: Array, values: Array) -> list[Array]:
    d_weights = np.einsum("...le,...se->...ls", d_context, values)
    return [np.asfortranarray(d_weights), np.einsum("...le,...ls->...es", d_context, weights).swapaxes(-1, -2)]


def log_softmax_list(row: list[float]) -> list[float]:
    top = max(row, default=-math.inf)
    if top == -math.inf:
        return [-math.inf] * len(row)
    log_z = top + math.log(math.fsum(math.exp(x - top) for x in row))
    return [x - log_z for x in row]


@catalogue.right("softmax")
def softmax_in_log_space(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    hidden = scores if mask is None else np.where(mask, scores, -np.inf)
    moved = np.moveaxis(hidden, axis, -1)
    rows = [[math.exp(x) for x in log_softmax_list(row.tolist())] for row in rows_of(moved)]
    return np.moveaxis(np.array(rows).reshape(moved.shape), -1, axis)


@catalogue.right("softmax")
def softmax_one_over_differences(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    s = np.moveaxis(scores, axis, -1)
    allowed = np.isfinite(s)
    if mask is not None:
        allowed = allowed & np.moveaxis(np.broadcast_to(mask, scores.shape), axis, -1)
    s = np.where(allowed, s, 0.0)
    with np.errstate(over="ignore"):
        ratios = np.where(allowed[..., None, :], np.exp(s[..., None, :] - s[..., :, None]), 0)
    total = ratios.sum(-1)
    return np.moveaxis(np.divide(1.0, total, out=np.zeros_like(s), where=allowed), -1, axis)


@catalogue.right("softmax_backward")
def softmax_full_jacobian(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    rows = [(np.diagflat(a) - np.outer(a, a)) @ b for a, b in zip(rows_of(p), rows_of(g), strict=True)]
    return np.moveaxis(np.array(rows).reshape(p.shape), -1, axis)


@catalogue.right("softmax_backward")
def softmax_pairwise_differences(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    """p_i sum_k p_k (g_i - g_k), and what the weights lack to a sum of one."""
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    differences = g[..., :, None] - g[..., None, :]
    d = p * np.einsum("...ik,...k->...i", differences, p) + p * g * (1 - p.sum(-1, keepdims=True))
    return np.moveaxis(d, -1, axis)


@catalogue.right("softmax_backward")
def softmax_diagonal_and_rest(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (1 - weights) * d_weights
    for shift in range(1, weights.shape[axis]):
        d_scores = d_scores - weights * np.roll(weights * d_weights, shift, axis=axis)
    return d_scores
