"""Wrong forward functions."""

from __future__ import annotations

import math

import numpy as np

from attention_np.functional import cosine_scores, dot_scores

from ..mutant import Catalogue

catalogue = Catalogue()


@catalogue.wrong("cosine_scores", "unstable")
def squares_first(queries, keys):
    with np.errstate(over="ignore", under="ignore"):
        q_norm = np.sqrt(np.einsum("...ld,...ld->...l", queries, queries))[..., None]
        k_norm = np.sqrt(np.einsum("...sd,...sd->...s", keys, keys))[..., None]
    q = np.divide(queries, q_norm, out=np.zeros_like(queries), where=q_norm > 0)
    k = np.divide(keys, k_norm, out=np.zeros_like(keys), where=k_norm > 0)
    return q @ k.swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "zero-vector", "not-finite")
def largest_component_to_one(queries, keys):
    def unit(x):
        with np.errstate(invalid="ignore"):
            x = x / np.abs(x).max(axis=-1, keepdims=True)
        return x / np.sqrt((x * x).sum(axis=-1, keepdims=True))

    return np.einsum("...ld,...sd->...ls", unit(queries), unit(keys))


@catalogue.wrong("cosine_scores", "wrong-axis")
def one_length_for_the_matrix(queries, keys):
    q_norm = np.linalg.norm(queries, axis=(-1, -2), keepdims=True)
    k_norm = np.linalg.norm(keys, axis=(-1, -2), keepdims=True)
    return (queries / np.where(q_norm, q_norm, 1)) @ (keys / np.where(k_norm, k_norm, 1)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "unstable", "imprecise")
def epsilon_as_in_the_tutorial(queries, keys):
    lengths = np.linalg.norm(queries, axis=-1)[..., :, None] * np.linalg.norm(keys, axis=-1)[..., None, :]
    return queries @ keys.swapaxes(-1, -2) / (lengths + 1e-8)


@catalogue.wrong("dot_scores", "transposed")
def sources_have_the_rows(queries, keys):
    return np.einsum("...jd,...id->...ij", queries, keys)


@catalogue.wrong("scaled_dot_scores", "constant-factor", "wrong-for-some-shapes")
def width_is_shape_one(queries, keys):
    return queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[1])


@catalogue.wrong("scaled_dot_scores", "constant-factor", "wrong-for-some-shapes")
def whole_number_root(queries, keys):
    return np.matmul(queries, np.moveaxis(keys, -1, -2)) / math.isqrt(queries.shape[-1])


@catalogue.wrong("additive_scores", "wrong-values")
def a_tanh_for_each_side(queries, keys, query_weight, key_weight, score_vector):
    q = np.tanh(queries @ query_weight) @ score_vector
    k = np.tanh(keys @ key_weight) @ score_vector
    return q[..., :, None] + k[..., None, :]


@catalogue.wrong("softmax", "missing-factor", "mask-ignored")
def masked_after_the_division(scores, axis=-1, mask=None):
    e = np.exp(scores - np.maximum(scores.max(axis=axis, keepdims=True), -1e300))
    p = e / np.maximum(np.sum(e, axis=axis, keepdims=True), 1e-300)
    return p if mask is None else p * mask


@catalogue.wrong("softmax", "mask-ignored")
def minus_a_thousand_million(scores, axis=-1, mask=None):
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    e = np.exp(scores - np.maximum(scores.max(axis=axis, keepdims=True), -1e300))
    return e / np.maximum(e.sum(axis=axis, keepdims=True), 1e-300)


@catalogue.wrong("softmax", "not-finite")
def nothing_over_nothing(scores, axis=-1, mask=None):
    hidden = np.zeros(scores.shape, bool) if mask is None else ~np.broadcast_to(mask, scores.shape)
    top = np.max(np.where(hidden, -np.inf, scores), axis=axis, keepdims=True)
    e = np.where(hidden, 0.0, np.exp(np.minimum(scores - np.maximum(top, -1e300), 0)))
    with np.errstate(invalid="ignore"):
        return e / e.sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax", "unstable")
