"""Writing on: a token at a time, from a cache of what was written."""

from __future__ import annotations

import numpy as np

from ...functional._checks import Array
from ..sampling import sample
from .language_model import LanguageModel


def generate(
    model: LanguageModel,
    beginning: Array,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    context: int | None = None,
    rng: np.random.Generator,
) -> Array:
    """Continue texts.

    Parameters
    ----------
    model : LanguageModel
    beginning : integer array (B, T)
        At least one token each.
    length : int
        Tokens to write.
    temperature, top_k
        As in `sample`; a temperature of 0 is greedy.
    context : int, optional
        The longest text that the model was trained on. When so many tokens are in the cache, it is begun anew with the last
        half of them; a model asked for places that it never saw would write nonsense.
    rng : numpy.random.Generator

    Returns
    -------
    integer array (B, length)
        What was written, without the beginning.
    """
    if beginning.ndim != 2 or not beginning.shape[1]:
        raise ValueError(f"beginning: expected texts (batch, at least one token), got {beginning.shape}")
    if context is not None and context < 2:
        raise ValueError(f"context: expected at least 2 tokens, got {context}")
    texts, limit = beginning, beginning.shape[1] + length if context is None else context
    caches, first = model.caches(), max(0, beginning.shape[1] - limit)
    seen = first
    for _ in range(length):
        if texts.shape[1] - first > limit:
            caches, first = model.caches(), texts.shape[1] - limit // 2
            seen = first
        logits = model.step(texts[:, seen:], caches)[:, -1]
        seen = texts.shape[1]
        drawn = sample(logits, temperature=temperature, top_k=top_k, rng=rng)
        texts = np.concatenate([texts, drawn[:, None]], axis=1)
    return texts[:, beginning.shape[1] :]
