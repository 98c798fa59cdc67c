"""The article's model to the letter of its sample, and the same model with the article's three formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array, require_shape
from ..functional.feature_attention import feature_attention, feature_attention_backward
from ..layers import Attention, Embedding, Layer, Linear, Parameter
from ..layers.module import called_once


class ArticleModel(Layer):
    r"""The article's ``AttentionModel``: a class for a sequence of ids.

    .. math:: E = \mathrm{embedding}[x], \qquad P = \mathrm{softmax}_t(E W), \qquad
              c = \sum_t P_t \odot E_t, \qquad z = c U + b

    The softmax runs over time separately for each feature, so P is a gate with a weight for every feature of
    every word, and not a weight for every word: the formulas of the same article say something else
    (`FormulaModel`; the fourth of its traps).

    The sample declares the attention as a linear layer but multiplies by its weight alone, ``E @ weight``:
    its bias is never used and never learns, so it is absent here. (Added, it would change nothing: a softmax
    over time does not see what is the same at all times.)

    Parameters
    ----------
    input_dim : int
        Size of the vocabulary.
    hidden_dim : int
        H, the width of the embedding.
    output_dim : int
        C, the number of classes.
    rng : numpy.random.Generator
        Draws all parameters, from the distributions that PyTorch draws them from.
    dtype : dtype

    Attributes
    ----------
    embedding.weight : Parameter (input_dim, hidden_dim)
    attention.weight : Parameter (hidden_dim, hidden_dim)
    output.weight : Parameter (hidden_dim, output_dim)
    output.bias : Parameter (output_dim,)
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        output_dim: int,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.embedding = Embedding(input_dim, hidden_dim, rng=rng, dtype=dtype)
        self.attention = Linear(hidden_dim, hidden_dim, bias=False, rng=rng, dtype=dtype)
        self.output = Linear(hidden_dim, output_dim, rng=rng, dtype=dtype)

    def __call__(self, ids: Array) -> tuple[Array, Callable[[Array], None]]:
        """Classify `ids`, integers (B, T).

        Returns
        -------
        logits : array (B, C)
        backward : callable
            Takes d_logits and gives nothing: ids have no gradient.
        """
        table, matrix = self.embedding.weight, self.attention.weight
        context, gate = feature_attention(ids, table.value, matrix.value)  # (B, H)
        logits, output_backward = self.output(context)

        @called_once
        def backward(d_logits: Array) -> None:
            d_context = output_backward(d_logits)
            matrix.grad += feature_attention_backward(d_context, context, gate, matrix.value, table.grad)

        return logits, backward

    def weights(self, ids: Array) -> Array:
        """P for `ids` (B, T): a weight for every feature of every word, (B, T, H). For looking at."""
        return feature_attention(ids, self.embedding.weight.value, self.attention.weight.value)[1].weights()


class FormulaModel(Layer):
    r"""The article's three formulas, for one learned target w, between `ArticleModel`'s embedding and output.

    .. math:: a_t = \frac{w \cdot E_t}{\lVert w \rVert \, \lVert E_t \rVert}, \qquad
              p = \mathrm{softmax}_t(\beta a), \qquad c = \sum_t p_t E_t, \qquad z = c U + b

    Every word has one weight. With the article's own :math:`\beta = 1` no weight of T words exceeds
    :math:`e^2 / (e^2 + T - 1)`.

    Parameters
    ----------
    input_dim : int
        Size of the vocabulary.
    hidden_dim : int
        H, the width of the embedding and of the target.
    output_dim : int
        C, the number of classes.
    scale, learn_scale, initial_scale
        :math:`\beta`, fixed or learned, as in `layers.Attention`.
    rng : numpy.random.Generator
        Draws all parameters.
    dtype : dtype

    Attributes
    ----------
    target : Parameter (hidden_dim,)
        w.
    embedding.weight : Parameter (input_dim, hidden_dim)
    attention.sharpness.log_scale : Parameter ()
        Only with `learn_scale`.
    output.weight : Parameter (hidden_dim, output_dim)
    output.bias : Parameter (output_dim,)
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        output_dim: int,
        *,
        scale: float | None = None,
        learn_scale: bool = False,
        initial_scale: float = 10.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.embedding = Embedding(input_dim, hidden_dim, rng=rng, dtype=dtype)
        self.target = Parameter(rng.standard_normal(hidden_dim).astype(dtype))
        self.attention = Attention(scale=scale, learn_scale=learn_scale, initial_scale=initial_scale, dtype=dtype)
        self.output = Linear(hidden_dim, output_dim, rng=rng, dtype=dtype)

    def __call__(self, ids: Array) -> tuple[Array, Callable[[Array], None]]:
        """Classify `ids`, integers (B, T).

        Returns
        -------
        logits : array (B, C)
        backward : callable
            Takes d_logits and gives nothing: ids have no gradient.
        """
        embedded, embedding_backward = _embed(self.embedding, ids)  # (B, T, H)
        attended, attention_backward = self.attention(self._targets(len(ids)), embedded)
        logits, output_backward = self.output(attended.context[:, 0])

        @called_once
        def backward(d_logits: Array) -> None:
            d_targets, d_embedded = attention_backward(d_context=output_backward(d_logits)[:, None])
            self.target.grad += d_targets.sum(axis=(0, 1))  # one vector, asked of every sequence
            embedding_backward(d_embedded)

        return logits, backward

    def weights(self, ids: Array) -> Array:
        """p for `ids` (B, T): a weight for every word, (B, T). For looking at."""
        embedded, _ = _embed(self.embedding, ids)
        attended, _ = self.attention(self._targets(len(ids)), embedded)
        return attended.weights[:, 0]

    def _targets(self, batch: int) -> Array:
        """(B, 1, H): the same w for every sequence."""
        return np.broadcast_to(self.target.value, (batch, 1, self.target.value.size))


def _embed(table: Embedding, ids: Array) -> tuple[Array, Callable[[Array], None]]:
    embedded, backward = table(ids)
    require_shape("ids", ids, ("batch", "time"), "of sequences of one length")
    return embedded, backward
