"""Dropout as a layer."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import Dropout


def test_in_evaluation_and_at_rate_zero_it_hands_on_what_it_is_given_and_draws_nothing(rng):
    inputs, d_outputs = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    evaluated, idle = Dropout(0.7, rng=rng), Dropout(0.0, rng=rng)
    evaluated.eval()
    state = rng.bit_generator.state
    for layer in (evaluated, idle):
        outputs, backward = layer(inputs)
        np.testing.assert_array_equal(outputs, inputs)
        np.testing.assert_array_equal(backward(d_outputs), d_outputs)
    assert rng.bit_generator.state == state


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_the_backward_pass_replays_the_mask_of_its_own_forward_pass(rate, rng):
    layer = Dropout(rate, rng=rng)
    inputs, d_outputs = rng.uniform(1, 2, (2, 30, 7)), rng.uniform(1, 2, (2, 30, 7))
    first, first_backward = layer(inputs[0])
    second, second_backward = layer(inputs[1])
    assert not np.array_equal(first == 0, second == 0), "the mask is drawn anew"
    for outputs, given, backward, d_given in zip(
        (first, second), inputs, (first_backward, second_backward), d_outputs, strict=True
    ):
        mask = outputs / given
        assert set(np.round(np.unique(mask), 12)) == {0.0, np.round(1 / (1 - rate), 12)}
        np.testing.assert_allclose(backward(d_given), d_given * mask, rtol=1e-14)


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_the_expected_output_is_the_input(rate, rng):
    inputs = rng.uniform(-2, 2, 5)
    draws = 20_000
    outputs, _ = Dropout(rate, rng=rng)(np.tile(inputs, (draws, 1)))
    np.testing.assert_allclose((outputs == 0).mean(), rate, atol=0.01)
    deviation = np.abs(inputs) * np.sqrt(rate / (1 - rate) / draws)
    assert np.all(np.abs(outputs.mean(axis=0) - inputs) < 5 * deviation)


def test_the_same_seed_gives_the_same_mask():
    inputs = np.arange(1.0, 41)
    outputs = [Dropout(0.5, rng=np.random.default_rng(seed))(inputs)[0] for seed in (3, 3, 4)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


def test_float32_stays_and_the_inputs_are_not_changed(rng):
    inputs = rng.standard_normal((6, 5)).astype(np.float32)
    kept = inputs.copy()
    outputs, backward = Dropout(0.4, rng=rng)(inputs)
    assert outputs.dtype == backward(inputs).dtype == np.float32
    np.testing.assert_array_equal(inputs, kept)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_a_rate_outside_its_range_is_refused(rate, rng):
    with pytest.raises(ValueError, match=r"rate: expected a share in \[0, 1\), got"):
        Dropout(rate, rng=rng)


@pytest.mark.parametrize("training", [True, False])
def test_a_second_backward_call_is_an_error_in_either_mode(training, rng):
    layer = Dropout(0.5, rng=rng)
    if not training:
        layer.eval()
    _, backward = layer(rng.standard_normal(4))
    backward(rng.standard_normal(4))
    with pytest.raises(RuntimeError, match="Dropout: this backward was called before"):
        backward(rng.standard_normal(4))
