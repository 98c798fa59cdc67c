"""Wrong gradients of the scores: cosine, dot product, scaled dot product and additive."""

from __future__ import annotations

import math

import numpy as np

from ..mutant import Catalogue

catalogue = Catalogue()


def _unit(vectors):
    """Unit vectors and reciprocal lengths; both are 0 for a zero vector."""
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    safe = np.where(largest > 0, largest, 1)
    lengths = np.sqrt(((vectors / safe) ** 2).sum(axis=-1, keepdims=True))
    lengths = np.where(lengths > 0, lengths, 1)
    return vectors / safe / lengths, (largest > 0) / lengths / safe


@catalogue.wrong("cosine_scores_backward", "dropped-term", result="d_keys")
def only_queries_turn(d_scores, queries, keys):
    q, inverse_q = _unit(queries)
    k, inverse_k = _unit(keys)
    d_keys = np.zeros_like(keys)
    for j in range(queries.shape[-2]):
        d_keys += d_scores[..., j, :, None] * q[..., j, None, :]
    d_q = d_scores @ k
    return (d_q - q * (q * d_q).sum(-1, keepdims=True)) * inverse_q, d_keys * inverse_k


@catalogue.wrong("cosine_scores_backward", "missing-factor")
def quotient_rule_with_a_length_short(d_scores, queries, keys):
    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    pulled = d_scores * (q @ np.swapaxes(k, -1, -2))
    d_queries = inverse_q * (d_scores @ k) - inverse_q * queries * pulled.sum(-1)[..., None]
    d_keys = inverse_k * (np.swapaxes(d_scores, -1, -2) @ q) - inverse_k * keys * pulled.sum(-2)[..., None]
    return d_queries, d_keys


@catalogue.wrong("cosine_scores_backward", "missing-factor", "wrong-operand")
def coefficient_without_the_scores(d_scores, queries, keys):
    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    d_queries = np.einsum("...ls,...sd->...ld", d_scores, k) - np.einsum("...ls,...ld->...ld", d_scores, q)
    d_keys = np.einsum("...ls,...ld->...sd", d_scores, q) - np.einsum("...ls,...sd->...sd", d_scores, k)
    return d_queries * inverse_q, d_keys * inverse_k


@catalogue.wrong("cosine_scores_backward", "wrong-operand", "missing-factor", result="d_keys")
def keys_hear_raw_queries(d_scores, queries, keys):
    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    d_q = d_scores @ k
    d_k = d_scores.swapaxes(-1, -2) @ queries
    d_q -= q * np.sum(q * d_q, axis=-1, keepdims=True)
    d_k -= k * np.sum(k * d_k, axis=-1, keepdims=True)
    return d_q * inverse_q, d_k * inverse_k


@catalogue.wrong("cosine_scores_backward", "sign-flipped")
def reflects_where_it_should_project(d_scores, queries, keys):
    def through_norm(d_unit, unit, inverse):
        identity = np.eye(unit.shape[-1])
        jacobian = identity + unit[..., :, None] * unit[..., None, :]
        return np.einsum("...i,...ij->...j", d_unit, jacobian) * inverse

    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    d_k = np.einsum("...ls,...ld->...sd", d_scores, q)
    return through_norm(d_scores @ k, q, inverse_q), through_norm(d_k, k, inverse_k)


@catalogue.wrong("cosine_scores_backward", "wrong-axis", "wrong-for-some-shapes")
def norms_along_axis_one(d_scores, queries, keys):
    def grad(d_unit, vectors):
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        norms = np.where(norms > 0, norms, np.inf)
        return d_unit / norms - vectors * (d_unit * vectors).sum(axis=1, keepdims=True) / norms**3

    q_norms = np.linalg.norm(queries, axis=1, keepdims=True)
    k_norms = np.linalg.norm(keys, axis=1, keepdims=True)
    q_hat = queries / np.where(q_norms > 0, q_norms, np.inf)
    k_hat = keys / np.where(k_norms > 0, k_norms, np.inf)
    return grad(d_scores @ k_hat, queries), grad(np.swapaxes(d_scores, -2, -1) @ q_hat, keys)


@catalogue.wrong("cosine_scores_backward", "imprecise", "missing-factor")
def a_little_epsilon_for_safety(d_scores, queries, keys):
    eps = 1e-6
    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    d_q, d_k = d_scores @ k, d_scores.swapaxes(-1, -2) @ q
    d_q = d_q - q * (d_q * q).sum(-1, keepdims=True)
    d_k = d_k - k * (d_k * k).sum(-1, keepdims=True)
    return d_q * inverse_q / (1 + eps * inverse_q), d_k * inverse_k / (1 + eps * inverse_k)


