"""The additive score's gradients seen from one side, of the queries or of the keys, for their wrong formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...functional._checks import Array
from .mistake import Formula


class Side(NamedTuple):
    """One side's view of the score: its own vectors, and what meets them."""

    upstream: Array
    """ds (..., L, S)"""
    vectors: Array
    """w (..., L, d)"""
    weight: Array
    """W (d, h)"""
    others: Array
    """v (..., S, f)"""
    other_weight: Array
    """U (f, h)"""
    u: Array

    @property
    def z(self) -> Array:
        """q + k, before the tanh (..., L, S, h)."""
        return (self.vectors @ self.weight)[..., :, None, :] + (self.others @ self.other_weight)[
            ..., None, :, :
        ]

    @property
    def t(self) -> Array:
        return np.tanh(self.z)


_NAMES = "w W v U query key queries keys j i".split()
QUERIES = dict(zip(_NAMES, "w W v U query key queries keys ⱼ ᵢ".split(), strict=True))
KEYS = dict(zip(_NAMES, "v U w W key query keys queries ᵢ ⱼ".split(), strict=True))
"""The words of a message, as they read for the results of the queries and of the keys."""

OfSide = Callable[[Side], Any]


def formula_of(side: OfSide, of_keys: bool) -> Formula:
    """A formula of a side as one of the arguments of the public function."""

    def formula(
        d_scores: Array,
        queries: Array,
        keys: Array,
        query_weight: Array,
        key_weight: Array,
        score_vector: Array,
    ) -> Any:
        if of_keys:
            turned = d_scores.swapaxes(-1, -2)
            return side(Side(turned, keys, key_weight, queries, query_weight, score_vector))
        return side(Side(d_scores, queries, query_weight, keys, key_weight, score_vector))

    return formula


def to_vectors(d_projected: Array, side: Side) -> Array:
    """dw from dq."""
    return d_projected @ side.weight.T


def to_weight(d_projected: Array, side: Side) -> Array:
    """dW from dq."""
    rows = side.vectors.reshape(-1, side.vectors.shape[-1])
    return rows.T @ d_projected.reshape(-1, d_projected.shape[-1])


def right_d_projected(side: Side) -> Array:
    """dq, the right one."""
    return (side.upstream[..., None] * side.u * (1 - side.t**2)).sum(axis=-2)
