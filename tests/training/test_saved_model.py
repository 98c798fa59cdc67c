"""A trained model in a file: what was written comes back, and what does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_np.layers import Linear
from attention_np.training import CheckpointError, load_model, save_checkpoint, save_model


def test_weights_configuration_and_facts_come_back(tmp_path: Path) -> None:
    layer = Linear(3, 2, rng=np.random.default_rng(1), dtype=np.float64)
    save_model(tmp_path / "model.npz", "dates", layer, {"width": 3, "score": None}, seed=7)
    saved = load_model(tmp_path / "model.npz", "dates")
    assert saved.configuration == {"width": 3, "score": None} and saved.facts == {"seed": 7}
    other = Linear(3, 2, rng=np.random.default_rng(2), dtype=np.float64)
    other.load_state_dict(saved.weights)
    np.testing.assert_array_equal(other.weight.value, layer.weight.value)


def test_a_model_for_something_else_is_refused(tmp_path: Path) -> None:
    layer = Linear(3, 2, rng=np.random.default_rng(1))
    save_model(tmp_path / "model.npz", "dates", layer, {})
    with pytest.raises(CheckpointError, match="of a model for dates; expected a model for scan"):
        load_model(tmp_path / "model.npz", "scan")
    save_checkpoint(tmp_path / "other.npz", {}, {})
    with pytest.raises(CheckpointError, match="not of a model"):
        load_model(tmp_path / "other.npz", "scan")


def test_a_configuration_that_json_cannot_say_writes_nothing(tmp_path: Path) -> None:
    layer = Linear(3, 2, rng=np.random.default_rng(1))
    with pytest.raises(TypeError):
        save_model(tmp_path / "model.npz", "dates", layer, {"rng": np.random.default_rng(0)})
    assert list(tmp_path.iterdir()) == []
