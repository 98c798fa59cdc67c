"""A sentence as one vector: its words' vectors, weighted by where they stand, and added."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array, require_ids, require_shape
from ..layers import Embedding, Layer
from ..layers.module import called_once


class SentenceEncoder(Layer):
    r"""Position encoding of a sentence (Sukhbaatar et al. 2015, section 4.1).

    .. math:: m = \sum_{j=1}^{J} l_j \odot E_{x_j}, \qquad l_{kj} = (1 - j/J) - (k/d)(1 - 2j/J)

    A plain sum would not know "the cat saw Mary" from "Mary saw the cat". With the weights, the first components fade from the
    sentence's first word to its last, the last components grow.

    Parameters
    ----------
    vocabulary_size, width : int
    padding : int
        The id that fills short sentences up; it adds nothing.
    rng : numpy.random.Generator
        Draws the embedding, from a normal distribution of standard deviation 0.1.
    dtype : dtype

    Attributes
    ----------
    embedding.weight : Parameter (vocabulary_size, width)
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        *,
        padding: int = 0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.padding = padding
        self.embedding = Embedding(vocabulary_size, width, rng=rng, standard_deviation=0.1, dtype=dtype)

    def __call__(self, sentences: Array) -> tuple[Array, Callable[[Array], None]]:
        """Encode `sentences`, ids (N, W) with padding behind the words, as (N, width); the backward gives nothing."""
        require_ids("sentences", sentences, len(self.embedding.weight.value))
        require_shape("sentences", sentences, ("sentences", "words"), "")
        words, embedding_backward = self.embedding(sentences)  # (N, W, d)
        weights = self._weights(sentences).astype(words.dtype)
        encoded = np.sum(weights * words, axis=1)

        @called_once
        def backward(d_encoded: Array) -> None:
            embedding_backward(weights * d_encoded[:, None])

        return encoded, backward

    def _weights(self, sentences: Array) -> Array:
        """l for every word of every sentence, (N, W, d); zero for padding."""
        present = sentences != self.padding
        width = self.embedding.weight.value.shape[1]
        place = np.arange(1, sentences.shape[1] + 1) / np.maximum(present.sum(axis=1, keepdims=True), 1)  # j/J, (N, W)
        component = np.arange(1, width + 1) / width  # k/d
        weights = (1 - place)[..., None] - component * (1 - 2 * place)[..., None]
        return weights * present[..., None]