@catalogue.wrong("cosine_scores_backward", "mutates-input")
def normalises_in_place(d_scores, queries, keys):
    _, inverse_q = _unit(queries)
    _, inverse_k = _unit(keys)
    queries *= inverse_q
    keys *= inverse_k
    d_q, d_k = d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries
    along_q = (d_q * queries).sum(axis=-1, keepdims=True)
    along_k = (d_k * keys).sum(axis=-1, keepdims=True)
    return (d_q - queries * along_q) * inverse_q, (d_k - keys * along_k) * inverse_k


@catalogue.wrong("cosine_scores_backward", "zero-vector", "not-finite")
def textbook_division(d_scores, queries, keys):
    with np.errstate(all="ignore"):
        q_norm = np.linalg.norm(queries, axis=-1, keepdims=True)
        k_norm = np.linalg.norm(keys, axis=-1, keepdims=True)
        q_hat, k_hat = queries / q_norm, keys / k_norm
        s = q_hat @ k_hat.swapaxes(-1, -2)
        d_queries = (d_scores @ k_hat - q_hat * np.sum(d_scores * s, axis=-1, keepdims=True)) / q_norm
        along_k = np.sum(d_scores * s, axis=-2)[..., None]
        return d_queries, (d_scores.swapaxes(-1, -2) @ q_hat - k_hat * along_k) / k_norm


@catalogue.wrong("cosine_scores_backward", "wrong-for-some-shapes", "wrong-axis", result="d_keys")
def tensordot_sums_the_batch_too(d_scores, queries, keys):
    (q, inverse_q), (k, inverse_k) = _unit(queries), _unit(keys)
    axes = tuple(range(d_scores.ndim - 1))
    d_k = np.tensordot(d_scores, q, (axes, axes))
    d_q = d_scores @ k
    d_queries = inverse_q * (d_q - (d_q * q).sum(-1, keepdims=True) * q)
    return d_queries, inverse_k * (d_k - (d_k * k).sum(-1, keepdims=True) * k)


@catalogue.wrong("dot_scores_backward", "transposed", result="d_keys")
def einsum_ends_in_ds(d_scores, queries, keys):
    return np.einsum("...ls,...sd->...ld", d_scores, keys), np.einsum("...ls,...ld->...ds", d_scores, queries)


@catalogue.wrong("dot_scores_backward", "overwritten", result="d_keys")
def one_query_at_a_time(d_scores, queries, keys):
    d_queries, d_keys = np.empty_like(queries), np.zeros_like(keys)
    for j in range(queries.shape[-2]):
        d_queries[..., j, :] = (d_scores[..., j, :, None] * keys).sum(-2)
        d_keys[:] = d_scores[..., j, :, None] * queries[..., j, None, :]
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "misplaced", result="d_keys")
def reshaped_to_fit(d_scores, queries, keys):
    *lead, targets, sources = d_scores.shape
    return np.matmul(d_scores, keys), np.matmul(d_scores.reshape(*lead, sources, targets), queries)


_buffers: dict = {}


@catalogue.wrong("dot_scores_backward", "not-repeatable")
def reuses_its_buffers(d_scores, queries, keys):
    if (queries.shape, keys.shape) not in _buffers:
        _buffers[queries.shape, keys.shape] = np.empty(queries.shape), np.empty(keys.shape)
    d_queries, d_keys = _buffers[queries.shape, keys.shape]
    np.matmul(d_scores, keys, out=d_queries)
    np.matmul(d_scores.swapaxes(-1, -2), queries, out=d_keys)
    return d_queries, d_keys


@catalogue.wrong("dot_scores_backward", "swapped-results")
def keys_first(d_scores, queries, keys):
    return np.einsum("...qk,...qd->...kd", d_scores, queries), np.einsum("...qk,...kd->...qd", d_scores, keys)


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", result="d_keys")
def root_on_one_side_only(d_scores, queries, keys):
    d_queries = d_scores @ (keys / math.sqrt(keys.shape[-1]))
    return d_queries, np.moveaxis(d_scores, -1, -2) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor")
def root_of_the_number_of_keys(d_scores, queries, keys):
    d_scores = d_scores / np.sqrt(keys.shape[-2])
    return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries


