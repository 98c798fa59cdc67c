"""Implementations that nobody looked at while the diagnosis was written: wrong ones with their codes, and right ones."""

from __future__ import annotations

from ..mutant import Mutant
from . import (
    activations,
    additive,
    attention,
    context,
    cosine,
    cross_entropy,
    dot,
    embedding,
    forwards,
    forwards_attention,
    forwards_layers,
    layer_norm,
    linear,
    right,
    right_attention,
    right_layers,
    weights,
)

_FILES = (
    cosine,
    dot,
    additive,
    context,
    weights,
    attention,
    cross_entropy,
    linear,
    embedding,
    layer_norm,
    activations,
    forwards,
    forwards_attention,
    forwards_layers,
    right,
    right_attention,
    right_layers,
)

CATALOGUE: list[Mutant] = [mutant for file in _FILES for mutant in file.catalogue]
