"""Batches: every example once an epoch, those of like length together, in an order of the generator's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.batches import Batches, padded


def batches_of(lengths, size):
    return Batches(lengths, size, lambda indices: indices.copy())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=120), st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_gives_every_example_once_in_as_many_batches_as_announced(lengths, size, seed):
    batches = batches_of(lengths, size)
    for epoch in (batches.epoch(np.random.default_rng(seed)), batches.in_order()):
        given_out = list(epoch)
        assert len(given_out) == len(batches)
        assert sorted(index for batch in given_out for index in batch) == list(range(len(lengths)))
        assert all(1 <= len(batch) <= size for batch in given_out)


def as_lists(epoch):
    return [batch.tolist() for batch in epoch]


def test_the_same_generator_gives_the_same_order_and_another_epoch_another():
    batches = batches_of(np.arange(100) % 17, 7)
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    first, second = as_lists(batches.epoch(rng)), as_lists(batches.epoch(rng))
    assert [first, second] == [as_lists(batches.epoch(other)), as_lists(batches.epoch(other))]
    assert first != second
    assert as_lists(batches.epoch(np.random.default_rng(4))) != first


def test_the_order_is_drawn_before_the_first_batch_and_nothing_after_it():
    batches = batches_of(np.arange(60) % 11, 4)
    whole = as_lists(batches.epoch(np.random.default_rng(5)))
    rng = np.random.default_rng(5)
    epoch = batches.epoch(rng)
    drawn = rng.bit_generator.state
    rng.random(1000)  # as a model with dropout does between two batches
    state = rng.bit_generator.state
    assert as_lists(epoch) == whole
    assert rng.bit_generator.state == state
    assert drawn != np.random.default_rng(5).bit_generator.state


def test_a_batch_is_laid_out_when_it_is_its_turn():
    made = []
    batches = Batches([3] * 10, 2, made.append)
    epoch = batches.epoch(np.random.default_rng(0))
    assert made == []
    next(epoch)
    assert len(made) == 1


def test_examples_of_like_length_are_together():
    lengths = np.random.default_rng(0).integers(1, 60, 500)
    spread = [np.ptp(lengths[batch]) for batch in batches_of(lengths, 10).epoch(np.random.default_rng(1))]
    unsorted = [np.ptp(lengths[batch]) for batch in batches_of(lengths, 10).in_order()]
    assert np.mean(spread) < 8 < 40 < np.mean(unsorted)


def test_batches_do_not_come_by_length():
    lengths = np.arange(200)
    firsts = [batch[0] for batch in batches_of(lengths, 10).epoch(np.random.default_rng(1))]
    assert firsts != sorted(firsts)


def test_in_order_keeps_the_order():
    assert as_lists(batches_of([9, 1, 5, 2, 7], 2).in_order()) == [[0, 1], [2, 3], [4]]


def test_an_empty_batch_size_is_refused():
    with pytest.raises(ValueError, match="size: expected at least 1 example in a batch, got 0"):
        batches_of([1, 2], 0)


def test_rows_are_filled_up_to_the_longest():
    np.testing.assert_array_equal(padded([[5, 6, 7], [], [8]], 9), [[5, 6, 7], [9, 9, 9], [8, 9, 9]])
    assert padded([[], []], 0).shape == (2, 0)
    assert padded([], 0).shape == (0, 0)
    assert padded([[], []], 0).dtype == padded([[1]], 0).dtype == np.dtype(int)
