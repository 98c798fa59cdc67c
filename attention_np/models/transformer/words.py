"""Words to vectors and back, by one table."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ...functional import linear, linear_backward, sinusoidal_positions
from ...functional._checks import Array
from ...layers import Dropout, Embedding, Layer
from ...layers.module import called_once
from .settings import TransformerSettings


class Words(Layer):
    r"""The embedding, and the softmax's weights, which are the same table E (Press & Wolf 2017).

    .. math:: x_t = \sqrt d \, E_{w_t} + P_t, \qquad z = y E^T

    The root of the width makes an entry of an embedded word as large as one of its position's wave (Vaswani et al. 2017, section
    3.4). At the start a word that is still seen in y foretells itself, which the first steps unlearn. The table has two
    uses, so its gradient is a sum.

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
        deviation = settings.width**-0.5
        self.embedding = Embedding(vocabulary_size, settings.width, rng=rng, standard_deviation=deviation, dtype=dtype)
        self.dropout = Dropout(settings.dropout, rng=rng)
        self.waves = settings.positions == "sinusoidal"

    def __call__(self, ids: Array) -> tuple[Array, Callable[[Array], None]]:
        """Embed `ids` (..., T), giving (..., T, width); the backward takes d_outputs and gives nothing."""
        embedded, embedding_backward = self.embedding(ids)
        outputs, dropout_backward = self.dropout(self._placed(embedded, 0))

        @called_once
        def backward(d_outputs: Array) -> None:
            embedding_backward(dropout_backward(d_outputs) * math.sqrt(d_outputs.shape[-1]))

        return outputs, backward

    def at(self, ids: Array, first: int) -> Array:
        """Embed `ids` (..., T) that stand from the place `first` on: for predicting."""
        return self._placed(self.embedding(ids)[0], first)

    def logits(self, features: Array) -> tuple[Array, Callable[[Array], Array]]:
        """From features (..., width) to logits (..., vocabulary size); the backward takes d_logits and gives d_features."""
        table = self.embedding.weight

        @called_once
        def backward(d_logits: Array) -> Array:
            d_features, d_weight, _ = linear_backward(d_logits, features, table.value.T)
            table.grad += d_weight.T
            return d_features

        return linear(features, table.value.T), backward

    def _placed(self, embedded: Array, first: int) -> Array:
        *_, length, width = embedded.shape
        scaled = embedded * math.sqrt(width)
        return scaled + _waves(first + length, width, embedded.dtype.str)[first:] if self.waves else scaled


@functools.lru_cache(maxsize=32)
def _waves(length: int, width: int, dtype: str) -> Array:
    return sinusoidal_positions(length, width, np.dtype(dtype))
