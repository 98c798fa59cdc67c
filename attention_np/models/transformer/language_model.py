"""The decoder alone: a model of text, a token at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ...functional import cross_entropy, cross_entropy_backward
from ...functional._checks import Array
from ...layers import Layer
from ...layers.module import called_once
from ..rows import RowBatch
from .settings import TransformerSettings
from .stack import BlockCache, Stack
from .words import Words


@dataclass(frozen=True)
class TokenBatch(RowBatch):
    """Texts, and what comes behind each of their tokens.

    Attributes
    ----------
    inputs, targets : integer array (B, T)
    ignored : int or None
        The target that does not count: padding, or what is given and not asked for.
    """

    inputs: Array
    targets: Array
    ignored: int | None = None

    @property
    def tokens(self) -> int:
        """Targets that count."""
        return int(np.count_nonzero(self.targets != self.ignored)) if self.ignored is not None else self.targets.size


class LanguageModel(Layer):
    """A decoder-only transformer (Radford et al. 2018), whose attention is the article's cosine unless another is chosen.

    Parameters
    ----------
    vocabulary_size : int
    settings : TransformerSettings
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        vocabulary_size: int,
        settings: TransformerSettings,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.label_smoothing = settings.label_smoothing
        self.words = Words(vocabulary_size, settings, rng=rng, dtype=dtype)
        self.decoder = Stack(settings, causal=True, rng=rng, dtype=dtype)

    def __call__(self, batch: TokenBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per token that counts, and the backward pass; labels are smoothed while training."""
        embedded, embedding_backward = self.words(batch.inputs)
        features, decoder_backward = self.decoder(embedded)
        logits, logits_backward = self.words.logits(features)
        smoothing = self.label_smoothing if self.training else 0.0
        loss = cross_entropy(logits, batch.targets, batch.ignored, smoothing)

        @called_once
        def backward() -> None:
            d_logits = cross_entropy_backward(logits, batch.targets, batch.ignored, smoothing)
            d_embedded, _ = decoder_backward(logits_backward(d_logits))
            embedding_backward(d_embedded)

        return float(loss), backward

    def logits(self, ids: Array) -> Array:
        """What may come behind each of `ids` (B, T): (B, T, vocabulary size)."""
        features, _ = self.decoder(self.words(ids)[0])
        return self.words.logits(features)[0]

    def caches(self) -> list[BlockCache]:
        """Empty ones, for the first step."""
        return self.decoder.caches()

    def step(self, ids: Array, caches: Sequence[BlockCache]) -> Array:
        """The last T rows of what `logits` would give for all ids so far, from the caches and the new ids (B, T) alone."""
        embedded = self.words.at(ids, caches[0].own.seen)
        return self.words.logits(self.decoder.step(embedded, caches))[0]

    def weights(self, ids: Array) -> Array:
        """Where every head looks, (blocks, B, heads, T, T)."""
        return self.decoder.weights(self.words(ids)[0])
