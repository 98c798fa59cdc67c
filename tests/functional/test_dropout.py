"""Dropout: the mask is a value, the same both ways, and keeps the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from attention_np import dropout, dropout_backward, dropout_mask

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("dropout"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mask_leaves_out_its_share_and_scales_what_stays(rate, dtype):
    mask = dropout_mask((200, 300), rate, np.random.default_rng(0), dtype)
    assert mask.shape == (200, 300) and mask.dtype == dtype
    np.testing.assert_allclose(mask[mask != 0], 1 / (1 - rate), rtol=1e-6)
    # Five standard deviations of a share of 60,000 draws.
    assert abs(np.mean(mask == 0) - rate) < 5 * np.sqrt(rate * (1 - rate) / mask.size)


def test_a_rate_of_0_leaves_out_nothing():
    mask = dropout_mask((50, 40), 0, np.random.default_rng(0), np.float64)
    np.testing.assert_array_equal(mask, 1)


def test_the_same_seed_gives_the_same_mask_and_the_next_one_differs():
    rng = np.random.default_rng(3)
    first, second = (dropout_mask((4, 5), 0.5, rng, np.float32) for _ in range(2))
    np.testing.assert_array_equal(dropout_mask((4, 5), 0.5, np.random.default_rng(3), np.float32), first)
    assert np.any(first != second)


def test_what_was_left_out_receives_nothing_and_the_rest_is_scaled_alike():
    rng = np.random.default_rng(0)
    inputs, d_outputs = rng.standard_normal((2, 6, 7))
    mask = dropout_mask((6, 7), 0.3, rng, np.float64)
    outputs, d_inputs = dropout(inputs, mask), dropout_backward(d_outputs, mask)
    stays = mask != 0
    assert not outputs[~stays].any() and not d_inputs[~stays].any() and 0 < stays.sum() < stays.size
    np.testing.assert_allclose(outputs[stays], inputs[stays] / 0.7, rtol=1e-15)
    np.testing.assert_allclose(d_inputs[stays], d_outputs[stays] / 0.7, rtol=1e-15)


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, float("nan")])
def test_a_rate_outside_0_to_1_is_refused(rate):
    with pytest.raises(ValueError, match=rf"^rate: expected a share in \[0, 1\), got {rate}$"):
        dropout_mask((2,), rate, np.random.default_rng(0), np.float32)


def test_a_dtype_that_is_not_floating_is_refused_before_anything_is_drawn():
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match=r"^dtype: expected a floating dtype, got int64$"):
        dropout_mask((2,), 0.5, rng, np.int64)
    assert rng.random() == np.random.default_rng(0).random()


def test_a_mask_of_another_shape_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^mask: expected shape \(2, 3\) like inputs, got \(3,\)$"):
        dropout(np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match=r"^d_outputs: expected shape \(3,\) like mask, got \(2, 3\)$"):
        dropout_backward(np.ones((2, 3)), np.ones(3))
