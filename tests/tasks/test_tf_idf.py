"""The nearest neighbour: itself first, rare words before common ones, runs of symbols with their edges."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from attention_np.tasks.tf_idf import TfIdf, n_grams


def test_every_bag_is_its_own_nearest_neighbour():
    rng = np.random.default_rng(0)
    bags = [Counter(rng.choice(list("abcdefgh"), 9).tolist()) for _ in range(40)]
    index = TfIdf(bags)
    for bag in bags:
        found = bags[index.nearest(bag)]
        assert found.keys() == bag.keys()


def test_a_rare_word_in_common_says_more_than_a_frequent_one():
    index = TfIdf([Counter(["the", "cat"]), Counter(["the", "dog"]), Counter(["the", "owl"])])
    assert index.nearest(Counter(["the", "the", "owl", "sees"])) == 2


def test_what_is_like_nothing_gets_the_first():
    assert TfIdf([Counter("ab"), Counter("cd")]).nearest(Counter("xyz")) == 0


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_runs_of_symbols_hold_the_edges_and_keep_the_symbols_apart(longest):
    assert n_grams(["sz", "a"], longest) != n_grams(["s", "za"], longest)
    assert sum(n_grams("abcd", longest).values()) == sum(6 - n + 1 for n in range(1, longest + 1))
    assert (n_grams("ab", longest) == n_grams("ba", longest)) == (longest == 1)
