"""Wrong gradients of the softmax, the context and the whole attention."""

from __future__ import annotations

import numpy as np

from attention_np.functional import (
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    softmax,
    softmax_backward,
)

from ..mutant import Catalogue

catalogue = Catalogue()


@catalogue.wrong("softmax_backward", "wrong-operand")
def outer_product_with_the_upstream(d_weights, weights, axis=-1):
    p_rows = np.moveaxis(weights, axis, -1)
    g_rows = np.moveaxis(d_weights, axis, -1)
    result = np.empty_like(p_rows)
    for index in np.ndindex(*p_rows.shape[:-1]):
        p, g = p_rows[index], g_rows[index]
        result[index] = (np.diag(p) - np.outer(p, g)) @ g
    return np.moveaxis(result, -1, axis)


@catalogue.wrong("softmax_backward", "wrong-axis")
def axis_taken_but_not_used(d_weights, weights, axis=-1):
    mean = np.einsum("...s,...s->...", weights, d_weights)
    return weights * (d_weights - np.expand_dims(mean, -1))


@catalogue.wrong("softmax_backward", "constant-factor")
def mean_where_the_sum_belongs(d_weights, weights, axis=-1):
    product = weights * d_weights
    return product - weights * np.mean(product, axis=axis, keepdims=True)


@catalogue.wrong("softmax_backward", "diagonal-only")
def like_a_sigmoid_per_entry(d_weights, weights, axis=-1):
    return np.multiply(d_weights, weights - np.square(weights))


@catalogue.wrong("softmax_backward", "missing-factor")
def brackets_in_the_wrong_place(d_weights, weights, axis=-1):
    return weights * d_weights - (weights * d_weights).sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax_backward", "not-finite")
def rebuilds_the_exponentials(d_weights, weights, axis=-1):
    with np.errstate(invalid="ignore"):
        e = weights / weights.max(axis=axis, keepdims=True)
        z = e.sum(axis=axis, keepdims=True)
        return e * (d_weights * z - (e * d_weights).sum(axis=axis, keepdims=True)) / z**2


@catalogue.wrong("softmax_backward", "wrong-operand")
def recomputes_from_the_weights(d_weights, weights, axis=-1):
    e = np.exp(weights - weights.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p * (d_weights - np.sum(p * d_weights, axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "constant-factor", "wrong-for-some-shapes")
def divided_by_the_batch(d_weights, weights, axis=-1):
    inner = (d_weights * weights).sum(axis, keepdims=True)
    return (d_weights - inner) * weights / weights.shape[0]


@catalogue.wrong("softmax_backward", "transposed")
def axis_moved_and_left_there(d_weights, weights, axis=-1):
    p, d = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    return p * (d - (p[..., None, :] @ d[..., :, None])[..., 0])


@catalogue.wrong("softmax_backward", "overwritten")
def last_weight_speaks_for_all(d_weights, weights, axis=-1):
    p, d = np.swapaxes(weights, axis, -1), np.swapaxes(d_weights, axis, -1)
    d_scores = np.zeros_like(p)
    n = p.shape[-1]
    for i in range(n):
        for k in range(n):
            d_scores[..., i] = d[..., k] * p[..., k] * ((i == k) - p[..., i])
    return np.swapaxes(d_scores, axis, -1)


@catalogue.wrong("context_backward", "overwritten", result="d_values")
def target_after_target(d_context, weights, values):
    d_weights, d_values = np.zeros_like(weights), np.zeros_like(values)
    for j in range(weights.shape[-2]):
        row = d_context[..., j, None, :]
        d_weights[..., j, :] = np.sum(row * values, axis=-1)
        d_values[...] = weights[..., j, :, None] * row
    return d_weights, d_values


@catalogue.wrong("context_backward", "constant-factor", result="d_values")
def averaged_over_the_targets(d_context, weights, values):
    d_values = np.mean(weights[..., :, :, None] * d_context[..., :, None, :], axis=-3)
    return np.einsum("...le,...se->...ls", d_context, values), d_values


@catalogue.wrong("context_backward", "upstream-ignored", "wrong-operand", result="d_values")
def output_for_upstream(d_context, weights, values):
    output = weights @ values
    return d_context @ values.swapaxes(-2, -1), weights.swapaxes(-2, -1) @ output


@catalogue.wrong("context_backward", "transposed", result="d_weights")
def sources_by_targets(d_context, weights, values):
    return values @ np.swapaxes(d_context, -1, -2), np.einsum("...ls,...le->...se", weights, d_context)


@catalogue.wrong("context_backward", "wrong-dtype", "imprecise")
def half_the_memory(d_context, weights, values):
    d_weights = np.zeros(weights.shape, dtype="f4")
    d_values = np.zeros(values.shape, dtype="f4")
    d_weights += np.matmul(d_context, values.swapaxes(-1, -2))
    d_values += np.matmul(weights.swapaxes(-1, -2), d_context)
    return d_weights, d_values


@catalogue.wrong("context_backward", "wrong-for-some-shapes", "wrong-operand", result="d_weights")
def values_of_the_first_sequence(d_context, weights, values):
    one = values
    while one.ndim > 2:
        one = one[0]
    return np.dot(d_context, one.T), weights.swapaxes(-1, -2) @ d_context


def _parts(queries, keys, score, scale, mask, bias, causal):
    """Plain scores, the multiplier with two axes more, where attending is allowed, and the scaled and biased scores."""
    raw = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    beta = np.asarray(scale, raw.dtype)[..., None, None]
    allowed = np.ones(raw.shape, bool) if mask is None else np.broadcast_to(mask, raw.shape)
    if causal:
        targets, sources = raw.shape[-2:]
        allowed = allowed & np.tri(targets, sources, sources - targets, dtype=bool)
    return raw, beta, allowed, raw * beta + (0 if bias is None else bias)


def _to_inputs(score, d_scores, queries, keys):
    return (cosine_scores_backward if score == "cosine" else dot_scores_backward)(d_scores, queries, keys)


def _to_scale(products, scale):
    """Sum of (..., L, S) to the shape of the scale."""
    total = products.sum(axis=(-1, -2))
    shape = np.shape(scale)
    total = total.sum(axis=tuple(range(total.ndim - len(shape))))
    return np.asarray(total.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))).reshape(shape)


