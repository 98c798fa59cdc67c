"""Attention as the three steps one after the other: what short inputs are computed by, and what says which score is at fault."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ._checks import Array
from .attention_options import SCORES, Options
from .context import context as weighted_sum
from .context import context_backward
from .weights import softmax, softmax_backward


def scaled_scores(queries: Array, keys: Array, options: Options) -> tuple[Array, Array, Array | None]:
    """The scores, the scaled and biased scores, and where attending is allowed (None: everywhere)."""
    options.check(queries, keys)
    scores_function, _ = SCORES[options.score]
    scores = scores_function(queries, keys)
    logits = scores * options.multiplier(queries)[..., None, None]
    if options.bias is not None:
        logits = logits + options.bias
    return scores, logits, options.allowed(*logits.shape[-2:])


def attention_by_steps(queries: Array, keys: Array, values: Array, options: Options) -> tuple[Array, Array]:
    """Context and log-normaliser."""
    _, logits, allowed = scaled_scores(queries, keys, options)
    weights = _weights(logits, allowed, queries, keys, options)
    return weighted_sum(weights, values), _log_normaliser(logits, allowed)


def attention_by_steps_backward(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    options: Options,
    context: Array | None,
    log_normaliser: Array | None,
) -> tuple[Array, Array, Array, Array]:
    """Gradients of queries, keys, values and scale: the steps, last to first."""
    scores, logits, allowed = scaled_scores(queries, keys, options)
    if log_normaliser is None:
        weights = _weights(logits, allowed, queries, keys, options)
    else:
        weights = _weights_again(logits, allowed, log_normaliser)
    d_weights, d_values = context_backward(d_context, weights, values)
    if context is None:
        d_logits = softmax_backward(d_weights, weights)
    else:
        d_logits = weights * (d_weights - np.sum(d_context * context, axis=-1, keepdims=True))
    _, scores_backward = SCORES[options.score]
    d_queries, d_keys = scores_backward(
        d_logits * options.multiplier(queries)[..., None, None], queries, keys
    )
    finite_scores = scores if allowed is None else np.where(allowed, scores, 0)
    d_scale = options.sum_to_scale(np.sum(d_logits * finite_scores, axis=(-2, -1)))
    return d_queries, d_keys, d_values, d_scale


def refuse(log_normaliser: Array, queries: Array, keys: Array, options: Options) -> NoReturn:
    """Name the argument, or else the first allowed score, that is NaN or +inf, from its row alone."""
    options.require_finite(queries, keys)
    targets, sources = queries.shape[-2], keys.shape[-2]
    first = int(np.argmax(~(log_normaliser.ravel() < np.inf)))
    item = tuple(int(i) for i in np.unravel_index(first // targets, queries.shape[:-2]))
    row = slice(first % targets, first % targets + 1)
    shape = (*queries.shape[:-1], sources)
    bias = None if options.bias is None else np.broadcast_to(options.bias, shape)[item][row]
    allowed = (
        np.arange(sources) <= row.start + sources - targets if options.causal else np.ones(sources, bool)
    )
    if options.mask is not None:
        allowed = allowed & np.broadcast_to(options.mask, shape)[item][row]
    scale = np.broadcast_to(options.multiplier(queries), queries.shape[:-2])[item]
    with np.errstate(all="ignore"):
        _, logits, _ = scaled_scores(
            queries[item][row], keys[item], Options(options.score, scale, None, bias, False)
        )
    column = int(np.argmax(allowed & ~(logits < np.inf)))
    where = (*item, row.start, column)
    raise ValueError(f"scores: expected finite numbers or -inf, got {logits[0, column]} at index {where}")


def _weights(logits: Array, allowed: Array | None, queries: Array, keys: Array, options: Options) -> Array:
    """The softmax of `logits`; where one is not a number, the argument that brought it is named."""
    try:
        return softmax(logits, mask=allowed)
    except ValueError:
        options.require_finite(queries, keys)
        raise


def _log_normaliser(logits: Array, allowed: Array | None) -> Array:
    if allowed is not None:
        logits = np.where(allowed, logits, -np.inf)
    maximum = np.max(logits, axis=-1, initial=-np.inf)
    finite = np.where(maximum == -np.inf, 0, maximum).astype(logits.dtype)
    with np.errstate(divide="ignore", over="ignore"):
        return finite + np.log(np.exp(logits - finite[..., None]).sum(axis=-1))


def _weights_again(logits: Array, allowed: Array | None, log_normaliser: Array) -> Array:
    attends = log_normaliser != -np.inf
    shift = np.where(attends, log_normaliser, 0).astype(logits.dtype)
    possible = attends[..., None] if allowed is None else attends[..., None] & allowed
    with np.errstate(over="ignore"):
        weights = np.exp(logits - shift[..., None])
    return np.where(possible, weights, 0)
