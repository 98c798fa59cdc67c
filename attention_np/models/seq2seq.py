"""Translation: an encoder, a decoder with attention, and a softmax over the target's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ..functional import cross_entropy, cross_entropy_backward, softmax
from ..functional._checks import Array
from ..layers import Dropout, Embedding, Layer, Linear
from ..layers.module import called_once
from .beam_search import Hypothesis, beam_search
from .decoder import Decoder
from .encoder import Encoder
from .rows import RowBatch


@dataclass(frozen=True)
class PairBatch(RowBatch):
    """Sources and targets of equal length each, filled up with padding.

    Attributes
    ----------
    source : integer array (B, S)
    mask : boolean array (B, S)
        True where the source has a word.
    inputs, targets : integer array (B, T)
        The target behind a start word, and before an end word; `padding` fills the rest.
    padding : int
        The id that does not count.
    """

    source: Array
    mask: Array
    inputs: Array
    targets: Array
    padding: int

    @property
    def tokens(self) -> int:
        """Words of source and target that are no padding."""
        return int(self.mask.sum()) + self.counted

    @property
    def counted(self) -> int:
        """Words of the target that are no padding: what the loss is the mean of."""
        return int((self.targets != self.padding).sum())


class Seq2Seq(Layer):
    """Encoder, decoder with attention, softmax (Bahdanau et al. 2015; Luong et al. 2015), with the cosine of the article.

    Parameters
    ----------
    source_size, target_size : int
        Of the vocabularies.
    width : int
        Of the embeddings and of the states.
    score, scale, learn_scale
        As in `Decoder`.
    dropout : float
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        width: int = 96,
        score: str | None = "cosine",
        scale: float | None = None,
        learn_scale: bool = True,
        dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.source_embedding = Embedding(source_size, width, rng=rng, standard_deviation=0.1, dtype=dtype)
        self.target_embedding = Embedding(target_size, width, rng=rng, standard_deviation=0.1, dtype=dtype)
        self.source_dropout, self.target_dropout = Dropout(dropout, rng=rng), Dropout(dropout, rng=rng)
        self.encoder = Encoder(width, dropout=dropout, rng=rng, dtype=dtype)
        self.decoder = Decoder(
            width,
            width,
            width,
            score=score,
            scale=scale,
            learn_scale=learn_scale,
            dropout=dropout,
            rng=rng,
            dtype=dtype,
        )
        self.output = Linear(width, target_size, rng=rng, dtype=dtype)

    def __call__(self, batch: PairBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per target word, and the backward pass."""
        source, source_backward = self.source_embedding(batch.source)
        source, source_dropout_backward = self.source_dropout(source)
        encoded, encoder_backward = self.encoder(source, batch.mask)
        target, target_backward = self.target_embedding(batch.inputs)
        target, target_dropout_backward = self.target_dropout(target)
        decoded, decoder_backward = self.decoder(target, encoded.states, batch.mask, encoded.summary)
        logits, output_backward = self.output(decoded.features)
        loss = cross_entropy(logits, batch.targets, ignore_index=batch.padding)

        @called_once
        def backward() -> None:
            d_logits = cross_entropy_backward(logits, batch.targets, ignore_index=batch.padding)
            d_target, d_states, d_summary = decoder_backward(d_features=output_backward(d_logits))
            target_backward(target_dropout_backward(d_target))
            d_source = encoder_backward(d_states=d_states, d_summary=d_summary)
            source_backward(source_dropout_backward(d_source))

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
        embedded, _ = self.source_embedding(source)
        encoded, _ = self.encoder(embedded, mask)

        def step(states: Array, words: Array) -> tuple[Array, Array]:
            target, _ = self.target_embedding(words)
            decoded = self.decoder.step(target, encoded.states, mask, states)
            logits, _ = self.output(decoded.features)
            likely = softmax(logits)
            # Nothing and a beginning must not be written either.
            likely[..., [padding, start, *never]] = 0
            with np.errstate(divide="ignore"):
                return np.log(likely), decoded.state

        initial = np.repeat(encoded.summary[:, None], beams, axis=1)
        found = beam_search(step, initial, start=start, end=end, longest=longest)
        return [hypotheses[0] for hypotheses in found]

    def weights(self, batch: PairBatch) -> Array | None:
        """Where attention lies before each word of the batch's targets, (B, T, S); None without attention."""
        source, _ = self.source_embedding(batch.source)
        encoded, _ = self.encoder(source, batch.mask)
        target, _ = self.target_embedding(batch.inputs)
        decoded, _ = self.decoder(target, encoded.states, batch.mask, encoded.summary)
        return decoded.weights
