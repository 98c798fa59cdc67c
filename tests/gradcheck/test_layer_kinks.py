"""Where a layer has no derivative: nobody is accused, and nothing is hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.layers import Attention

from .layer_checks import assert_right, check, found
from .planted import Perceptron, spoil, times


@pytest.fixture
def rng(request):
    return np.random.default_rng(list(request.node.name.encode()))


@settings(derandomize=True, deadline=None, max_examples=12)
@given(seed=st.integers(0, 10_000), exponent=st.integers(-6, 6), zero_row=st.booleans(), large=st.booleans())
def test_a_relu_is_never_accused(seed, exponent, zero_row, large):
    rng = np.random.default_rng(seed)
    layer = Perceptron(*((30, 40, 20) if large else (3, 4, 2)), rng)
    inputs = rng.standard_normal((6, 30) if large else (4, 3)) * 10.0**exponent
    if zero_row:
        layer.first.bias.value[...] = 0
        inputs[1] = 0
    report = check(layer, inputs, seed=seed)
    report.raise_if_failed()
    assert ("kink", "first.bias") in found(report) if zero_row else not report.diagnoses


@pytest.mark.parametrize("shape", [(5, 4), (12, 40)])
def test_beside_a_kink_in_reach_of_the_steps_the_slope_is_the_one_of_its_side(shape):
    inputs = np.random.default_rng(1).standard_normal(shape)
    for distance in (-1e-4, -1e-6, -1e-8, 1e-3, 1e-5, 1e-7):
        inputs[1, 2] = distance
        check(lambda x: (np.maximum(x, 0), lambda d: d * (x > 0)), inputs).raise_if_failed()


def test_a_kink_hides_no_mistake_elsewhere(rng):
    for shape in ((3, 4, 2), (30, 40, 20)):
        layer = Perceptron(*shape, rng)
        layer.first.bias.value[...] = 0
        inputs = rng.standard_normal((6, shape[0]))
        inputs[1] = 0
        spoil(layer.second, {"weight": times(2)})
        report = check(layer, inputs)
        assert ("constant-factor", "second.weight") in found(report)
        assert not report.passed


@pytest.mark.parametrize("width", [3, 60])
def test_the_zero_vector_of_a_cosine_is_no_mistake_and_hides_none(width, rng):
    targets, inputs = rng.standard_normal((2, 3, width)), rng.standard_normal((2, 5, width))
    targets[0, 1] = 0
    report = check(Attention("cosine"), targets, inputs)
    assert_right(report, "targets", "inputs", error=1e-6)
    wrong = spoil(Attention("cosine"), results=lambda results: (times(2)(results[0]), results[1]))
    assert found(check(wrong, targets, inputs)) == [("constant-factor", "targets")]
