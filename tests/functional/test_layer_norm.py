"""Layer normalisation: mean and variance of what comes out, and a gradient with mean zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import layer_norm, layer_norm_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("layer_norm"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


def draw_arguments(seed=0):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((2, 3, 6)) + 5, rng.standard_normal(6), rng.standard_normal(6)


def test_outputs_equal_the_formula_number_by_number():
    inputs, gain, bias = draw_arguments()
    outputs = layer_norm(inputs, gain, bias, eps=0.01)
    for n in np.ndindex(2, 3):
        mean = sum(inputs[n]) / 6
        deviation = math.sqrt(sum((x - mean) ** 2 for x in inputs[n]) / 6 + 0.01)
        np.testing.assert_allclose(outputs[n], gain * (inputs[n] - mean) / deviation + bias, rtol=1e-12)


def test_before_gain_and_bias_every_vector_has_mean_0_and_variance_1():
    inputs, _, _ = draw_arguments()
    outputs = layer_norm(inputs, np.ones(6), np.zeros(6), eps=1e-12)
    np.testing.assert_allclose(outputs.mean(axis=-1), 0, atol=1e-14)
    np.testing.assert_allclose(outputs.var(axis=-1), 1, rtol=1e-11)


@few_examples
@given(seed=seeds)
def test_the_gradient_of_the_inputs_has_mean_0_and_does_not_stretch(seed):
    inputs, gain, _ = draw_arguments(seed)
    d_outputs = np.random.default_rng(seed).standard_normal(inputs.shape)
    d_inputs, _, _ = layer_norm_backward(d_outputs, inputs, gain, eps=1e-12)
    np.testing.assert_allclose(d_inputs.mean(axis=-1), 0, atol=1e-14)
    # But for eps, a stretched vector is normalised to the same numbers.
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    assert np.all(np.abs(np.sum(d_inputs * centred, axis=-1)) < 1e-9)
    assert np.all(np.abs(d_inputs) > 0)


def test_gain_and_bias_receive_the_sum_over_all_positions():
    inputs, gain, bias = draw_arguments()
    d_outputs = np.random.default_rng(1).standard_normal(inputs.shape)
    _, d_gain, d_bias = layer_norm_backward(d_outputs, inputs, gain)
    normalised = (layer_norm(inputs, gain, bias) - bias) / gain
    np.testing.assert_allclose(d_bias, d_outputs.reshape(6, 6).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(d_gain, (d_outputs * normalised).reshape(6, 6).sum(axis=0), rtol=1e-10)


def test_a_constant_vector_becomes_the_bias():
    _, gain, bias = draw_arguments()
    inputs = np.full((2, 6), 4.0)
    np.testing.assert_array_equal(layer_norm(inputs, gain, bias), [bias, bias])
    d_inputs, d_gain, _ = layer_norm_backward(np.random.default_rng(1).standard_normal((2, 6)), inputs, gain)
    assert np.all(np.isfinite(d_inputs)) and not d_gain.any()


@pytest.mark.parametrize("eps", [0, -1e-5, float("nan")])
def test_an_eps_that_is_not_above_0_is_refused(eps):
    inputs, gain, bias = draw_arguments()
    with pytest.raises(ValueError, match=rf"^eps: expected a number above 0, got {eps}$"):
        layer_norm(inputs, gain, bias, eps=eps)
    with pytest.raises(ValueError, match=rf"^eps: expected a number above 0, got {eps}$"):
        layer_norm_backward(inputs, inputs, gain, eps=eps)


def test_shapes_that_do_not_fit_are_refused_by_name():
    inputs, gain, bias = draw_arguments()
    with pytest.raises(
        ValueError, match=r"^inputs: expected shape \(\.\.\., width\) with at least one dimension, got \(\)"
    ):
        layer_norm(np.array(1.0), gain, bias)
    with pytest.raises(ValueError, match=r"^gain: expected shape \(6,\) to match inputs, got \(5,\)"):
        layer_norm(inputs, gain[:5], bias)
    with pytest.raises(ValueError, match=r"^bias: expected shape \(6,\) to match inputs, got \(2, 6\)"):
        layer_norm(inputs, gain, np.stack([bias, bias]))
    with pytest.raises(ValueError, match=r"^gain: expected shape \(6,\) to match inputs, got \(5,\)"):
        layer_norm_backward(inputs, inputs, gain[:5])
