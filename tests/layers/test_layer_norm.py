"""Layer normalisation as a layer."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import LayerNorm


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,)])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_its_backward_is_the_derivative(lead, eps, check, randomise, rng):
    layer = randomise(LayerNorm(6, eps=eps, dtype=np.float64), rng)
    check(layer, {"inputs": 2 * rng.standard_normal((*lead, 6)) + 1}, rng)


def test_a_new_layer_gives_mean_zero_and_variance_one_and_knows_its_parameters(rng):
    layer = LayerNorm(64, dtype=np.float64)
    outputs, _ = layer(5 * rng.standard_normal((3, 64)) + 7)
    np.testing.assert_allclose(outputs.mean(axis=-1), 0, atol=1e-13)
    np.testing.assert_allclose(outputs.var(axis=-1), 1, rtol=1e-5)
    assert {name: value.shape for name, value in layer.state_dict().items()} == {"gain": (64,), "bias": (64,)}


def test_eps_is_added_to_the_variance(rng):
    inputs = rng.standard_normal((3, 6))
    outputs, _ = LayerNorm(6, eps=0.5, dtype=np.float64)(inputs)
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    expected = centred / np.sqrt(inputs.var(axis=-1, keepdims=True) + 0.5)
    np.testing.assert_allclose(outputs, expected, rtol=1e-13)


def test_gain_and_bias_act_feature_by_feature(randomise, rng):
    inputs = rng.standard_normal((3, 6))
    plain, _ = LayerNorm(6, dtype=np.float64)(inputs)
    layer = randomise(LayerNorm(6, dtype=np.float64), rng)
    np.testing.assert_allclose(layer(inputs)[0], plain * layer.gain.value + layer.bias.value, rtol=1e-12)


def test_float32_is_the_default_and_stays(rng):
    layer = LayerNorm(6)
    outputs, backward = layer(rng.standard_normal((3, 6)).astype(np.float32))
    d_inputs = backward(rng.standard_normal((3, 6)).astype(np.float32))
    assert outputs.dtype == d_inputs.dtype == layer.gain.grad.dtype == np.float32


def test_a_second_backward_call_is_an_error(rng):
    _, backward = LayerNorm(4, dtype=np.float64)(rng.standard_normal((2, 4)))
    backward(rng.standard_normal((2, 4)))
    with pytest.raises(RuntimeError, match="LayerNorm: this backward was called before"):
        backward(rng.standard_normal((2, 4)))
