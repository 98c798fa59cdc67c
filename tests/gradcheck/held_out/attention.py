"""Wrong gradients of attention as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import attention_backward, cosine_scores_backward, dot_scores_backward, softmax

from ..mutant import Catalogue
from .parts import T, behind, parts

Array = NDArray[Any]
Four = tuple[Array, Array, Array, Array]
Option = Array | None
Scale = float | Array | None

catalogue = Catalogue()


def softmax_step(d_weights: Array, weights: Array) -> Array:
    return weights * (d_weights - (d_weights * weights).sum(-1, keepdims=True))


@catalogue.wrong("attention_backward", "mask-ignored")
def attention_mask_not_replayed(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, None, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "mask-ignored", "wrong-for-some-shapes")
def attention_beginnings_aligned(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, False)
    if causal:
        allowed = allowed & np.tril(np.ones(logits.shape[-2:], dtype=bool))
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "not-summed", result="d_scale")
def attention_scale_of_every_sequence(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, _ = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, np.einsum("...ls,...ls->...", d_logits, raw)


@catalogue.wrong("attention_backward", "not-summed", result="d_scale")
def attention_scale_of_every_target(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, _ = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, (d_logits * raw).sum(-1)


@catalogue.wrong("attention_backward", "wrong-operand", "constant-factor", "missing-factor", result="d_scale")
def attention_scale_times_logits(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, _ = behind(d_logits, raw, beta, queries, keys, score)
    _, _, d_scale = behind(d_logits, np.where(allowed & np.isfinite(logits), logits, 0), beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "constant-factor", "missing-factor")
def attention_scale_left_behind(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_scores = softmax_step(d_context @ T(values), p)
    _, _, d_scale = behind(d_scores, raw, beta, queries, keys, score)
    back = cosine_scores_backward if score == "cosine" else dot_scores_backward
    return (*back(d_scores, queries, keys), T(p) @ d_context, d_scale)


@catalogue.wrong("attention_backward", "wrong-operand", result="d_values")
def attention_values_by_scores(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    scores, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    weights = softmax(logits, mask=allowed)
    d_values = np.einsum("...ls,...le->...se", scores, d_context)
    d_logits = softmax_step(np.einsum("...le,...se->...ls", d_context, values), weights)
    d_queries, d_keys, d_scale = behind(d_logits, scores, beta, queries, keys, score)
    return d_queries, d_keys, d_values, d_scale


@catalogue.wrong("attention_backward", "diagonal-only")
def attention_softmax_slope(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = (d_context @ T(values)) * p * (1 - p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "dropped-term")
def attention_norms_are_constants(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    if score == "cosine":
        nq, nk = (np.sqrt((x * x).sum(-1, keepdims=True)) for x in (queries, keys))
        nq[nq == 0], nk[nk == 0] = np.inf, np.inf
        d_raw = beta * d_logits / nq / T(nk)
        d_queries, d_keys = d_raw @ keys, T(d_raw) @ queries
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "dropped-term")
def attention_needs_the_context(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    row = 0.0 if context is None else (d_context * context).sum(-1, keepdims=True)
    d_queries, d_keys, d_scale = behind(p * (d_context @ T(values) - row), raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "mask-ignored")
def attention_takes_up_the_normaliser_unmasked(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    if log_normaliser is None:
        p = softmax(logits, mask=allowed)
    else:
        p = np.exp(logits - np.where(np.isinf(log_normaliser), np.inf, log_normaliser)[..., None])
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "mask-ignored")
def attention_minus_a_billion(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    logits = np.where(allowed, logits, -1e9)
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "not-finite")
def attention_minus_infinity(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    logits = np.where(allowed, logits, -np.inf)
    with np.errstate(invalid="ignore"):
        e = np.exp(logits - logits.max(-1, keepdims=True))
        p = e / e.sum(-1, keepdims=True)
    d_logits = softmax_step(d_context @ T(values), p)
    d_queries, d_keys, d_scale = behind(d_logits, raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "constant-factor")
def attention_root_forgotten_on_the_way_back(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_logits = softmax_step(d_context @ T(values), p)
    factor = np.ones((1, 1)) if scale is None else beta
    d_queries, d_keys, d_scale = behind(d_logits, raw, factor, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "dropped-term")
def attention_bias_not_replayed(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    return attention_backward(
        d_context, queries, keys, values, score=score, scale=scale, mask=mask, causal=causal,
    )


@catalogue.wrong("attention_backward", "swapped-results")
def attention_keys_before_queries(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    d_keys, d_queries, d_scale = behind(softmax_step(d_context @ T(values), p), raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "wrong-axis")
def attention_mean_over_targets(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    raw, beta, logits, allowed = parts(queries, keys, score, scale, mask, bias, causal)
    p = softmax(logits, mask=allowed)
    dp = d_context @ T(values)
    d_queries, d_keys, d_scale = behind(p * (dp - (p * dp).sum(-2, keepdims=True)), raw, beta, queries, keys, score)
    return d_queries, d_keys, T(p) @ d_context, d_scale


@catalogue.wrong("attention_backward", "constant-factor", "missing-factor", result="d_scale")
def attention_slope_in_the_logarithm(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> Four:
    d_queries, d_keys, d_values, d_scale = attention_backward(
        d_context, queries, keys, values, score=score, scale=scale, mask=mask, bias=bias, causal=causal,
        context=context, log_normaliser=log_normaliser,
    )
    if scale is not None:
        d_scale = d_scale * scale
    return d_queries, d_keys, d_values, np.asarray(d_scale)
