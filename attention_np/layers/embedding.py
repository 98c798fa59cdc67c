"""The embedding as a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import embedding
from ..functional._checks import Array, require_floats, require_shape
from ..functional.embedding import add_by_id
from .module import Layer, Parameter, called_once


class Embedding(Layer):
    """A learned vector for every id.

    Parameters
    ----------
    vocabulary_size, width : int
    rng : numpy.random.Generator
        Draws the table from a normal distribution.
    standard_deviation : float
        Of that distribution; 1 as in PyTorch unless given.
    dtype : dtype

    Attributes
    ----------
    weight : Parameter (vocabulary_size, width)
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        *,
        rng: np.random.Generator,
        standard_deviation: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.weight = Parameter((rng.standard_normal((vocabulary_size, width)) * standard_deviation).astype(dtype))

    def __call__(self, ids: Array) -> tuple[Array, Callable[[Array], None]]:
        """Look `ids` (...) up, giving (..., width); the backward takes d_outputs and gives nothing: ids have no gradient."""
        outputs = embedding(ids, self.weight.value)

        @called_once
        def backward(d_outputs: Array) -> None:
            require_floats(table=self.weight.value, d_outputs=d_outputs)
            require_shape("d_outputs", d_outputs, outputs.shape, "like the outputs")
            # Only the rows that were looked up: most of a large table's gradient is zero.
            add_by_id(self.weight.grad, d_outputs, ids)

        return outputs, backward
