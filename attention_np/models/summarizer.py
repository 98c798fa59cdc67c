"""Summaries: an encoder, a decoder with attention, and a pointer that may copy a word of the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ..functional import (
    copy_mixture,
    cross_entropy,
    cross_entropy_backward,
    linear,
    linear_backward,
    sigmoid,
    softmax,
)
from ..functional._checks import Array
from ..functional.pointer import copy_loss
from ..layers import Dropout, Embedding, Layer, Linear, Parameter
from ..layers.module import called_once
from .beam_search import Hypothesis, beam_search
from .decoder import Decoder
from .encoder import Encoder
from .seq2seq import PairBatch


@dataclass(frozen=True)
class SummaryBatch(PairBatch):
    """A `PairBatch` whose `targets` may name words of their own source that the vocabulary lacks.

    Attributes
    ----------
    extended_source : integer array (B, S)
        The source in the extended vocabulary: a word that the vocabulary lacks has an id from its size on.
    unknown : int
        The id that stands for such a word in `source` and `inputs`.
    """

    extended_source: Array
    unknown: int


class Summarizer(Layer):
    """Encoder, decoder with cosine attention, and a pointer (See, Liu, Manning 2017), with one table of words for all.

    The source's embedding, the target's and the output's weight are the same table (Press, Wolf 2017): what is learned of a word
    read is known of the word written. Without attention there is nothing to point with, and no pointer.

    Parameters
    ----------
    vocabulary_size : int
        The words that can be read.
    writable : int
        The first so many of them can be written; the others, as what is beyond the vocabulary, only copied.
    width : int
        Of the words and of the states.
    score, scale, learn_scale
        As in `Decoder`.
    dropout : float
        The share left out of embeddings, states and features while training.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        vocabulary_size: int,
        writable: int,
        *,
        width: int = 192,
        score: str | None = "cosine",
        scale: float | None = None,
        learn_scale: bool = True,
        dropout: float = 0.3,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.embedding = Embedding(vocabulary_size, width, rng=rng, standard_deviation=width**-0.5, dtype=dtype)
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
        self.output_bias = Parameter(np.zeros(writable, dtype))
        self.gate = None if score is None else Linear(width, 1, rng=rng, dtype=dtype)

    def __call__(self, batch: SummaryBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per target word, and the backward pass."""
        source, source_backward = self.embedding(batch.source)
        source, source_dropout_backward = self.source_dropout(source)
        encoded, encoder_backward = self.encoder(source, batch.mask)
        target, target_backward = self.embedding(batch.inputs)
        target, target_dropout_backward = self.target_dropout(target)
        decoded, decoder_backward = self.decoder(target, encoded.states, batch.mask, encoded.summary)
        loss, loss_backward = self._loss(decoded.features, decoded.weights, batch)

        @called_once
        def backward() -> None:
            d_features, d_weights = loss_backward()
            d_target, d_states, d_summary = decoder_backward(d_features=d_features, d_weights=d_weights)
            target_backward(target_dropout_backward(d_target))
            d_source = encoder_backward(d_states=d_states, d_summary=d_summary)
            source_backward(source_dropout_backward(d_source))

        return loss, backward

    def _loss(
        self, features: Array, weights: Array | None, batch: SummaryBatch
    ) -> tuple[float, Callable[[], tuple[Array, Array | None]]]:
        # Half of a batch's targets may be padding. The vocabulary's softmax, the dearest part of a step, is taken only where
        # there is a word: each such place becomes a row of its own.
        counted = batch.targets != batch.padding
        logits, output_backward = self._output(features[counted][:, None])
        targets = batch.targets[counted][:, None]

        def everywhere(d_rows: Array, like: Array) -> Array:
            d_all = np.zeros_like(like)
            d_all[counted] = d_rows[:, 0]
            return d_all

        if self.gate is None or weights is None:
            known = np.where(targets < logits.shape[-1], targets, batch.unknown)

            def backward_without() -> tuple[Array, None]:
                return everywhere(output_backward(cross_entropy_backward(logits, known)), features), None

            return float(cross_entropy(logits, known)), backward_without

        gate, gate_backward = self.gate(features[counted][:, None])
        sources = batch.extended_source[np.nonzero(counted)[0]]
        loss, loss_backward = copy_loss(logits, weights[counted][:, None], gate[..., 0], targets, sources)

        def backward() -> tuple[Array, Array | None]:
            d_logits, d_weights, d_gate = loss_backward()
            d_features = output_backward(d_logits) + gate_backward(d_gate[..., None])
            return everywhere(d_features, features), everywhere(d_weights, weights)

        return float(loss), backward

    def _output(self, features: Array) -> tuple[Array, Callable[[Array], Array]]:
        table = self.embedding.weight
        writable = len(self.output_bias.value)
        rows = table.value[:writable]

        def backward(d_logits: Array) -> Array:
            d_features, d_weight, d_bias = linear_backward(d_logits, features, rows.T)
            table.grad[:writable] += d_weight.T
            self.output_bias.grad += d_bias
            return d_features

        return linear(features, rows.T, self.output_bias.value), backward

    def predict(
        self,
        batch: SummaryBatch,
        *,
        start: int,
        end: int,
        beams: int = 4,
        longest: int = 24,
        length_power: float = 1.0,
        unwritten: Sequence[int] = (),
    ) -> list[list[Hypothesis]]:
        """Beam search from the batch's sources (its targets are not looked at); ids are of the extended vocabulary.

        Ids in `unwritten` are never written, nor are padding, `start` and the id of unknown words.
        """
        forbidden = [batch.padding, start, batch.unknown, *unwritten]
        embedded, _ = self.embedding(batch.source)
        encoded, _ = self.encoder(embedded, batch.mask)
        vocabulary_size = len(self.embedding.weight.value)
        extended_size = max(vocabulary_size, int(batch.extended_source.max(initial=0)) + 1)

        def step(states: Array, words: Array) -> tuple[Array, Array]:
            target, _ = self.embedding(np.where(words < vocabulary_size, words, batch.unknown))
            decoded = self.decoder.step(target, encoded.states, batch.mask, states)
            logits, _ = self._output(decoded.features)
            mixture = softmax(logits)
            if self.gate is not None and decoded.weights is not None:
                gate = sigmoid(self.gate(decoded.features)[0][..., 0])
                mixture = copy_mixture(mixture, decoded.weights, gate, batch.extended_source, extended_size)
            mixture[..., [id for id in forbidden if id < mixture.shape[-1]]] = 0
            with np.errstate(divide="ignore"):
                return np.log(mixture), decoded.state

        initial = np.repeat(encoded.summary[:, None], beams, axis=1)
        return beam_search(
            step,
            initial,
            start=start,
            end=end,
            longest=longest,
            length_power=length_power,
            repeat_pairs=False,
        )

    def weights(self, batch: SummaryBatch) -> Array | None:
        """Where attention lies before each word of the batch's targets, (B, T, S); None without attention."""
        looked = self.look(batch)
        return None if looked is None else looked[0]

    def look(self, batch: SummaryBatch) -> tuple[Array, Array] | None:
        """Where attention lies before each word of the batch's targets, and how far that word was copied.

        Returns
        -------
        weights : array (B, T, S)
        copied : array (B, T)
            The share of the word's probability that came from the pointer.
        None
            Without attention.
        """
        source, _ = self.embedding(batch.source)
        encoded, _ = self.encoder(source, batch.mask)
        target, _ = self.embedding(batch.inputs)
        decoded, _ = self.decoder(target, encoded.states, batch.mask, encoded.summary)
        if self.gate is None or decoded.weights is None:
            return None
        written = sigmoid(self.gate(decoded.features)[0][..., 0])
        logits, _ = self._output(decoded.features)
        in_vocabulary = batch.targets < logits.shape[-1]
        columns = np.where(in_vocabulary, batch.targets, batch.unknown)[..., None]
        by_writing = written * in_vocabulary * np.take_along_axis(softmax(logits), columns, axis=-1)[..., 0]
        found = batch.extended_source[:, None, :] == batch.targets[..., None]
        by_copying = (1 - written) * np.sum(decoded.weights * found, axis=-1)
        total = by_writing + by_copying
        return decoded.weights, np.divide(by_copying, total, out=np.zeros_like(total), where=total > 0)
