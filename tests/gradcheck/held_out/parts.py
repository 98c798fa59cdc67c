"""What several of the implementations here have in common; all of it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import cosine_scores, cosine_scores_backward, dot_scores, dot_scores_backward

Array = NDArray[Any]
Scale = float | Array | None
Option = Array | None


def T(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def parts(
    queries: Array, keys: Array, score: str, scale: Scale, mask: Option, bias: Option, causal: bool
) -> tuple[Array, Array, Array, Array]:
    """The scores, what multiplies them, the logits, and where attending is allowed."""
    raw = (cosine_scores if score == "cosine" else dot_scores)(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    beta = np.asarray(scale)[..., None, None]
    logits = raw * beta if bias is None else raw * beta + bias
    allowed = np.ones(logits.shape, bool) if mask is None else np.broadcast_to(mask, logits.shape)
    if causal:
        targets, sources = logits.shape[-2:]
        allowed = allowed & np.tri(targets, sources, sources - targets, dtype=bool)
    return raw, beta, logits, allowed


def behind(d_logits: Array, raw: Array, beta: Array, queries: Array, keys: Array, score: str) -> Any:
    """From the gradient of the logits to that of queries, keys and the multiplier, of its shape."""
    back = cosine_scores_backward if score == "cosine" else dot_scores_backward
    d_queries, d_keys = back(d_logits * beta, queries, keys)
    d_beta = (d_logits * raw).sum((-1, -2))
    shape = beta.shape[:-2]
    d_beta = d_beta.sum(tuple(range(d_beta.ndim - len(shape))))
    for axis, size in enumerate(shape):
        if size == 1:
            d_beta = d_beta.sum(axis, keepdims=True)
    return d_queries, d_keys, d_beta
