"""The simple recurrent network: its equation, and PyTorch's numbers. What it shares with the LSTM is in test_recurrence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_np.layers.elman import Elman

from .torch_recurrence import HIDDEN, IN, by_ours, by_torch, draw


@pytest.mark.parametrize("seed", range(3))
def test_results_and_gradients_are_those_of_pytorchs_rnn_on_padded_sequences(seed):
    torch = pytest.importorskip("torch")
    arrays = draw(1, 1, np.random.default_rng(seed))
    ours = by_ours(Elman(IN, HIDDEN, rng=np.random.default_rng(0), dtype=np.float64), arrays)
    theirs = by_torch(torch.nn.RNN(IN, HIDDEN, batch_first=True, dtype=torch.float64), [0], arrays)
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-11, atol=1e-12, err_msg=name)


def test_a_state_is_made_by_the_equation():
    layer = Elman(2, 1, rng=np.random.default_rng(5), dtype=np.float64)
    a, b = layer.input_weight.value[:, 0]
    ((u,),), (c,), (d,) = layer.recurrent_weight.value, layer.input_bias.value, layer.recurrent_bias.value
    read, _ = layer(np.array([[[0.7, -0.2]]]), initial=np.array([[-0.4]]))
    assert read.final[0, 0] == pytest.approx(math.tanh(0.7 * a - 0.2 * b + c - 0.4 * u + d), rel=1e-14)