def one_maximum_for_all_rows(scores, axis=-1, mask=None):
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    top = scores.max()
    e = np.exp(scores - (top if np.isfinite(top) else 0))
    z = e.sum(axis, keepdims=True)
    return e / np.where(z > 0, z, 1)


@catalogue.wrong("softmax", "mutates-input")
def subtracts_the_maximum_in_place(scores, axis=-1, mask=None):
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    top = scores.max(axis=axis, keepdims=True)
    scores -= np.where(np.isfinite(top), top, 0)
    e = np.exp(scores)
    z = e.sum(axis=axis, keepdims=True)
    return e / np.where(z > 0, z, 1)


@catalogue.wrong("context", "overwritten")
def the_last_source_remains(weights, values):
    result = np.zeros((*weights.shape[:-1], values.shape[-1]))
    for i in range(values.shape[-2]):
        result[...] = weights[..., i, None] * values[..., i, None, :]
    return result


@catalogue.wrong("context", "constant-factor")
def average_of_weighted_values(weights, values):
    return np.mean(weights[..., None] * values[..., None, :, :], axis=-2)


def _triangle(raw):
    targets, sources = raw.shape[-2:]
    return np.tri(targets, sources, sources - targets, dtype=bool)


def _result(logits, allowed, values, with_normaliser):
    logits = np.where(allowed, logits, -np.inf)
    top = logits.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    e = np.exp(logits - top)
    z = e.sum(axis=-1, keepdims=True)
    context = (e / np.where(z > 0, z, 1)) @ values
    with np.errstate(divide="ignore"):
        return (context, (top + np.log(z))[..., 0]) if with_normaliser else context


@catalogue.wrong("attention", "constant-factor", "counted-twice")
def root_and_scale_together(
    queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    return_log_normaliser=False,
):
    raw = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if score == "scaled_dot":
        raw = raw / math.sqrt(queries.shape[-1])
    beta = 1.0 if scale is None else np.asarray(scale)[..., None, None]
    allowed = np.full(raw.shape, True) if mask is None else mask
    if causal:
        allowed = allowed & _triangle(raw)
    return _result(raw * beta + (0 if bias is None else bias), allowed, values, return_log_normaliser)


@catalogue.wrong("attention", "mask-ignored")
def mask_or_triangle(
    queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    return_log_normaliser=False,
):
    raw = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    allowed = _triangle(raw) if causal else np.full(raw.shape, mask is None)
    if mask is not None:
        allowed = allowed | mask
    logits = raw * np.asarray(scale)[..., None, None] + (0 if bias is None else bias)
    return _result(logits, allowed, values, return_log_normaliser)


@catalogue.wrong("attention", "constant-factor", "missing-factor")
def sharpens_the_bias_too(
    queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    return_log_normaliser=False,
):
    logits = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if bias is not None:
        logits = logits + bias
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    allowed = np.full(logits.shape, True) if mask is None else mask
    if causal:
        allowed = allowed & _triangle(logits)
    return _result(logits * np.asarray(scale)[..., None, None], allowed, values, return_log_normaliser)


@catalogue.wrong("attention", "dropped-term", result="log_normaliser")
def forgets_to_add_the_maximum_back(
    queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    return_log_normaliser=False,
):
    raw = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    allowed = np.full(raw.shape, True) if mask is None else np.broadcast_to(mask, raw.shape)
    if causal:
        allowed = allowed & _triangle(raw)
    logits = raw * np.asarray(scale)[..., None, None] + (0 if bias is None else bias)
    top = np.where(allowed, logits, -np.inf).max(axis=-1, keepdims=True)
    return _result(logits - np.where(np.isfinite(top), top, 0), allowed, values, return_log_normaliser)


