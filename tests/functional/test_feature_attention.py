"""The article's attention as one function: the steps it stands for, whatever its blocks, its words and whoever takes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import embedding_backward, softmax, softmax_backward
from attention_np.functional import feature_attention as subject
from attention_np.functional.feature_attention import feature_attention, feature_attention_backward
from attention_np.training import blas_threads

from .cases import few_examples, seeds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def draw(seed, batch, time, width, vocabulary=9, dtype=np.float64):
    rng = np.random.default_rng(seed)
    ids = rng.integers(vocabulary, size=(batch, time))
    shapes = (vocabulary, width), (width, width), (batch, width)
    return ids, *(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def step_by_step(ids, table, weight, d_context):
    """Position by position, as the model's equations are written."""
    inputs = table[ids]
    weights = softmax(inputs @ weight, axis=-2)
    d_scores = softmax_backward(d_context[:, None] * inputs, weights, axis=-2)
    d_inputs = d_context[:, None] * weights + d_scores @ weight.T
    d_weight = np.tensordot(inputs, d_scores, axes=((0, 1), (0, 1)))
    return (weights * inputs).sum(axis=1), weights, embedding_backward(d_inputs, ids, len(table)), d_weight


def in_one(ids, table, weight, d_context):
    context, gate = feature_attention(ids, table, weight)
    d_table = np.full_like(table, 2)
    d_weight = feature_attention_backward(d_context, context, gate, weight, d_table)
    return context, gate.weights(), d_table - 2, d_weight


@few_examples
@given(
    seed=seeds,
    batch=st.integers(0, 5),
    time=st.integers(0, 4),
    width=st.integers(1, 4),
    block=st.integers(1, 60),
    large=st.sampled_from([0.0, 20.0]),
)
def test_it_equals_lookup_scores_softmax_and_sum_in_any_blocks_with_scores_as_they_are_or_shifted(
    seed, batch, time, width, block, large
):
    arguments = draw(seed, batch, time, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "BLOCK", block)
        patch.setattr(subject, "LARGE", large)
        for ours, expected in zip(in_one(*arguments), step_by_step(*arguments), strict=True):
            assert ours.shape == expected.shape
            np.testing.assert_allclose(ours, expected, atol=1e-13)


def test_the_bits_do_not_depend_on_the_number_of_workers_and_arguments_stay_as_they_are():
    arguments = draw(0, 40, 60, 64, vocabulary=3000, dtype=np.float32)
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


@pytest.mark.parametrize("sharpness", [1.0, 10.0, 19.0])
def test_float32_is_as_close_to_the_truth_as_the_steps_one_by_one(sharpness):
    ids, table, weight, d_context = draw(1, 20, 30, 16, vocabulary=100)
    weight *= sharpness / np.abs(table @ weight).max()
    single = [array.astype(np.float32) for array in (table, weight, d_context)]
    truth = step_by_step(ids, *(array.astype(np.float64) for array in single))
    for ours, steps, true in zip(in_one(ids, *single), step_by_step(ids, *single), truth, strict=True):
        tolerance = max(2 * np.abs(steps - true).max(), 1e-6 * np.abs(true).max())
        np.testing.assert_allclose(ours, true, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [30.0, 1e3, 1e6])
def test_large_scores_give_the_weights_of_the_softmax(size, dtype):
    ids, table, weight, d_context = draw(0, 4, 5, 3, dtype=dtype)
    arguments = ids, table, (size * weight).astype(dtype), d_context
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    for ours, expected in zip(in_one(*arguments), step_by_step(*arguments), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused(wrong):
    ids, table, weight, _ = draw(0, 2, 3, 4)
    table[ids[1, 2], 3] = wrong
    refused = pytest.raises(ValueError, match=r"^scores: expected finite numbers, got NaN or infinity")
    with np.errstate(invalid="ignore"), refused:
        feature_attention(ids, table, weight)


def test_arrays_that_do_not_fit_are_refused_by_name():
    ids, table, weight, d_context = draw(0, 2, 3, 4)
    with pytest.raises(ValueError, match=r"^ids: expected shape \(batch, time\) of sequences of one length, got \(3,\)$"):
        feature_attention(ids[0], table, weight)
    with pytest.raises(ValueError, match=r"^ids: expected ids from 0 to 1, got "):
        feature_attention(ids + 2, table[:2], weight)
    with pytest.raises(ValueError, match=r"^table: expected shape \(vocabulary_size, width\), got \(4,\)$"):
        feature_attention(ids, table[0], weight)
    with pytest.raises(ValueError, match=r"^weight: expected shape \(4, 4\) to match table, got \(4, 3\)$"):
        feature_attention(ids, table, weight[:, :3])
    context, gate = feature_attention(ids, table, weight)
    with pytest.raises(ValueError, match=r"^d_context: expected shape \(2, 4\) to match gate, got \(2, 3\)$"):
        feature_attention_backward(d_context[:, :3], context, gate, weight, table)
    with pytest.raises(TypeError, match=r"^d_context: expected dtype float64 like weight, got float32"):
        feature_attention_backward(d_context.astype(np.float32), context, gate, weight, table)
