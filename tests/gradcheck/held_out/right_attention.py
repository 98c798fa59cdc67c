"""Right implementations in unusual styles: attention as a whole."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue
from .right import (
    cosine_hypot,
    cosine_projection_matrices,
    cosine_quotient_rule,
    dot_accumulated_by_width,
    dot_as_outer_products,
    dot_transposed_results,
)

Array = NDArray[Any]
Option = Array | None
Scale = float | Array | None

catalogue = Catalogue()


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    while x.ndim > len(shape):
        x = x.sum(axis=0)
    return functools.reduce(lambda a, n: a.sum(n, keepdims=True) if shape[n] == 1 else a, range(len(shape)), x)


def table(queries: Array, keys: Array, score: str, scale: Scale, mask: Option, bias: Option, causal: bool) -> Any:
    """Scores, multiplier, bias and permission, all stretched to (..., L, S)."""
    scores = (cosine_hypot if score == "cosine" else dot_accumulated_by_width)(queries, keys)
    if scale is None:
        scale = 1 / math.sqrt(queries.shape[-1]) if score == "scaled_dot" else 1.0
    targets, sources = scores.shape[-2:]
    may = np.ones(scores.shape, bool) if mask is None else np.broadcast_to(mask, scores.shape).copy()
    if causal:
        for i in range(targets):
            may[..., i, max(0, i + sources - targets + 1):] = False
    beta = np.broadcast_to(np.asarray(scale, float)[..., None, None], scores.shape)
    return scores, beta, np.broadcast_to(0.0 if bias is None else bias, scores.shape), may


@catalogue.right("attention")
def attention_one_source_after_another(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta, added, may = table(queries, keys, score, scale, mask, bias, causal)
    logits = np.where(may, scores * beta + added, -np.inf)
    top, total = np.full(logits.shape[:-1], -np.inf), np.zeros(logits.shape[:-1])
    mixed = np.zeros(queries.shape[:-1] + values.shape[-1:])
    for i in range(logits.shape[-1]):
        new = np.maximum(top, logits[..., i])
        safe = np.where(np.isinf(new), 0, new)
        old_share, share = np.exp(top - safe), np.exp(logits[..., i] - safe)
        total = total * old_share + share
        mixed = mixed * old_share[..., None] + share[..., None] * values[..., None, i, :]
        top = new
    result = mixed / np.where(total == 0, 1, total)[..., None]
    log_z = np.where(total == 0, -np.inf, np.log(np.where(total == 0, 1, total)) + top)
    return (result, log_z) if return_log_normaliser else result


@catalogue.right("attention")
def attention_target_by_target(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta, added, may = table(queries, keys, score, scale, mask, bias, causal)
    result, log_z = np.zeros(queries.shape[:-1] + values.shape[-1:]), np.full(queries.shape[:-1], -np.inf)
    for *b, j in np.ndindex(log_z.shape):
        here = (*b, j)
        seen = np.flatnonzero(may[here])
        logits = (scores * beta + added)[here][seen]
        if len(seen) and logits.max() > -np.inf:
            log_z[here] = np.logaddexp.reduce(logits)
            result[here] = np.exp(logits - log_z[here]) @ values[tuple(b)][seen]
    return (result, log_z) if return_log_normaliser else result


@catalogue.right("attention_backward")
def attention_backward_target_by_target(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> list[Array]:
    scores, beta, added, may = table(queries, keys, score, scale, mask, bias, causal)
    d_values, d_logits = np.zeros(values.shape), np.zeros(scores.shape)
    for *b, j in np.ndindex(scores.shape[:-1]):
        here, batch = (*b, j), tuple(b)
        seen = may[here] & (added[here] > -np.inf)
        if not seen.any():
            continue
        logits = scores[here][seen] * beta[here][seen] + added[here][seen]
        p = np.exp(logits - np.logaddexp.reduce(logits))
        d_values[batch][seen] += np.outer(p, d_context[here])
        dp = values[batch][seen] @ d_context[here]
        d_logits[here][seen] = (np.diag(p) - np.outer(p, p)) @ dp
    back = cosine_projection_matrices if score == "cosine" else dot_as_outer_products
    d_queries, d_keys = back(d_logits * beta, queries, keys)
    per_sequence = np.einsum("...ls,...ls->...", d_logits, scores)
    return [d_queries, d_keys, d_values, sum_to(np.asarray(per_sequence), np.shape(scale) if scale is not None else ())]


@catalogue.right("attention_backward")
def attention_backward_from_what_was_kept(
    d_context: Array, queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None,
    mask: Option = None, bias: Option = None, causal: bool = False, context: Option = None,
    log_normaliser: Option = None,
) -> tuple[Array, ...]:
    scores, beta, added, may = table(queries, keys, score, scale, mask, bias, causal)
    options: dict[str, Any] = {"score": score, "scale": scale, "mask": mask, "bias": bias, "causal": causal}
    again, log_z = attention_one_source_after_another(queries, keys, values, **options, return_log_normaliser=True)
    result = again if context is None else context
    log_z = log_z if log_normaliser is None else log_normaliser
    shift = np.where(np.isinf(log_z), 0, log_z)[..., None]
    p = np.exp(np.where(may, scores * beta + added, -np.inf) - shift)
    # The gradient of p (v - c), contracted with the upstream.
    distances = values[..., None, :, :] - result[..., :, None, :]
    d_logits = p * np.einsum("...lse,...le->...ls", distances, d_context)
    back = cosine_quotient_rule if score == "cosine" else dot_transposed_results
    d_queries, d_keys = back(d_logits * beta, queries, keys)
    d_beta = sum_to((d_logits * scores).sum(-1).sum(-1), np.shape(scale) if isinstance(scale, np.ndarray) else ())
    return d_queries, d_keys, (d_context.swapaxes(-1, -2) @ p).swapaxes(-1, -2), np.asarray(d_beta)
