"""Counts and compressors, held against countings by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from attention_np.tasks.characters.compressors import gzip_bits, lzma_bits
from attention_np.tasks.characters.n_grams import NGrams


def by_hand(train, before, character, characters):
    """Witten and Bell's mixture, from the longest context to none."""
    if before is None:
        return 1 / characters
    followers = Counter(
        train[place + len(before)]
        for place in range(len(train) - len(before))
        if tuple(train[place : place + len(before)]) == before
    )
    shorter = by_hand(train, before[1:] if before else None, character, characters)
    if not followers:
        return shorter
    return (followers[character] + len(followers) * shorter) / (followers.total() + len(followers))


@pytest.mark.parametrize("order", [0, 1, 2, 3, 5])
def test_probabilities_are_those_counted_by_hand(order):
    rng = np.random.default_rng(order)
    train, test = rng.integers(0, 4, 60), rng.integers(0, 5, 25)
    bits = NGrams(train, 5, order).bits(test)
    for place in range(len(test)):
        before = tuple(test[max(0, place - order + 1) : place]) if order else None
        assert 2 ** -bits[place] == pytest.approx(by_hand(train.tolist(), before, test[place], 5), rel=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_the_probabilities_of_all_characters_sum_to_one(order):
    rng = np.random.default_rng(1)
    counted = NGrams(rng.integers(0, 6, 200), 7, order)
    before = rng.integers(0, 7, 5)
    total = sum(2 ** -counted.bits(np.append(before, character))[-1] for character in range(7))
    assert total == pytest.approx(1, rel=1e-12)


def test_no_counts_make_every_character_alike():
    assert NGrams(np.zeros(3, int), 8, 0).bits(np.arange(8)) == pytest.approx(3.0)


def test_what_was_counted_often_is_cheap_and_a_longer_context_cheaper():
    train = np.tile([0, 1, 2, 1], 500)
    # The last is a 1 behind a 2, which is always so; then a 2 behind a 1, which only the 0 before that foretells.
    certain = [NGrams(train, 3, order).bits(train[:100])[-1] for order in (1, 2, 3)]
    assert certain == pytest.approx([1, 0, 0], abs=0.01)
    ambiguous = [NGrams(train, 3, order).bits(train[:103])[-1] for order in (1, 2, 3)]
    assert ambiguous == pytest.approx([2, 1, 0], abs=0.01)


def test_an_order_whose_grams_have_no_numbers_is_refused():
    with pytest.raises(ValueError, match="order: expected"):
        NGrams(np.zeros(3, int), 100, 10)
    with pytest.raises(ValueError, match="order: expected"):
        NGrams(np.zeros(3, int), 100, -1)


def test_a_compressor_pays_for_what_is_new_and_hardly_for_what_it_has_seen():
    rng = np.random.default_rng(0)
    noise = "".join(map(chr, rng.integers(33, 97, 5000)))
    for bits in (gzip_bits, lzma_bits):
        assert 5.5 < bits("", noise) < 7.5  # 6 bits of noise in each
        assert bits(noise, noise) < 0.3
        assert bits("", "a" * 5000) < 0.2


def test_lzma_looks_back_farther_than_gzip():
    rng = np.random.default_rng(0)
    noise = "".join(map(chr, rng.integers(33, 97, 60_000)))
    assert lzma_bits(noise, noise[:1000]) < 0.5 < 5 < gzip_bits(noise, noise[:1000])
