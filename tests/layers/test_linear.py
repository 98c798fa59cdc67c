"""The linear map as a layer."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import Linear


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (1, 2, 3), (0,)])
@pytest.mark.parametrize("bias", [True, False])
def test_its_backward_is_the_derivative(lead, bias, check, rng):
    layer = Linear(5, 3, bias=bias, rng=rng, dtype=np.float64)
    check(layer, {"inputs": rng.standard_normal((*lead, 5))}, rng)


def test_outputs_are_inputs_times_weight_plus_bias(rng):
    layer = Linear(5, 3, rng=rng, dtype=np.float64)
    inputs = rng.standard_normal((2, 4, 5))
    expected = np.einsum("...i,io->...o", inputs, layer.weight.value) + layer.bias.value
    np.testing.assert_allclose(layer(inputs)[0], expected, rtol=1e-13)


def test_without_a_bias_there_is_no_parameter_of_that_name(rng):
    layer = Linear(5, 3, bias=False, rng=rng)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]


def test_weight_and_bias_are_drawn_from_the_interval_of_pytorch(rng):
    layer = Linear(16, 500, rng=rng)
    for parameter in layer.parameters():
        assert parameter.value.dtype == np.float32
        assert 0.24 < np.abs(parameter.value).max() <= 0.25
        assert abs(parameter.value.mean()) < 0.03


def test_used_twice_the_gradients_add_in_whatever_order_the_backward_passes_run(rng):
    layer = Linear(5, 3, rng=rng, dtype=np.float64)
    inputs, d_outputs = rng.standard_normal((2, 4, 5)), rng.standard_normal((2, 4, 3))
    _, first_backward = layer(inputs[0])
    _, second_backward = layer(inputs[1])
    d_second, d_first = second_backward(d_outputs[1]), first_backward(d_outputs[0])
    expected = sum(a.T @ b for a, b in zip(inputs, d_outputs, strict=True))
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(d_first, d_outputs[0] @ layer.weight.value.T, rtol=1e-12)
    np.testing.assert_allclose(d_second, d_outputs[1] @ layer.weight.value.T, rtol=1e-12)


def test_a_result_is_not_overwritten_by_a_later_call(rng):
    layer = Linear(5, 3, rng=rng, dtype=np.float64)
    outputs, backward = layer(rng.standard_normal((4, 5)))
    kept = outputs.copy()
    d_inputs = backward(rng.standard_normal((4, 3)))
    kept_gradient = d_inputs.copy()
    layer(rng.standard_normal((4, 5)))[1](rng.standard_normal((4, 3)))
    np.testing.assert_array_equal(outputs, kept)
    np.testing.assert_array_equal(d_inputs, kept_gradient)


def test_inputs_of_another_width_or_dtype_are_refused(rng):
    layer = Linear(5, 3, rng=rng, dtype=np.float64)
    with pytest.raises(ValueError, match=r"inputs: expected shape \(..., 5\) to match weight, got \(2, 3\)"):
        layer(np.zeros((2, 3)))
    with pytest.raises(TypeError, match="float32"):
        layer(np.zeros((2, 5), np.float32))
    with pytest.raises(TypeError, match="inputs: expected a floating dtype, got int64"):
        layer(np.zeros((2, 5), np.int64))
