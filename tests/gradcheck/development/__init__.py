"""Implementations to develop the diagnosis on: wrong ones with the codes expected, and right ones."""

from __future__ import annotations

from ..mutant import Mutant
from . import (
    activations,
    additive,
    attention,
    attention_forward,
    attention_kept,
    context,
    cosine,
    cross_entropy,
    embedding,
    forwards,
    forwards_composed,
    layer_norm,
    linear,
    right,
    right_composed,
    scores,
    weights,
)

_FILES = (
    scores,
    cosine,
    additive,
    weights,
    context,
    linear,
    embedding,
    cross_entropy,
    layer_norm,
    activations,
    attention,
    attention_forward,
    attention_kept,
    forwards,
    forwards_composed,
    right,
    right_composed,
)

CATALOGUE: list[Mutant] = [mutant for file in _FILES for mutant in file.catalogue]
