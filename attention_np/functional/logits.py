"""All scores of attention at once: for looking at their weights, and for saying which of them is at fault."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ._checks import Array
from .attention_options import SCORES, Options


def scaled_scores(queries: Array, keys: Array, options: Options) -> tuple[Array, Array, Array | None]:
    """The scores, the scaled and biased scores, and where attending is allowed (None: everywhere)."""
    options.check(queries, keys)
    scores_function, _ = SCORES[options.score]
    scores = scores_function(queries, keys)
    logits = scores * options.multiplier(queries)[..., None, None]
    if options.bias is not None:
        logits = logits + options.bias
    return scores, logits, options.allowed(*logits.shape[-2:])


def refuse(log_normaliser: Array, queries: Array, keys: Array, options: Options) -> NoReturn:
    """Name the argument, or else the first allowed score, that is NaN or +inf, from its row alone."""
    options.require_finite(queries, keys)
    keys = np.repeat(keys, queries.shape[-3] // keys.shape[-3], axis=-3) if queries.ndim > 2 else keys
    targets, sources = queries.shape[-2], keys.shape[-2]
    first = int(np.argmax(~(log_normaliser.ravel() < np.inf)))
    item = tuple(int(i) for i in np.unravel_index(first // targets, queries.shape[:-2]))
    row = slice(first % targets, first % targets + 1)
    shape = (*queries.shape[:-1], sources)
    bias = None if options.bias is None else np.broadcast_to(options.bias, shape)[item][row]
    distance = row.start + sources - targets - np.arange(sources)
    allowed = np.ones(sources, bool)
    if options.causal:
        allowed &= distance >= 0
    if options.window is not None:
        allowed &= np.abs(distance) < options.window
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
