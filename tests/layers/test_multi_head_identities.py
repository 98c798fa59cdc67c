"""What is exactly true of multi-head attention with its options, without an oracle."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import padding_mask
from attention_np.layers import MultiHeadAttention

from .multi_head_cases import HEADS, LENGTH, WIDTH, make, targets_of


def test_as_many_key_value_heads_as_heads_are_plain_multi_head_attention(rng):
    state = np.random.default_rng(1), np.random.default_rng(1)
    plain, grouped = (
        MultiHeadAttention(WIDTH, HEADS, key_value_heads=number, rng=each)
        for number, each in zip((None, HEADS), state, strict=True)
    )
    targets = targets_of(rng).astype(np.float32)
    results = []
    for layer in (plain, grouped):
        outputs, backward = layer(targets, causal=True)
        results.append([outputs, *backward(targets), *(parameter.grad for parameter in layer.parameters())])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_shared_keys_are_plain_heads_with_equal_weights_and_their_gradients_added_up(rng):
    grouped = make(rng, key_value_heads=2)
    plain = make(rng)
    state, width = grouped.state_dict(), WIDTH // HEADS

    def written_out(array):
        blocks = array.reshape(*array.shape[:-1], 2, width)
        return np.repeat(blocks, 2, axis=-2).reshape(*array.shape[:-1], WIDTH)

    shared = [f"{part}.{kind}" for part in ("key", "value") for kind in ("weight", "bias")]
    plain.load_state_dict({name: written_out(value) if name in shared else value for name, value in state.items()})
    targets = targets_of(rng)
    upstream = rng.standard_normal(targets.shape)
    results = []
    for layer in (grouped, plain):
        outputs, backward = layer(targets, causal=True)
        results.append((outputs, *backward(upstream)))
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    gradients = {name: parameter.grad for name, parameter in plain.named_parameters()}
    for name, parameter in grouped.named_parameters():
        expected = gradients[name]
        if name in shared:
            expected = expected.reshape(*expected.shape[:-1], 2, 2, width).sum(axis=-2)
        np.testing.assert_allclose(parameter.grad, expected.reshape(parameter.grad.shape), rtol=1e-11, atol=1e-13)


def test_a_window_over_the_whole_length_is_no_window(rng):
    targets = targets_of(rng)
    layers = [
        MultiHeadAttention(WIDTH, HEADS, window=window, rng=np.random.default_rng(2), dtype=np.float64)
        for window in (None, LENGTH, 100)
    ]
    for causal in (False, True):
        outputs = [layer(targets, causal=causal)[0] for layer in layers]
        np.testing.assert_array_equal(outputs[0], outputs[1])
        np.testing.assert_array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize("positions", ["rotary", "alibi"])
def test_positions_are_relative_so_what_all_targets_see_may_be_shifted(positions, rng):
    layer, targets = make(rng, positions=positions), targets_of(rng)
    outputs, _ = layer(targets, causal=True)
    # The same words behind padding that no one sees.
    shifted = np.concatenate([targets_of(rng, 5), targets], axis=1)
    mask = (np.arange(11) >= 5)[None, None]
    np.testing.assert_allclose(layer(shifted, mask=mask, causal=True)[0][:, 5:], outputs, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("positions", "equal"), [(None, True), ("rotary", False), ("alibi", False)])
def test_without_positions_the_order_of_the_inputs_is_not_seen(positions, equal, rng):
    layer, targets = make(rng, positions=positions), targets_of(rng)
    order = rng.permutation(LENGTH)
    outputs, again = layer(targets)[0][:, order], layer(targets[:, order])[0]
    assert np.allclose(outputs, again, rtol=1e-12) == equal


def test_a_target_that_sees_nothing_through_its_window_gets_the_bias_alone(rng):
    layer, targets = make(rng, window=2), targets_of(rng)
    mask = padding_mask(np.array([6, 1]), LENGTH)
    outputs, backward = layer(targets, mask=mask, causal=True)
    np.testing.assert_array_equal(outputs[1, 2:], np.broadcast_to(layer.output.bias.value, (4, WIDTH)))
    d_outputs = np.zeros_like(outputs)
    d_outputs[1, 2:] = rng.standard_normal((4, WIDTH))
    assert not backward(d_outputs)[0].any()


def test_qk_norm_makes_the_scores_blind_to_the_length_of_queries_and_keys(rng):
    layer, targets = make(rng, "scaled_dot", qk_norm=True), targets_of(rng)
    outputs, _ = layer(targets)
    for linear, factor in ((layer.query, 1000.0), (layer.key, 300.0)):
        linear.weight.value *= factor
        linear.bias.value *= factor
    np.testing.assert_allclose(layer(targets)[0], outputs, rtol=1e-4)
