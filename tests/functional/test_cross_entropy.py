"""The loss: the formula with ignored targets and smoothing, its bounds, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import cross_entropy, cross_entropy_backward, softmax
from attention_np.functional.cross_entropy import cross_entropy_and_gradient

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("cross_entropy"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


def draw_logits_and_targets(seed=0):
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal((2, 4, 5)), rng.integers(0, 5, (2, 4))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("ignored", [None, -1, 2])
def test_the_loss_equals_the_formula_number_by_number(ignored, smoothing):
    logits, targets = draw_logits_and_targets()
    if ignored == -1:
        targets[0, 1] = targets[1, 3] = -1
    total, count = 0.0, 0
    for n in np.ndindex(2, 4):
        if targets[n] != ignored:
            log_normaliser = math.log(sum(math.exp(z) for z in logits[n]))
            surprises = [log_normaliser - z for z in logits[n]]
            total += (1 - smoothing) * surprises[targets[n]] + smoothing * sum(surprises) / 5
            count += 1
    loss = cross_entropy(logits, targets, ignore_index=ignored, label_smoothing=smoothing)
    assert loss.shape == () and 0 < count < 8 + (ignored is None)
    assert loss == pytest.approx(total / count, rel=1e-13)


@few_examples
@given(seed=seeds)
def test_each_row_of_the_gradient_adds_up_to_0_and_is_what_was_said_minus_what_was_right(seed):
    logits, targets = draw_logits_and_targets(seed)
    targets[1, 0] = -7
    for smoothing in (0.0, 0.3):
        gradient = cross_entropy_backward(logits, targets, ignore_index=-7, label_smoothing=smoothing)
        np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-15)
        wanted = (1 - smoothing) * np.eye(5)[np.maximum(targets, 0)] + smoothing / 5
        expected = (softmax(logits) - wanted) / 7
        expected[1, 0] = 0
        np.testing.assert_allclose(gradient, expected, atol=1e-15)


def test_a_constant_added_to_all_logits_changes_nothing():
    logits, targets = draw_logits_and_targets()
    shifted = logits + 1000 * np.arange(4.0)[:, None]
    assert cross_entropy(shifted, targets) == pytest.approx(cross_entropy(logits, targets), rel=1e-12)
    np.testing.assert_allclose(
        cross_entropy_backward(shifted, targets), cross_entropy_backward(logits, targets), atol=1e-13
    )


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    targets = np.array([0, 3, 6])
    for smoothing in (0.0, 0.4):
        loss = cross_entropy(np.full((3, 7), -2.5), targets, label_smoothing=smoothing)
        assert loss == pytest.approx(math.log(7), rel=1e-15)


def test_a_probability_too_small_for_a_float_still_has_a_finite_loss():
    logits = np.array([[0.0, -5000.0, -800.0]])
    assert cross_entropy(logits, np.array([1])) == 5000
    np.testing.assert_array_equal(cross_entropy_backward(logits, np.array([1])), [[1, -1, 0]])


def test_a_class_that_is_ruled_out_costs_infinity_only_where_it_is_the_target():
    logits = np.array([[1.0, -np.inf, 2.0], [0.5, 1.5, -np.inf]])
    rest = (math.log(1 + math.e) + math.log(1 + math.exp(-1))) / 2
    assert cross_entropy(logits, np.array([0, 1])) == pytest.approx(rest, rel=1e-14)
    assert cross_entropy(logits, np.array([1, 1])) == np.inf
    assert np.all(np.isfinite(cross_entropy_backward(logits, np.array([1, 1]))))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("ignored", [None, 2])
@pytest.mark.parametrize("lead", [(), (0,), (7,), (4, 20)])
def test_loss_and_gradient_at_once_have_the_bits_of_the_two_apart(lead, ignored, smoothing, dtype):
    rng = np.random.default_rng(0)
    logits, targets = 9 * rng.standard_normal((*lead, 5000)).astype(dtype), rng.integers(5000, size=lead)
    targets.reshape(-1)[::3] = 2
    kept = logits.copy()
    loss, d_logits = cross_entropy_and_gradient(logits, targets, ignored, smoothing)
    expected = cross_entropy(logits, targets, ignored, smoothing), cross_entropy_backward(logits, targets, ignored, smoothing)
    for ours, apart in zip((loss, d_logits), expected, strict=True):
        assert (ours.dtype, ours.shape) == (dtype, apart.shape)
        np.testing.assert_array_equal(ours, apart)
    np.testing.assert_array_equal(logits, kept)


@pytest.mark.parametrize("smoothing", [1, 1.0, -0.1, float("nan")])
def test_a_smoothing_outside_0_to_1_is_refused(smoothing):
    logits, targets = draw_logits_and_targets()
    for function in (cross_entropy, cross_entropy_backward):
        with pytest.raises(
            ValueError, match=rf"^label_smoothing: expected a number in \[0, 1\), got {smoothing}$"
        ):
            function(logits, targets, label_smoothing=smoothing)


@pytest.mark.parametrize(("wrong", "ignored"), [(5, None), (-1, None), (-1, -2), (7, 5)])
def test_a_target_out_of_range_is_refused_with_its_place(wrong, ignored):
    logits, targets = draw_logits_and_targets()
    targets[1, 2] = wrong
    for function in (cross_entropy, cross_entropy_backward):
        with pytest.raises(
            ValueError, match=rf"^targets: expected ids from 0 to 4, got {wrong} at index \(1, 2\)$"
        ):
            function(logits, targets, ignore_index=ignored)


@pytest.mark.parametrize("shape", [(4,), (4, 2), (2, 4, 1), ()])
def test_targets_of_another_shape_are_refused_by_name(shape):
    logits, _ = draw_logits_and_targets()
    for function in (cross_entropy, cross_entropy_backward):
        with pytest.raises(
            ValueError, match=r"^targets: expected shape \(2, 4\) with a class for each row of logits, got"
        ):
            function(logits, np.zeros(shape, int))


def test_logits_without_classes_are_refused_by_name():
    with pytest.raises(
        ValueError, match=r"^logits: expected shape \(\.\.\., classes\) with at least one dimension, got \(\)"
    ):
        cross_entropy(np.array(1.0), np.array(0))
