"""Wrong contexts, and wrong attention as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import context as weighted_sum
from attention_np import cosine_scores, dot_scores, softmax

from ..mutant import Catalogue

Array = NDArray[Any]
Option = Array | None
Scale = float | Array | None

catalogue = Catalogue()


@catalogue.wrong("context", "overwritten")
def context_last_source(weights: Array, values: Array) -> Array:
    result = np.zeros(weights.shape[:-1] + values.shape[-1:])
    for i in range(values.shape[-2]):
        result = weights[..., :, i, None] * values[..., None, i, :]
    return result


@catalogue.wrong("context", "constant-factor")
def context_divided_once_more(weights: Array, values: Array) -> Array:
    return np.mean(weights[..., None] * values[..., None, :, :], axis=-2)


def steps(queries: Array, keys: Array, score: str, scale: Scale) -> tuple[Array, Array]:
    scores = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    return scores, np.asarray(scale)[..., None, None]


def finish(logits: Array, values: Array, mask: Option, causal: bool, log_too: bool) -> Any:
    if causal:
        targets, sources = logits.shape[-2:]
        ahead = np.tri(targets, sources, sources - targets, dtype=bool)
        mask = ahead if mask is None else mask & ahead
    result = weighted_sum(softmax(logits, mask=mask), values)
    if not log_too:
        return result
    with np.errstate(divide="ignore"):
        return result, np.log(np.exp(logits if mask is None else np.where(mask, logits, -np.inf)).sum(-1))


@catalogue.wrong("attention", "mask-ignored", "wrong-for-some-shapes")
def attention_looks_from_the_beginning(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    if causal:
        lower = np.tril(np.full(logits.shape[-2:], True))
        mask = lower if mask is None else mask & lower
    return finish(logits, values, mask, False, return_log_normaliser)


@catalogue.wrong("attention", "wrong-values")
def attention_sharpens_the_weights(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    done = finish(scores if bias is None else scores + bias, values, mask, causal, return_log_normaliser)
    return (done[0] * beta, done[1]) if return_log_normaliser else done * beta


@catalogue.wrong("attention", "constant-factor", "missing-factor", "wrong-values")
def attention_scales_the_bias_too(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    return finish((scores + (0.0 if bias is None else bias)) * beta, values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "constant-factor", "wrong-values")
def attention_scale_beside_the_root(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    if score == "scaled_dot" and scale is not None:
        beta = beta / np.sqrt(keys.shape[-1])
    return finish(scores * beta + (0.0 if bias is None else bias), values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "mask-ignored")
def attention_causal_or_mask(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    return finish(logits, values, None if causal else mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "dropped-term")
def attention_without_bias(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    return finish(np.multiply(beta, scores), values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "wrong-axis")
def attention_normalised_over_targets(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    allowed = np.broadcast_to(True if mask is None else mask, logits.shape)
    if causal:
        allowed = allowed & np.tri(*logits.shape[-2:], logits.shape[-1] - logits.shape[-2], dtype=bool)
    result = softmax(logits, axis=-2, mask=allowed) @ values
    return (result, finish(logits, values, allowed, False, True)[1]) if return_log_normaliser else result
