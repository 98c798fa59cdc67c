"""The options of multi-head attention, and the masks, that its tests are about."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import padding_mask, prefix_mask, sliding_window_mask
from attention_np.layers import MultiHeadAttention

BATCH, LENGTH, WIDTH, HEADS = 2, 6, 8, 4
SCORES = ("cosine", "dot", "scaled_dot", "additive")
OPTIONS = {
    "grouped": {"key_value_heads": 2},
    "multi-query": {"key_value_heads": 1},
    "rotary": {"positions": "rotary"},
    "alibi": {"positions": "alibi"},
    "window": {"window": 3},
    "qk_norm": {"qk_norm": True},
    "all with rotary": {"key_value_heads": 2, "positions": "rotary", "window": 3, "qk_norm": True},
    "all with alibi": {"key_value_heads": 2, "positions": "alibi", "window": 2, "qk_norm": True},
}
every_option = pytest.mark.parametrize("name", OPTIONS)
# A rotation needs a product.
every_pair = pytest.mark.parametrize(
    ("name", "score"),
    [(name, score) for name in OPTIONS for score in SCORES if score != "additive" or "rotary" not in name],
)
LENGTHS = np.array([6, 5])
MASKS = {
    "none": None,
    "padding": padding_mask(LENGTHS, LENGTH),
    "prefix": prefix_mask(LENGTH, LENGTH, 3),
    "prefixes and padding": prefix_mask(LENGTH, LENGTH, np.array([1, 4])) & padding_mask(LENGTHS, LENGTH),
    "window and padding": sliding_window_mask(LENGTH, LENGTH, 2) & padding_mask(LENGTHS, LENGTH),
}


def make(rng, score="cosine", **options):
    layer = MultiHeadAttention(WIDTH, HEADS, score, rng=rng, dtype=np.float64, **options)
    for name, parameter in layer.named_parameters():
        # Sharpnesses and gains of their own, the gains positive as after some training.
        spread = 0.5 * rng.standard_normal(parameter.value.shape)
        parameter.value[...] = spread if name.endswith(("weight", "bias")) else 1 + 0.5 * spread
    return layer


def targets_of(rng, length=LENGTH):
    return rng.standard_normal((BATCH, length, WIDTH))