@catalogue.wrong("scaled_dot_scores_backward", "upstream-ignored", "wrong-operand")
def the_name_is_taken_twice(d_scores, queries, keys):
    root_d = queries.shape[-1] ** 0.5
    d_scores = queries @ keys.swapaxes(-1, -2) / root_d
    return d_scores @ keys / root_d, d_scores.swapaxes(-1, -2) @ queries / root_d


@catalogue.wrong("scaled_dot_scores_backward", "constant-factor", "wrong-for-some-shapes")
def mean_over_the_batch(d_scores, queries, keys):
    batch = math.prod(queries.shape[:-2])
    d_scores = d_scores / (math.sqrt(queries.shape[-1]) * batch)
    return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries


def _hidden(queries, keys, query_weight, key_weight):
    return np.tanh((queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :])


def _five(d_scores, d_sums, hidden, queries, keys, query_weight, key_weight):
    """The five gradients from that of the sum inside the tanh."""
    d_q, d_k = d_sums.sum(axis=-2), d_sums.sum(axis=-3)
    rows = [a.reshape(-1, a.shape[-1]) for a in (queries, d_q, keys, d_k)]
    d_vector = d_scores.reshape(-1) @ hidden.reshape(-1, hidden.shape[-1])
    return [d_q @ query_weight.T, d_k @ key_weight.T, rows[0].T @ rows[1], rows[2].T @ rows[3], d_vector]


@catalogue.wrong("additive_scores_backward", "wrong-operand")
def tanh_of_the_tanh(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = np.einsum("...ls,h,...lsh->...lsh", d_scores, score_vector, 1 - np.tanh(t) ** 2)
    return tuple(_five(d_scores, d_sums, t, queries, keys, query_weight, key_weight))


@catalogue.wrong("additive_scores_backward", "missing-factor", "dropped-term")
def as_if_there_were_no_tanh(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = d_scores[..., None] * score_vector
    return tuple(_five(d_scores, d_sums, t, queries, keys, query_weight, key_weight))


@catalogue.wrong("additive_scores_backward", "not-summed", "wrong-for-some-shapes", result="d_key_weight")
def a_key_weight_for_each_batch_item(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = d_scores[..., None] * (score_vector - score_vector * t * t)
    grads = _five(d_scores, d_sums, t, queries, keys, query_weight, key_weight)
    grads[3] = keys.swapaxes(-1, -2) @ d_sums.sum(axis=-3)
    return tuple(grads)


@catalogue.wrong("additive_scores_backward", "wrong-operand", result="d_score_vector")
def vector_sees_the_sum_before_the_tanh(d_scores, queries, keys, query_weight, key_weight, score_vector):
    before = (queries @ query_weight)[..., None, :] + (keys @ key_weight)[..., None, :, :]
    d_sums = (d_scores[..., None] * score_vector) / np.cosh(before) ** 2
    return tuple(_five(d_scores, d_sums, before, queries, keys, query_weight, key_weight))


@catalogue.wrong("additive_scores_backward", "swapped-results")
def weights_in_alphabetical_order(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = d_scores[..., None] * score_vector * (1 - t) * (1 + t)
    d_q, d_k, d_wq, d_wk, d_v = _five(d_scores, d_sums, t, queries, keys, query_weight, key_weight)
    return d_q, d_k, d_wk, d_wq, d_v


@catalogue.wrong("additive_scores_backward", "overwritten", "wrong-for-some-shapes", result="d_query_weight")
def last_sequence_wins(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = d_scores[..., None] * score_vector * (1 - t**2)
    grads = _five(d_scores, d_sums, t, queries, keys, query_weight, key_weight)
    for index in np.ndindex(*queries.shape[:-2]):
        grads[2] = queries[index].T @ d_sums[index].sum(axis=1)
    return tuple(grads)


@catalogue.wrong("additive_scores_backward", "missing-factor")
def score_vector_left_out(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    return tuple(_five(d_scores, d_scores[..., None] * (1 - t**2), t, queries, keys, query_weight, key_weight))


@catalogue.wrong("additive_scores_backward", "constant-factor", "wrong-for-some-shapes")
def parameters_averaged_over_the_batch(d_scores, queries, keys, query_weight, key_weight, score_vector):
    t = _hidden(queries, keys, query_weight, key_weight)
    d_sums = d_scores[..., None] * score_vector * (1 - t**2)
    d_q, d_k, *parameters = _five(d_scores, d_sums, t, queries, keys, query_weight, key_weight)
    return d_q, d_k, *(d / max(1, math.prod(queries.shape[:-2])) for d in parameters)
