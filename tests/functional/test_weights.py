"""Distribution: what weights are, which axis they add up along, and what a mask does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from attention_np import cosine_scores, softmax, softmax_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("softmax"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


@few_examples
@given(seed=seeds)
def test_weights_are_positive_and_add_up_to_1_along_the_axis(seed):
    scores = 3 * np.random.default_rng(seed).standard_normal((2, 3, 4))
    for axis in (0, 1, 2, -1, -2, -3):
        weights = softmax(scores, axis=axis)
        assert np.all(weights > 0)
        np.testing.assert_allclose(weights.sum(axis=axis), 1, rtol=1e-15)
        expected = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
        np.testing.assert_allclose(weights, expected, rtol=1e-13)


@few_examples
@given(seed=seeds)
def test_a_constant_added_to_all_scores_changes_nothing(seed):
    scores = np.random.default_rng(seed).standard_normal((3, 4))
    np.testing.assert_allclose(
        softmax(scores + np.array([[500.0], [-800.0], [3.0]])), softmax(scores), rtol=1e-12
    )


@few_examples
@given(seed=seeds)
def test_the_gradient_behind_a_softmax_adds_up_to_0_along_the_axis(seed):
    rng = np.random.default_rng(seed)
    scores, d_weights = rng.standard_normal((2, 2, 3, 4))
    for axis in (0, -1, -2):
        d_scores = softmax_backward(d_weights, softmax(scores, axis=axis), axis=axis)
        assert np.all(np.abs(d_scores.sum(axis=axis)) < 1e-15)
        assert np.all(d_scores)
    constant = np.broadcast_to(d_weights[..., :1], d_weights.shape)
    np.testing.assert_allclose(softmax_backward(constant, softmax(scores)), 0, atol=1e-15)


def test_axis_minus_2_is_the_articles_literal_reading_where_a_targets_weights_need_not_add_up_to_1():
    rng = np.random.default_rng(0)
    targets, inputs = rng.standard_normal((3, 5)), rng.standard_normal((4, 5))
    scores = cosine_scores(targets, inputs)
    literal = softmax(scores, axis=-2)
    for i in range(4):
        for j in range(3):
            # p_ij = exp(a_ij) / Σ_k exp(a_ik): one input i, all targets k.
            normaliser = sum(np.exp(scores[k, i]) for k in range(3))
            assert literal[j, i] == pytest.approx(np.exp(scores[j, i]) / normaliser, rel=1e-15)
    np.testing.assert_allclose(literal.sum(axis=-2), 1, rtol=1e-15)
    assert np.ptp(literal.sum(axis=-1)) > 1
    np.testing.assert_allclose(softmax(scores).sum(axis=-1), 1, rtol=1e-15)


def test_masked_weights_are_the_softmax_of_what_is_allowed():
    rng = np.random.default_rng(0)
    scores, mask = rng.standard_normal((3, 5)), rng.random((3, 5)) < 0.6
    weights = softmax(scores, mask=mask)
    for row in range(3):
        np.testing.assert_allclose(weights[row, mask[row]], softmax(scores[row, mask[row]]), rtol=1e-15)
        assert not weights[row, ~mask[row]].any()


@pytest.mark.parametrize("shape", [(), (4,), (3, 1), (1, 4), (2, 1, 1), (2, 3, 4), (1, 1, 1)])
def test_a_mask_broadcasts_to_the_scores(shape):
    rng = np.random.default_rng(0)
    scores, mask = rng.standard_normal((2, 3, 4)), np.asarray(rng.random(shape) < 0.5)
    for axis in (-1, 0):
        whole = np.array(np.broadcast_to(mask, scores.shape))
        np.testing.assert_array_equal(softmax(scores, axis, mask), softmax(scores, axis, whole))


@pytest.mark.parametrize("shape", [(5,), (3, 3), (1, 2, 3, 4), (3, 2, 4)])
def test_a_mask_that_does_not_broadcast_is_refused_by_name(shape):
    message = r"^mask: expected a shape that broadcasts to \(2, 3, 4\), got \("
    with pytest.raises(ValueError, match=message):
        softmax(np.ones((2, 3, 4)), mask=np.ones(shape, bool))


@pytest.mark.parametrize("mask", [np.ones(4), np.ones(4, int), [True] * 4, np.True_, True])
def test_a_mask_that_is_not_boolean_is_refused_by_name(mask):
    with pytest.raises(
        TypeError, match=r"^mask: expected booleans in a NumPy array, True where attending is allowed, got "
    ):
        softmax(np.ones((3, 4)), mask=mask)


@pytest.mark.parametrize("axis", [2, -3, None, 1.0, (0, 1)])
def test_an_axis_that_does_not_exist_is_refused_by_name(axis):
    with pytest.raises(ValueError, match=r"^axis: expected one of the 2 axes of scores, got "):
        softmax(np.ones((3, 4)), axis=axis)
    with pytest.raises(ValueError, match=r"^axis: expected one of the 2 axes of weights, got "):
        softmax_backward(np.ones((3, 4)), np.ones((3, 4)), axis=axis)


def test_a_single_number_has_no_axis_to_add_up_along():
    with pytest.raises(ValueError, match=r"^axis: expected one of the 0 axes of scores, got -1"):
        softmax(np.array(1.0))
