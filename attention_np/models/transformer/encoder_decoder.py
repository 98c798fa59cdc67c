"""The whole transformer: one stack reads, another one writes and looks at what was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from ...functional import cross_entropy, cross_entropy_backward, softmax
from ...functional._checks import Array
from ...layers import Layer
from ...layers.module import called_once
from ..beam_search import Hypothesis, beam_search
from ..seq2seq import PairBatch
from .settings import TransformerSettings
from .stack import Stack
from .words import Words


class Transformer(Layer):
    """Encoder and decoder (Vaswani et al. 2017), with the cosine of the article; stands in wherever a `Seq2Seq` does.

    Parameters
    ----------
    source_size, target_size : int
        Of the vocabularies.
    settings : TransformerSettings
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        settings: TransformerSettings,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.settings = settings
        self.source_words = Words(source_size, settings, rng=rng, dtype=dtype)
        self.target_words = Words(target_size, settings, rng=rng, dtype=dtype)
        self.encoder = Stack(settings, causal=False, rng=rng, dtype=dtype)
        self.decoder = Stack(settings, causal=True, cross=True, rng=rng, dtype=dtype)

    def __call__(self, batch: PairBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per target word, and the backward pass; labels are smoothed while training."""
        mask = batch.mask[:, None]
        source, source_backward = self.source_words(batch.source)
        memory, encoder_backward = self.encoder(source, mask)
        target, target_backward = self.target_words(batch.inputs)
        features, decoder_backward = self.decoder(target, None, memory, mask)
        logits, logits_backward = self.target_words.logits(features)
        smoothing = self.settings.label_smoothing if self.training else 0.0
        loss = cross_entropy(logits, batch.targets, batch.padding, smoothing)

        @called_once
        def backward() -> None:
            d_logits = cross_entropy_backward(logits, batch.targets, batch.padding, smoothing)
            d_target, d_memory = decoder_backward(logits_backward(d_logits))
            target_backward(d_target)
            d_source, _ = encoder_backward(d_memory)
            source_backward(d_source)

        return float(loss), backward

    def predict(
        self,
        source: Array,
        mask: Array,
        *,
        start: int,
        end: int,
        padding: int,
        beams: int = 1,
        longest: int = 24,
        never: Sequence[int] = (),
    ) -> list[Hypothesis]:
        """The likeliest target of each source (B, S), by beam search; one beam is greedy. Ids of `never` are not written."""
        memory_mask = mask[:, None]
        memory, _ = self.encoder(self.source_words(source)[0], memory_mask)
        caches = self.decoder.caches()

        def step(states: Sequence[Array], words: Array) -> tuple[Array, Sequence[Array]]:
            written = caches[0].own.seen
            for cache, keys, values in zip(caches, states[0::2], states[1::2], strict=True):
                cache.own.keys, cache.own.values = keys, values
            embedded = self.target_words.at(words[..., None], written)
            features = self.decoder.step(embedded, caches, None if written else memory, memory_mask)
            likely = softmax(self.target_words.logits(features[..., 0, :])[0])
            # Nothing and a beginning must not be written either.
            likely[..., [padding, start, *never]] = 0
            held = [array for cache in caches for array in (cache.own.keys, cache.own.values) if array is not None]
            with np.errstate(divide="ignore"):
                return np.log(likely), held

        heads, shared = self.settings.heads, self.settings.key_value_heads
        shape = (len(source), beams, heads if shared is None else shared, 0, self.settings.width // heads)
        states = [np.empty(shape, memory.dtype) for _ in range(2 * len(caches))]
        found = beam_search(step, states, start=start, end=end, longest=longest)
        return [hypotheses[0] for hypotheses in found]

    @property
    def sharpness(self) -> float:
        """β in force, the mean over all heads of cross attention."""
        looking = [block.cross.inner for block in self.decoder.blocks if block.cross is not None]
        return float(np.mean([attention.scale_in_force for attention in looking]))

    def weights(self, batch: PairBatch) -> Array:
        """Where attention lies before each word of the batch's targets, (B, T, S): the mean of the last block's heads."""
        return self.head_weights(batch)[-1].mean(axis=1)

    def head_weights(self, batch: PairBatch) -> Array:
        """Where each head of cross attention looks, (blocks, B, heads, T, S)."""
        mask = batch.mask[:, None]
        memory, _ = self.encoder(self.source_words(batch.source)[0], mask)
        running, _ = self.target_words(batch.inputs)
        looked = []
        for block in self.decoder.blocks:
            if block.cross is not None:
                attended, _ = block.attention(running, causal=True)
                looked.append(block.cross.inner.weights(block.cross.norm(attended)[0], memory, mask=mask))
            running, _ = block(running, None, memory, mask)
        return np.stack(looked)
