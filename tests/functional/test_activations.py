"""The bends: known values, symmetries, far ends, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import (
    gelu,
    gelu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("relu", "gelu", "tanh", "sigmoid"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


FUNCTIONS = [relu, gelu, tanh, sigmoid]
every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
INPUTS = np.random.default_rng(0).uniform(-6, 6, (3, 50))


def test_values_equal_the_formulas_number_by_number():
    for x in INPUTS[0]:
        one = np.array([x])
        assert relu(one) == (x if x > 0 else 0)
        assert tanh(one) == pytest.approx((math.exp(2 * x) - 1) / (math.exp(2 * x) + 1), rel=1e-13)
        assert sigmoid(one) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-14)
        u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        assert gelu(one) == pytest.approx(0.5 * x * (1 + math.tanh(u)), rel=1e-9, abs=1e-14)


def test_symmetries():
    np.testing.assert_allclose(sigmoid(-INPUTS), 1 - sigmoid(INPUTS), rtol=1e-13)
    np.testing.assert_array_equal(tanh(-INPUTS), -tanh(INPUTS))
    np.testing.assert_allclose(tanh(INPUTS), 2 * sigmoid(2 * INPUTS) - 1, atol=1e-15)
    np.testing.assert_array_equal(relu(INPUTS) - relu(-INPUTS), INPUTS)
    np.testing.assert_allclose(gelu(INPUTS) - gelu(-INPUTS), INPUTS, rtol=1e-14)


def test_the_tanh_form_of_gelu_differs_from_the_exact_one_by_less_than_5e_minus_4():
    x = np.linspace(-12, 12, 4001)
    exact = np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x])
    assert 4e-4 < np.max(np.abs(gelu(x) - exact)) < 5e-4


def test_at_its_kink_relu_has_slope_0():
    upstream = np.array([3.0, -4.0, 5.0, -6.0])
    inputs = np.array([0.0, -0.0, 5e-324, -5e-324])
    np.testing.assert_array_equal(relu_backward(upstream, inputs), [0, 0, 5, 0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_far_ends_are_reached_without_overflow(dtype):
    far = np.array([-np.finfo(dtype).max, -1e4, -40, 40, 1e4, np.finfo(dtype).max], dtype)
    upstream = np.array([2, -3, 5, -7, 11, -13], dtype)
    np.testing.assert_array_equal(relu(far), np.where(far > 0, far, 0))
    np.testing.assert_array_equal(gelu(far), np.where(far > 0, far, 0))
    np.testing.assert_array_equal(gelu_backward(upstream, far), np.where(far > 0, upstream, 0))
    np.testing.assert_array_equal(tanh(far), np.sign(far))
    assert not tanh_backward(upstream, tanh(far)).any()
    np.testing.assert_allclose(sigmoid(far), far > 0, atol=1e-15)
    np.testing.assert_allclose(sigmoid_backward(upstream, sigmoid(far)), 0, atol=1e-15)


def test_the_far_ends_of_sigmoid_keep_their_digits():
    assert sigmoid(np.array([-700.0])) == pytest.approx(math.exp(-700), rel=1e-14)
    assert sigmoid_backward(np.array([3.0]), sigmoid(np.array([-700.0]))) == pytest.approx(
        3 * math.exp(-700), rel=1e-14
    )


@pytest.mark.parametrize(
    ("backward", "kept"),
    [
        (relu_backward, "inputs"),
        (gelu_backward, "inputs"),
        (tanh_backward, "outputs"),
        (sigmoid_backward, "outputs"),
    ],
)
def test_shapes_that_differ_are_refused_by_name(backward, kept):
    with pytest.raises(ValueError, match=rf"^d_outputs: expected shape \(2, 3\) like {kept}, got \(3,\)$"):
        backward(np.ones(3), np.ones((2, 3)))
