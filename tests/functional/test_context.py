"""Result: the weighted sum by a loop, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from attention_np import context, context_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("context"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


def draw_weights_and_values(seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((2, 3, 4)), rng.standard_normal((2, 4, 5)), rng.standard_normal((2, 3, 5))


def test_context_and_gradients_equal_the_formulas_number_by_number():
    weights, values, d_context = draw_weights_and_values()
    result = context(weights, values)
    d_weights, d_values = context_backward(d_context, weights, values)
    for b in range(2):
        for j in range(3):
            expected = sum(weights[b, j, i] * values[b, i] for i in range(4))
            np.testing.assert_allclose(result[b, j], expected, rtol=1e-13)
            for i in range(4):
                assert d_weights[b, j, i] == pytest.approx(sum(d_context[b, j] * values[b, i]), rel=1e-12)
        for i in range(4):
            expected = sum(weights[b, j, i] * d_context[b, j] for j in range(3))
            np.testing.assert_allclose(d_values[b, i], expected, rtol=1e-12, atol=1e-15)


def test_one_weight_of_1_copies_a_value_and_hands_the_upstream_to_it_alone():
    _, values, d_context = draw_weights_and_values()
    weights = np.zeros((2, 3, 4))
    weights[:, [0, 1, 2], [3, 0, 2]] = 1
    np.testing.assert_array_equal(context(weights, values), values[:, [3, 0, 2]])
    _, d_values = context_backward(d_context, weights, values)
    np.testing.assert_array_equal(d_values[:, [3, 0, 2]], d_context)
    assert not d_values[:, 1].any()


@pytest.mark.parametrize(
    ("weights", "values", "message"),
    [
        ((4,), (4, 5), r"^weights: expected shape \(\.\.\., targets, sources\) .*, got \(4,\)$"),
        ((3, 4), (5, 4), r"^values: expected shape \(\.\.\., 4, width\) to match weights, got \(5, 4\)$"),
        (
            (2, 3, 4),
            (4, 5),
            r"^values: expected leading dimensions \(2,\) like weights, got \(\) of shape \(4, 5\)$",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(weights, values, message):
    with pytest.raises(ValueError, match=message):
        context(np.ones(weights), np.ones(values))
    with pytest.raises(ValueError, match=message):
        context_backward(np.ones((3, 5)), np.ones(weights), np.ones(values))
