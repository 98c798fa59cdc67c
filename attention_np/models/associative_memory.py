"""Associative recall: pairs of a key and a value are shown, and a key's value is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..functional import cross_entropy, cross_entropy_backward
from ..functional._checks import Array
from ..layers import Attention, Embedding, Layer, Linear
from ..layers.module import called_once
from .rows import RowBatch


@dataclass(frozen=True)
class RecallBatch(RowBatch):
    """Memories of n pairs, and what is asked about each.

    Attributes
    ----------
    keys, values : integer array (B, n)
    asked : integer array (B, L)
        Keys of the same memory.
    answers : integer array (B, L)
        The values that stand beside them.
    """

    keys: Array
    values: Array
    asked: Array
    answers: Array

    @property
    def tokens(self) -> int:
        """What the loss is the mean of: one answer per key that is asked for."""
        return self.answers.size


class Recalled(NamedTuple):
    """Logits (B, L, values), and where attention lay: weights (B, L, n)."""

    logits: Array
    weights: Array


class AssociativeMemory(Layer):
    r"""One attention over the pairs, and a linear map of what it finds.

    .. math:: p = \mathrm{softmax}_i\bigl(\beta \, \mathrm{score}(K_{q} W, K_{k_i})\bigr), \qquad z = \Bigl(\sum_i p_i V_{v_i}\Bigr) U + b

    A key is a row of K, whether it is shown or asked for; W makes a query of it. Everything that the logits know of the memory is in
    the weighted sum: a value is told from the others by its weight alone.

    Parameters
    ----------
    keys, values : int
        How many different ones there are.
    width : int
        Of a key. With fewer than ``keys - 1`` components no keys lie as far from each other as those of a regular simplex.
    score, learn_scale
        As in `layers.Attention`.
    rng : numpy.random.Generator
    dtype : dtype

    Attributes
    ----------
    keys : int
    key.weight : Parameter (keys, width)
    query.weight : Parameter (width, width)
    value.weight : Parameter (values, values)
    attention.sharpness.log_scale : Parameter ()
        Only with `learn_scale`.
    output.weight, output.bias : Parameter (values, values), (values,)
    """

    def __init__(
        self,
        keys: int,
        values: int,
        *,
        width: int,
        score: str = "cosine",
        learn_scale: bool = True,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.keys = keys
        self.key = Embedding(keys, width, rng=rng, standard_deviation=width**-0.5, dtype=dtype)
        self.query = Linear(width, width, bias=False, rng=rng, dtype=dtype)
        self.value = Embedding(values, values, rng=rng, dtype=dtype)
        self.attention = Attention(score, learn_scale=learn_scale, width=width, rng=rng, dtype=dtype)
        self.output = Linear(values, values, rng=rng, dtype=dtype)

    def __call__(self, batch: RecallBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per answer, and the backward pass."""
        recalled, recall_backward = self._recall(batch)
        loss = cross_entropy(recalled.logits, batch.answers)

        @called_once
        def backward() -> None:
            recall_backward(cross_entropy_backward(recalled.logits, batch.answers))

        return float(loss), backward

    def recall(self, batch: RecallBatch) -> Recalled:
        """What the model answers, and where it looked; the batch's answers are not looked at."""
        return self._recall(batch)[0]

    def _recall(self, batch: RecallBatch) -> tuple[Recalled, Callable[[Array], None]]:
        shown, shown_backward = self.key(batch.keys)  # (B, n, d)
        asked, asked_backward = self.key(batch.asked)  # (B, L, d)
        queries, query_backward = self.query(asked)
        values, value_backward = self.value(batch.values)  # (B, n, V)
        attended, attention_backward = self.attention(queries, shown, values)
        logits, output_backward = self.output(attended.context)

        def backward(d_logits: Array) -> None:
            d_queries, d_shown, d_values = attention_backward(d_context=output_backward(d_logits))
            value_backward(d_values)
            asked_backward(query_backward(d_queries))
            shown_backward(d_shown)

        return Recalled(logits, attended.weights), backward
