"""Mistakes with what the forward pass of attention kept, seen only where it is given to the backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_np.functional import attention_backward

from ..mutant import Catalogue
from .parts import Array

catalogue = Catalogue()
Four = tuple[Array, Array, Array, Array]


@catalogue.wrong("attention_backward", "mask-ignored")
def weights_taken_up_again_without_the_mask(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Any = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    context: Array | None = None,
    log_normaliser: Array | None = None,
) -> Four:
    options = {"score": score, "scale": scale, "bias": bias, "context": context}
    if log_normaliser is None:
        options |= {"mask": mask, "causal": causal}
    return attention_backward(d_context, queries, keys, values, log_normaliser=log_normaliser, **options)


@catalogue.wrong("attention_backward", "dropped-term")
def mean_of_the_softmax_lost_with_the_context(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Any = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    context: Array | None = None,
    log_normaliser: Array | None = None,
) -> Four:
    options = {"score": score, "scale": scale, "mask": mask, "bias": bias, "causal": causal}
    if context is not None:
        options["context"] = np.zeros_like(context)
    return attention_backward(d_context, queries, keys, values, log_normaliser=log_normaliser, **options)
