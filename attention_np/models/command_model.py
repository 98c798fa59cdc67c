"""From commands to actions: the encoder-decoder of the SCAN paper (Lake, Baroni 2018), with or without attention.

model = CommandModel(source_size, target_size, width=100, cell="elman", score="additive", rng=rng)
loss, backward = model(batch)                    # a PairBatch; the mean loss over its actions, each row's end included
actions = model.predict(batch.source, batch.mask, start=1, end=2, padding=0, longest=60)      # a list of ids for each row
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import cross_entropy, cross_entropy_backward
from ..functional._checks import Array
from ..layers import Dropout, Embedding, Layer
from ..layers.module import called_once
from .feeding_decoder import CELLS, FeedingDecoder
from .seq2seq import PairBatch


class CommandModel(Layer):
    """A recurrent encoder of one direction, and a `FeedingDecoder` of the same cell that begins where it ended.

    Parameters
    ----------
    source_size, target_size : int
        Of the vocabularies.
    width : int
        Of embeddings and states.
    cell : {"elman", "gru", "lstm"}
    score : {"cosine", "dot", "scaled_dot", "additive"} or None
        None: no attention.
    learn_scale : bool
        Learn the sharpness β that multiplies the scores; else it is 1 (1/√width for ``scaled_dot``).
    dropout : float
        The share left out, while training, of embedded words and actions, and of what stands before the output layer.
    teacher_forcing : float
        The share of a batch's rows, while training, whose decoder is told the right action before each; the others go on from their
        own. Outside training all rows are told.
    rng : numpy.random.Generator
        Draws the parameters, dropout, and who is told.
    dtype : dtype
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        width: int = 100,
        cell: str = "elman",
        score: str | None = "cosine",
        learn_scale: bool = False,
        dropout: float = 0.0,
        teacher_forcing: float = 0.5,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if cell not in CELLS:
            raise ValueError(f"cell: expected one of {', '.join(CELLS)}, got {cell!r}")
        if not 0 <= teacher_forcing <= 1:
            raise ValueError(f"teacher_forcing: expected a share in [0, 1], got {teacher_forcing}")
        self.teacher_forcing = teacher_forcing
        self.rng = rng
        self.embedding = Embedding(source_size, width, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)
        layer, _ = CELLS[cell]
        self.encoder = layer(width, width, rng=rng, dtype=dtype)
        self.decoder = FeedingDecoder(
            target_size, width, cell=cell, score=score, learn_scale=learn_scale, dropout=dropout, rng=rng, dtype=dtype
        )

    @property
    def sharpness(self) -> float | None:
        """β in force; None without attention."""
        return None if self.decoder.attention is None else self.decoder.attention.scale_in_force

    def __call__(self, batch: PairBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per action, and the backward pass."""
        rows = len(batch.source)
        forced = self.rng.random(rows) < self.teacher_forcing if self.training else np.full(rows, True)
        embedded, embedding_backward = self.embedding(batch.source)
        embedded, dropout_backward = self.dropout(embedded)
        read, encoder_backward = self.encoder(embedded, batch.mask)
        logits, decoder_backward = self.decoder(read.outputs, batch.mask, read.final, batch.inputs, forced)
        loss = cross_entropy(logits, batch.targets, ignore_index=batch.padding)

        @called_once
        def backward() -> None:
            d_logits = cross_entropy_backward(logits, batch.targets, ignore_index=batch.padding)
            d_outputs, d_final = decoder_backward(d_logits)
            d_embedded, _ = encoder_backward(d_outputs=d_outputs, d_final=d_final)
            embedding_backward(dropout_backward(d_embedded))

        return float(loss), backward

    def predict(
        self, source: Array, mask: Array, *, start: int, end: int, padding: int, longest: int
    ) -> list[list[int]]:
        """The greedy actions for each command of `source` (B, S), without the end, at most `longest`."""
        embedded, _ = self.embedding(source)
        read, _ = self.encoder(embedded, mask)
        return self.decoder.write(
            read.outputs, mask, read.final, start=start, end=end, padding=padding, longest=longest
        )

    def weights(self, batch: PairBatch) -> Array | None:
        """Where attention lies before each of the batch's targets, told its inputs, (B, T, S); None without attention."""
        embedded, _ = self.embedding(batch.source)
        read, _ = self.encoder(embedded, batch.mask)
        return self.decoder.look(read.outputs, batch.mask, read.final, batch.inputs)
