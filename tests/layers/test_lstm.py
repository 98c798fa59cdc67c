"""Long short-term memory: its equations, what its gates do, and PyTorch's numbers; what it shares is in test_recurrence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_np.layers.lstm import LSTM

from .torch_recurrence import HIDDEN, IN, by_ours, by_torch, draw

PYTORCHS_ORDER = [0, 1, 3, 2]
"""Input, forget, candidate, output: the places of these in our order."""


def make(in_width=IN, hidden_width=HIDDEN):
    return LSTM(in_width, hidden_width, rng=np.random.default_rng(5), dtype=np.float64)


@pytest.mark.parametrize("seed", range(3))
def test_results_and_gradients_are_those_of_pytorchs_lstm_on_padded_sequences(seed):
    torch = pytest.importorskip("torch")
    arrays = draw(4, 2, np.random.default_rng(seed))
    network = torch.nn.LSTM(IN, HIDDEN, batch_first=True, dtype=torch.float64)
    ours, theirs = by_ours(make(), arrays), by_torch(network, PYTORCHS_ORDER, arrays)
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-11, atol=1e-12, err_msg=name)


def test_a_state_is_made_by_the_equations():
    layer = make(1, 1)
    step, hidden, memory = 0.7, -0.4, 0.9
    maps = step * layer.input_weight.value[0] + layer.input_bias.value
    maps += hidden * layer.recurrent_weight.value[0] + layer.recurrent_bias.value
    added, kept, shown = (1 / (1 + math.exp(-number)) for number in maps[:3])
    next_memory = kept * memory + added * math.tanh(maps[3])
    read, _ = layer(np.array([[[step]]]), initial=np.array([[hidden, memory]]))
    assert read.final[0] == pytest.approx([shown * math.tanh(next_memory), next_memory], rel=1e-13)
    assert read.outputs[0, 0, 0] == read.final[0, 0]


def test_an_open_forget_gate_hands_memory_and_gradient_through_many_steps_unchanged():
    layer, steps = make(), 50
    layer.input_bias.value[:HIDDEN] = -1e3
    layer.input_bias.value[HIDDEN : 2 * HIDDEN] = 1e3
    rng = np.random.default_rng(1)
    initial, d_final = rng.standard_normal((2, 3, 2 * HIDDEN))
    d_final[:, :HIDDEN] = 0
    read, backward = layer(rng.standard_normal((3, steps, IN)), initial=initial)
    np.testing.assert_array_equal(read.final[:, HIDDEN:], initial[:, HIDDEN:])
    d_inputs, d_initial = backward(d_final=d_final)
    np.testing.assert_array_equal(d_initial[:, HIDDEN:], d_final[:, HIDDEN:])
    assert not d_inputs.any()


def test_gates_that_are_shut_to_the_last_bit_raise_no_warning():
    layer = make()
    with np.errstate(all="raise", under="ignore"):
        read, _ = layer(np.full((1, 2, IN), -1e5))
    assert np.isfinite(read.final).all()