@catalogue.wrong("linear", "counted-twice", "constant-factor", "wrong-for-some-shapes")
def bias_once_per_row_to_everything(inputs, weight, bias=None):
    outputs = np.atleast_2d(inputs @ weight)
    if bias is not None:
        for _ in outputs:
            outputs += bias
    return outputs.reshape(*inputs.shape[:-1], -1)


@catalogue.wrong("embedding", "wrong-shape", "wrong-for-some-shapes")
def one_hot_rows(ids, table):
    one_hot = np.zeros((ids.size, len(table)))
    one_hot[np.arange(ids.size), ids.reshape(-1)] = 1
    return one_hot @ table


@catalogue.wrong("cross_entropy", "imprecise", "unstable")
def logarithm_kept_from_zero(logits, targets, ignore_index=None, label_smoothing=0.0):
    kept = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    z, y = logits[kept], targets[kept]
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    log_p = np.log(p / p.sum(axis=-1, keepdims=True) + 1e-8)
    wanted = (1 - label_smoothing) * np.eye(z.shape[-1])[y] + label_smoothing / z.shape[-1]
    return np.asarray(-(wanted * log_p).sum() / max(len(y), 1))


@catalogue.wrong("cross_entropy", "not-finite")
def mean_of_whatever_is_left(logits, targets, ignore_index=None, label_smoothing=0.0):
    z = logits.reshape(-1, logits.shape[-1])
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    rows = np.flatnonzero(targets.reshape(-1) != (-1 if ignore_index is None else ignore_index))
    picked = log_p[rows, targets.reshape(-1)[rows]]
    losses = -(1 - label_smoothing) * picked - label_smoothing * log_p[rows].mean(axis=1)
    with np.errstate(invalid="ignore"):
        return np.divide(np.sum(losses), len(rows))[...]


@catalogue.wrong("cross_entropy", "constant-factor")
def smoothing_not_divided_by_the_classes(logits, targets, ignore_index=None, label_smoothing=0.0):
    z, y = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    losses = [
        (1 - label_smoothing) * (np.logaddexp.reduce(row) - row[t])
        + label_smoothing * (len(row) * np.logaddexp.reduce(row) - row.sum())
        for row, t in zip(z, y, strict=True)
        if t != ignore_index
    ]
    return np.asarray(sum(losses) / max(len(losses), 1))


@catalogue.wrong("layer_norm", "wrong-values", "imprecise", "missing-factor")
def epsilon_outside_the_root(inputs, gain, bias, eps=1e-5):
    return gain * (inputs - inputs.mean(-1, keepdims=True)) / (inputs.std(-1, keepdims=True) + eps) + bias


@catalogue.wrong("layer_norm", "wrong-axis", "wrong-for-some-shapes")
def statistics_of_the_whole_sequence(inputs, gain, bias, eps=1e-5):
    axes = tuple(range(1, inputs.ndim)) or None
    centred = inputs - inputs.mean(axis=axes, keepdims=True)
    return gain * (centred / np.sqrt(np.square(centred).mean(axis=axes, keepdims=True) + eps)) + bias


@catalogue.wrong("relu", "constant-factor")
def half_of_it_forgotten(inputs):
    return inputs + np.abs(inputs)


@catalogue.wrong("gelu", "wrong-values", "imprecise")
def the_error_function_after_all(inputs):
    return inputs * (1 + np.vectorize(math.erf, otypes=[float])(inputs / math.sqrt(2))) / 2


@catalogue.wrong("tanh", "unstable", "not-finite")
def quotient_of_exponentials(inputs):
    with np.errstate(over="ignore", invalid="ignore"):
        rising, falling = np.exp(inputs), np.exp(-inputs)
        return (rising - falling) / (rising + falling)


@catalogue.wrong("sigmoid", "unstable", "not-finite")
def rising_exponential(inputs):
    with np.errstate(over="ignore", invalid="ignore"):
        rising = np.exp(inputs)
        return rising / (1 + rising)