@catalogue.wrong("attention_backward", "constant-factor", "missing-factor")
def sharpness_forgotten_on_the_way_back(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, _, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), p)
    d_queries, d_keys = _to_inputs(score, d_logits, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "wrong-shape", "wrong-axis", result="d_scale")
def one_scale_for_all_heads(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_backward(np.einsum("...le,...se->...ls", d_context, values), p)
    d_values = np.einsum("...ls,...le->...se", p, d_context)
    return *_to_inputs(score, d_logits * beta, queries, keys), d_values, np.sum(d_logits * raw)


@catalogue.wrong("attention_backward", "dropped-term", result="d_scale")
def scale_before_the_softmax_mean(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_p = d_context @ values.swapaxes(-1, -2)
    d_logits = p * d_p
    d_scale = _to_scale(d_logits * raw, scale)
    d_logits = d_logits - p * d_logits.sum(-1, keepdims=True)
    return *_to_inputs(score, d_logits * beta, queries, keys), p.swapaxes(-1, -2) @ d_context, d_scale


@catalogue.wrong("attention_backward", "wrong-for-some-shapes", "mask-ignored")
def triangle_from_the_top(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, False)
    if causal:
        allowed = np.tril(allowed)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), p)
    d_queries, d_keys = _to_inputs(score, d_logits * beta, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "mask-ignored")
def normaliser_knows_the_mask_already(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    if log_normaliser is not None:
        p = np.exp(logits - np.where(np.isfinite(log_normaliser), log_normaliser, np.inf)[..., None])
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), p)
    d_queries, d_keys = _to_inputs(score, d_logits * beta, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "dropped-term")
def a_constant_has_no_gradient(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, None, causal)
    p = softmax(logits, mask=allowed)
    d_logits = p * (d_context @ values.swapaxes(-1, -2) - np.sum(d_context * (p @ values), -1, keepdims=True))
    d_queries, d_keys = _to_inputs(score, d_logits * beta, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "wrong-axis")
def backwards_over_the_targets(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), p, axis=-2)
    d_queries, d_keys = _to_inputs(score, d_logits * beta, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "mask-ignored", result="d_values")
def values_through_open_weights(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    d_values = softmax(logits).swapaxes(-1, -2) @ d_context
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), softmax(logits, mask=allowed))
    return *_to_inputs(score, d_logits * beta, queries, keys), d_values, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "dropped-term")
def mean_only_if_the_context_was_kept(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    mean = 0 if context is None else np.sum(d_context * context, axis=-1, keepdims=True)
    d_logits = p * (d_context @ values.swapaxes(-1, -2) - mean)
    d_queries, d_keys = _to_inputs(score, d_logits * beta, queries, keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)


@catalogue.wrong("attention_backward", "overwritten", result="d_keys")
def tile_by_tile(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    raw, beta, allowed, logits = _parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_backward(d_context @ values.swapaxes(-1, -2), p)
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for start in range(0, queries.shape[-2], 2):
        tile = np.s_[..., start : start + 2, :]
        d_queries[tile], d_keys = _to_inputs(score, d_logits[tile] * beta, queries[tile], keys)
    return d_queries, d_keys, p.swapaxes(-1, -2) @ d_context, _to_scale(d_logits * raw, scale)
