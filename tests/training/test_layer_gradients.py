"""Gradient norms by layer."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models.transformer import LanguageModel, TokenBatch, TransformerSettings
from attention_np.optim import gradient_norm
from attention_np.training.layer_gradients import layer_gradient_norms


def model_after_a_backward_pass():
    rng = np.random.default_rng(0)
    model = LanguageModel(7, TransformerSettings(width=8, depth=3, heads=2), rng=rng, dtype=np.float64)
    ids = rng.integers(0, 7, (2, 6))
    _, backward = model(TokenBatch(ids[:, :-1], ids[:, 1:]))
    backward()
    return model


def test_every_block_has_its_norm_and_together_they_are_that_of_the_model():
    model = model_after_a_backward_pass()
    norms = layer_gradient_norms(model)
    blocks = [f"decoder.blocks.{place}" for place in range(3)]
    assert set(norms) == {"words", "decoder", *blocks}
    assert min(norms.values()) > 0
    assert sum(norm**2 for norm in norms.values()) == pytest.approx(gradient_norm(model.parameters()) ** 2)
    for place, name in enumerate(blocks):
        assert norms[name] == pytest.approx(gradient_norm(model.decoder.blocks[place].parameters()))


def test_a_block_without_gradients_has_norm_zero():
    model = model_after_a_backward_pass()
    before = layer_gradient_norms(model)
    model.decoder.blocks[1].zero_grad()
    assert layer_gradient_norms(model) == {**before, "decoder.blocks.1": 0.0}
