"""The linear map: by a loop, shared over positions, with and without a bias."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from attention_np import linear, linear_backward
from attention_np.functional import products
from attention_np.training import blas_threads

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("linear"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


def draw_arguments(seed=0, lead=(2, 3)):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((*lead, 4)), rng.standard_normal((4, 5)), rng.standard_normal(5)


def test_outputs_and_gradients_equal_the_formulas_number_by_number():
    inputs, weight, bias = draw_arguments()
    outputs = linear(inputs, weight, bias)
    d_outputs = np.random.default_rng(1).standard_normal(outputs.shape)
    d_inputs, d_weight, d_bias = linear_backward(d_outputs, inputs, weight)
    positions = list(np.ndindex(2, 3))
    for o in range(5):
        for n in positions:
            assert outputs[n][o] == pytest.approx(
                sum(inputs[n][i] * weight[i, o] for i in range(4)) + bias[o]
            )
        assert d_bias[o] == pytest.approx(sum(d_outputs[n][o] for n in positions), rel=1e-12)
        for i in range(4):
            expected = sum(inputs[n][i] * d_outputs[n][o] for n in positions)
            assert d_weight[i, o] == pytest.approx(expected, rel=1e-12)
    for n in positions:
        for i in range(4):
            assert d_inputs[n][i] == pytest.approx(
                sum(d_outputs[n][o] * weight[i, o] for o in range(5)), rel=1e-11
            )


def test_without_a_bias_it_is_the_product_alone():
    inputs, weight, bias = draw_arguments()
    np.testing.assert_array_equal(linear(inputs, weight) + bias, linear(inputs, weight, bias))
    np.testing.assert_array_equal(linear(inputs, weight), inputs @ weight)


def test_a_single_vector_is_a_position():
    inputs, weight, bias = draw_arguments(lead=())
    d_outputs = np.random.default_rng(1).standard_normal(5)
    assert linear(inputs, weight, bias).shape == (5,)
    d_inputs, d_weight, d_bias = linear_backward(d_outputs, inputs, weight)
    np.testing.assert_allclose(d_inputs, weight @ d_outputs, rtol=1e-13)
    np.testing.assert_allclose(d_weight, np.outer(inputs, d_outputs), rtol=1e-13)
    np.testing.assert_array_equal(d_bias, d_outputs)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"inputs": np.ones((2, 5))},
            r"^inputs: expected shape \(\.\.\., 4\) to match weight, got \(2, 5\)$",
        ),
        ({"inputs": np.array(1.0)}, r"^inputs: expected shape \(\.\.\., 4\) to match weight, got \(\)$"),
        ({"weight": np.ones((1, 4, 5))}, r"^weight: expected shape \(in, out\), got \(1, 4, 5\)$"),
        ({"bias": np.ones(4)}, r"^bias: expected shape \(5,\) to match weight, got \(4,\)$"),
        ({"bias": np.ones((1, 5))}, r"^bias: expected shape \(5,\) to match weight, got \(1, 5\)$"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(changed, message):
    inputs, weight, bias = draw_arguments()
    arguments = {"inputs": inputs, "weight": weight, "bias": bias, **changed}
    with pytest.raises(ValueError, match=message):
        linear(**arguments)
    if "bias" not in changed:
        with pytest.raises(ValueError, match=message):
            linear_backward(np.ones((2, 3, 5)), arguments["inputs"], arguments["weight"])


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("positions", "columns"), [(9, 30), (30, 9), (7, 7), (1, 2)])
def test_the_gradients_are_the_same_in_parts_and_lie_as_the_weight_does(monkeypatch, positions, columns, transposed):
    rng = np.random.default_rng(0)
    inputs, d_outputs = rng.standard_normal((positions, 5)), rng.standard_normal((positions, columns))
    weight = rng.standard_normal((columns, 5)).T if transposed else rng.standard_normal((5, columns))
    expected = d_outputs @ weight.T, inputs.T @ d_outputs, d_outputs.sum(axis=0)
    for few in (0, 10**9):
        monkeypatch.setattr(products, "SHARED", few)
        gradients = linear_backward(d_outputs, inputs, weight)
        assert gradients[1].strides == weight.strides
        for ours, formula in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(ours, formula, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("positions", "columns"), [(60, 1000), (1000, 60)])
def test_the_bits_do_not_depend_on_the_number_of_workers(positions, columns):
    rng = np.random.default_rng(0)
    shapes = (positions, columns), (positions, 300), (300, columns)
    arguments = [rng.standard_normal(shape, np.float32) for shape in shapes]
    assert positions * columns * 300 > products.SHARED
    with blas_threads(1):
        alone = linear_backward(*arguments)
    with blas_threads(2):
        together = linear_backward(*arguments)
    for one, two in zip(alone, together, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)
