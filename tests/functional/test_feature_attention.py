"""The article's attention as one function: the three steps it stands for, whatever its blocks and whoever takes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import softmax, softmax_backward
from attention_np.functional import feature_attention as subject
from attention_np.functional.feature_attention import feature_attention, feature_attention_backward
from attention_np.training import blas_threads

from .cases import few_examples, seeds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def draw(seed, batch, time, width, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = (batch, time, width), (width, width), (batch, width)
    return (rng.standard_normal(shape).astype(dtype) for shape in shapes)


def step_by_step(inputs, weight, d_context):
    weights = softmax(inputs @ weight, axis=-2)
    d_scores = softmax_backward(d_context[:, None] * inputs, weights, axis=-2)
    d_inputs = d_context[:, None] * weights + d_scores @ weight.T
    return (weights * inputs).sum(axis=1), weights, d_inputs, np.tensordot(inputs, d_scores, axes=((0, 1), (0, 1)))


def in_one(inputs, weight, d_context):
    context, weights = feature_attention(inputs, weight)
    return context, weights, *feature_attention_backward(d_context, context, weights, inputs, weight)


@few_examples
@given(
    seed=seeds,
    batch=st.integers(0, 5),
    time=st.integers(0, 4),
    width=st.integers(1, 4),
    block=st.integers(1, 60),
)
def test_it_equals_scores_softmax_and_sum_in_any_blocks(seed, batch, time, width, block):
    arguments = tuple(draw(seed, batch, time, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "BLOCK", block)
        for ours, expected in zip(in_one(*arguments), step_by_step(*arguments), strict=True):
            assert ours.shape == expected.shape
            np.testing.assert_allclose(ours, expected, atol=1e-13)


def test_the_bits_do_not_depend_on_the_number_of_workers_and_arguments_stay_as_they_are():
    arguments = tuple(draw(0, 40, 33, 64, np.float32))
    kept = [array.copy() for array in arguments]
    with blas_threads(1):
        alone = in_one(*arguments)
    with blas_threads(2):
        together = in_one(*arguments)
    for one, two in zip(alone, together, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)
    for array, before in zip(arguments, kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_scores_that_no_exponential_bears_give_weights_that_sum_to_one():
    inputs, weight, _ = draw(0, 2, 5, 3)
    context, weights = feature_attention(1e3 * inputs, 1e3 * weight)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-14)
    assert np.isfinite(context).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused(wrong):
    inputs, weight, _ = draw(0, 2, 3, 4)
    inputs[1, 2, 3] = wrong
    refused = pytest.raises(ValueError, match=r"^scores: expected finite numbers, got NaN or infinity")
    with np.errstate(invalid="ignore"), refused:
        feature_attention(inputs, weight)


def test_arrays_that_do_not_fit_are_refused_by_name():
    inputs, weight, d_context = draw(0, 2, 3, 4)
    with pytest.raises(ValueError, match=r"^inputs: expected shape \(batch, time, width\), got \(3, 4\)$"):
        feature_attention(inputs[0], weight)
    with pytest.raises(ValueError, match=r"^weight: expected shape \(4, 4\) to match inputs, got \(4, 3\)$"):
        feature_attention(inputs, weight[:, :3])
    context, weights = feature_attention(inputs, weight)
    with pytest.raises(ValueError, match=r"^d_context: expected shape \(2, 4\) to match inputs, got \(2, 3\)$"):
        feature_attention_backward(d_context[:, :3], context, weights, inputs, weight)
    with pytest.raises(TypeError, match=r"^d_context: expected dtype float64 like inputs, got float32"):
        feature_attention_backward(d_context.astype(np.float32), context, weights, inputs, weight)
