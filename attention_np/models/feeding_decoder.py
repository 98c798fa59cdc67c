"""A decoder whose attention feeds its recurrence: what is looked at in a step is an input of that step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional import dropout_mask
from ..functional._checks import Array
from ..functional.cells import Cell
from ..functional.elman import ELMAN
from ..functional.embedding import add_by_id
from ..functional.gated import GATED
from ..functional.lstm import LSTM as LSTM_CELL
from ..layers import GRU, LSTM, Elman, Embedding, Layer, Linear, StepAttention
from ..layers.module import called_once
from .decoder_run import DecoderRun

CELLS: Mapping[str, tuple[type[Elman] | type[GRU] | type[LSTM], Cell]] = {
    "elman": (Elman, ELMAN),
    "gru": (GRU, GATED),
    "lstm": (LSTM, LSTM_CELL),
}
"""By name, the layer that reads a sequence, and its single step."""


class WritingBackward(Protocol):
    """Takes the logits' gradient; gives d_memory (None without attention) and d_initial."""

    def __call__(self, d_logits: Array) -> tuple[Array | None, Array]: ...


class FeedingDecoder(Layer):
    r"""The decoder of Bahdanau et al. (2015), as Lake and Baroni (2018) trained it on SCAN.

    .. math:: c_i = \mathrm{attention}(g_{i-1}, h), \quad g_i = \mathrm{cell}([y_{i-1}; c_i], g_{i-1}), \quad
              \mathrm{logits}_i = [g_i; c_i] \, W + b

    The context enters the recurrence, so there is no looking before the step's turn comes, and the gradient of a look flows through
    every later step. Without attention there is no c, and all that is known of the source is :math:`g_0`.

    Parameters
    ----------
    vocabulary_size : int
        Of the actions y, start and end included.
    width : int
        Of embeddings, states and memory.
    cell : {"elman", "gru", "lstm"}
    score : {"cosine", "dot", "scaled_dot", "additive"} or None
    learn_scale : bool
        As in `StepAttention`.
    dropout : float
        The share left out, while training, of the embedded actions and of what stands before the output layer.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        *,
        cell: str,
        score: str | None,
        learn_scale: bool,
        dropout: float,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        layer, self.cell = CELLS[cell]
        both = width if score is None else 2 * width
        self.width = width
        self.dropout = dropout
        self.rng = rng
        self.embedding = Embedding(vocabulary_size, width, rng=rng, dtype=dtype)
        self.recurrent = layer(both, width, rng=rng, dtype=dtype)
        self.attention: StepAttention | None = None
        if score is not None:
            self.attention = StepAttention(width, score=score, learn_scale=learn_scale, rng=rng, dtype=dtype)
        self.output = Linear(both, vocabulary_size, rng=rng, dtype=dtype)

    def __call__(
        self, memory: Array, mask: Array, initial: Array, previous: Array, forced: Array
    ) -> tuple[Array, WritingBackward]:
        """Write as many actions as `previous` has.

        Parameters
        ----------
        memory : array (B, S, h)
        mask : boolean array (B, S)
            True where there is a word.
        initial : array (B, k h)
            g_0, and what else the cell carries.
        previous : integer array (B, T)
            The action before each.
        forced : boolean array (B,)
            Whether a row is told these. Another is told the first; from then on it goes on from what it found likeliest itself.

        Returns
        -------
        logits : array (B, T, V)
        backward : WritingBackward
            What a row found likeliest is taken as given: a choice has no derivative.
        """
        batch, steps = previous.shape
        ids = previous.T.copy()
        run = self._run(memory, mask, initial, steps)
        word_mask = self._dropout_mask((steps, batch, self.width), memory.dtype)
        feature_mask = self._dropout_mask(run.features.shape, memory.dtype)
        all_forced = bool(forced.all())
        weight, bias = (parameter.value for parameter in self.output.parameters())
        with np.errstate(over="ignore"):
            for t in range(steps):
                if t and not all_forced:
                    ids[t] = np.where(forced, ids[t], (run.features[t - 1] @ weight + bias).argmax(axis=-1))
                words = self.embedding.weight.value[ids[t]]
                if word_mask is not None:
                    words *= word_mask[t]
                run.step(t, words)
                if feature_mask is not None:
                    run.features[t] *= feature_mask[t]
        logits, output_backward = self.output(run.features)

        @called_once
        def backward(d_logits: Array) -> tuple[Array | None, Array]:
            d_features = output_backward(d_logits.swapaxes(0, 1))
            if feature_mask is not None:
                d_features *= feature_mask
            d_words, d_memory, d_initial = run.backward(d_features)
            if word_mask is not None:
                d_words *= word_mask
            add_by_id(self.embedding.weight.grad, d_words, ids)
            return d_memory, d_initial

        return logits.swapaxes(0, 1), backward

    def look(self, memory: Array, mask: Array, initial: Array, previous: Array) -> Array | None:
        """Where attention lies before each action, told those before it, (B, T, S); None without attention."""
        run = self._run(memory, mask, initial, previous.shape[1])
        if run.looks is None:
            return None
        with np.errstate(over="ignore"):
            for t, ids in enumerate(previous.T):
                run.step(t, self.embedding.weight.value[ids])
        return run.looks.weights.swapaxes(0, 1).copy()

    def write(
        self, memory: Array, mask: Array, initial: Array, *, start: int, end: int, padding: int, longest: int
    ) -> list[list[int]]:
        """The actions that are likeliest one by one, up to the end or the `longest`-th; never a start, never padding."""
        run = self._run(memory, mask, initial, 1)
        weight, bias = (parameter.value for parameter in self.output.parameters())
        ids = np.full(len(memory), start)
        written = np.full((len(memory), longest), end)
        with np.errstate(over="ignore"):
            for t in range(longest):
                run.step(0, self.embedding.weight.value[ids])
                run.states[0] = run.states[1]
                logits = run.features[0] @ weight + bias
                logits[:, [start, padding]] = -np.inf
                ids = np.where(ids == end, end, logits.argmax(axis=-1))
                written[:, t] = ids
                if (ids == end).all():
                    break
        return [row[: np.argmax(row == end)].tolist() if end in row else row.tolist() for row in written]

    def _run(self, memory: Array, mask: Array, initial: Array, steps: int) -> DecoderRun:
        return DecoderRun(self.recurrent, self.cell, self.attention, memory, mask, initial, steps)

    def _dropout_mask(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array | None:
        if not self.training or self.dropout == 0:
            return None
        return dropout_mask(shape, self.dropout, self.rng, dtype)
