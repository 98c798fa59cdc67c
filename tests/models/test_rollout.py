"""Attention carried through several layers: known values and identities."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import softmax
from attention_np.visualize import rollout


def test_rollout_of_one_layer_is_the_mean_of_its_heads_and_the_residual_path() -> None:
    weights = softmax(np.random.default_rng(0).standard_normal((3, 4, 4)))
    np.testing.assert_allclose(rollout([weights]), 0.5 * weights.mean(axis=0) + 0.5 * np.eye(4), atol=1e-15)
    np.testing.assert_allclose(rollout([weights], residual=1.0), np.eye(4))


def test_rollout_puts_the_last_layer_in_front_and_keeps_rows_distributions() -> None:
    rng = np.random.default_rng(1)
    first, second = softmax(2 * rng.standard_normal((2, 5, 5)))
    np.testing.assert_allclose(rollout([first, second], residual=0.0), second @ first, atol=1e-15)
    assert not np.allclose(second @ first, first @ second)
    np.testing.assert_allclose(rollout([first, second]).sum(axis=-1), 1)


def test_layers_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"layers\[1\]: expected shape \(3, 3\)"):
        rollout([np.eye(3), np.eye(4)])
    with pytest.raises(ValueError, match="at least one layer"):
        rollout([])
    with pytest.raises(ValueError, match="residual"):
        rollout([np.eye(3)], residual=1.5)
