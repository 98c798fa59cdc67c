"""Masks: each by its definition, pair by pair; how they join; and what they are for attention."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import attention, causal_mask, padding_mask, prefix_mask, sliding_window_mask

from .cases import few_examples, seeds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
sizes = st.integers(0, 7)


def by_pairs(targets, sources, allowed):
    """`allowed(place, i)` of a target that stands at `place` of the sources, and source i."""
    return np.array(
        [[allowed(j + sources - targets, i) for i in range(sources)] for j in range(targets)], bool
    ).reshape(targets, sources)


@few_examples
@given(targets=sizes, sources=sizes)
def test_no_one_looks_ahead_through_a_causal_mask(targets, sources):
    expected = by_pairs(targets, sources, lambda place, i: i <= place)
    np.testing.assert_array_equal(causal_mask(targets, sources), expected)


@few_examples
@given(targets=sizes, sources=sizes, window=st.integers(1, 9))
def test_a_window_shows_what_is_nearer_than_its_size(targets, sources, window):
    expected = by_pairs(targets, sources, lambda place, i: abs(place - i) < window)
    np.testing.assert_array_equal(sliding_window_mask(targets, sources, window), expected)


@few_examples
@given(targets=sizes, sources=sizes, data=st.data())
def test_a_prefix_is_seen_by_all_and_the_rest_in_its_time(targets, sources, data):
    prefix = data.draw(st.integers(0, sources))
    expected = by_pairs(targets, sources, lambda place, i: i < prefix or i <= place)
    np.testing.assert_array_equal(prefix_mask(targets, sources, prefix), expected)


def test_lengths_of_many_sequences_give_a_mask_each():
    lengths = np.array([[0, 3], [5, 1]])
    mask = padding_mask(lengths, 5)
    assert mask.shape == (2, 2, 1, 5)
    np.testing.assert_array_equal(mask.sum(axis=(-1, -2)), lengths)
    for n in np.ndindex(2, 2):
        assert mask[n][0, : lengths[n]].all()
        np.testing.assert_array_equal(prefix_mask(4, 5, lengths)[n], prefix_mask(4, 5, int(lengths[n])))


@few_examples
@given(targets=sizes, sources=sizes)
def test_the_widest_and_the_narrowest_of_each_are_others(targets, sources):
    causal, all_of_it = causal_mask(targets, sources), np.ones((targets, sources), bool)
    np.testing.assert_array_equal(prefix_mask(targets, sources, 0), causal)
    np.testing.assert_array_equal(prefix_mask(targets, sources, sources), all_of_it)
    widest = sliding_window_mask(targets, sources, max(targets, sources, 1))
    np.testing.assert_array_equal(widest & causal, causal)
    if targets <= sources:
        np.testing.assert_array_equal(widest, all_of_it)


def test_joined_masks_are_the_masked_attention_of_what_is_left():
    rng = np.random.default_rng(0)
    queries, keys, values = rng.standard_normal((3, 2, 6, 4))
    mask = padding_mask(np.array([6, 4]), 6) & sliding_window_mask(6, 6, 3) & causal_mask(6, 6)
    found = attention(queries, keys, values, mask=mask)
    for n, length in enumerate((6, 4)):
        for j in range(6):
            seen = slice(max(j - 2, 0), min(j + 1, length))
            expected = attention(queries[n, j : j + 1], keys[n, seen], values[n, seen])
            np.testing.assert_allclose(found[n, j : j + 1], expected, rtol=1e-12, atol=1e-15)


@few_examples
@given(seed=seeds, window=st.integers(1, 6))
def test_a_window_without_its_mask_is_attention_over_the_last_keys(seed, window):
    queries, keys, values = np.random.default_rng(seed).standard_normal((3, 6, 2))
    masked = attention(queries[-1:], keys, values, mask=sliding_window_mask(1, 6, window))
    np.testing.assert_allclose(masked, attention(queries[-1:], keys[-window:], values[-window:]), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sliding_window_mask(3, 3, 0), "^window: expected at least 1, got 0$"),
        (lambda: padding_mask(np.array([1, 4]), 3), "^lengths: expected numbers from 0 to 3 sources, got 4$"),
        (lambda: padding_mask(np.array([-1, 2]), 3), "^lengths: expected numbers from 0 to 3 sources, got -1$"),
        (lambda: padding_mask([1, 2], 3), "^lengths: expected integers, got list$"),
        (lambda: padding_mask(np.array([1.0]), 3), "^lengths: expected integers, got float64$"),
        (lambda: prefix_mask(3, 3, 4), "^prefix: expected numbers from 0 to 3 sources, got 4$"),
        (lambda: prefix_mask(3, 3, 1.5), "^prefix: expected integers, got float64$"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
