"""The two ceilings: no keys and queries exceed them, the regular simplex reaches the second."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np import cosine_scores, softmax
from attention_np.tasks.recall.bounds import ceiling_of_all, ceiling_of_one

SHARPNESS = st.floats(0, 20)


@given(st.integers(1, 12), st.integers(1, 8), SHARPNESS, st.floats(0, 3), st.integers(0, 2**32 - 1))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_no_queries_and_keys_exceed_the_ceilings(keys, width, sharpness, noise, seed):
    rng = np.random.default_rng(seed)
    memory = rng.standard_normal((keys, width))
    # From queries that are their keys, the best for retrieval, to queries that know nothing of them.
    queries = memory + noise * rng.standard_normal((keys, width))
    weights = softmax(sharpness * cosine_scores(queries, memory))
    assert weights.max() <= ceiling_of_one(keys, sharpness) * (1 + 1e-12)
    mean = np.exp(np.mean(np.log(np.diagonal(weights))))
    assert mean <= ceiling_of_all(keys, sharpness) * (1 + 1e-12)
    assert np.diagonal(weights).min() <= mean * (1 + 1e-12)


@pytest.mark.parametrize("keys", [2, 3, 10, 64])
@pytest.mark.parametrize("sharpness", [0.5, 1, 7.0])
def test_a_regular_simplex_reaches_the_ceiling_of_all(keys, sharpness):
    simplex = np.eye(keys) - 1 / keys
    weights = softmax(sharpness * cosine_scores(simplex, simplex))
    np.testing.assert_allclose(np.diagonal(weights), ceiling_of_all(keys, sharpness), rtol=1e-12)


@pytest.mark.parametrize("keys", [1, 2, 7])
def test_one_key_against_all_others_reaches_the_ceiling_of_one(keys):
    memory = np.ones((keys, 3))
    memory[1:] = -1
    weights = softmax(2.5 * cosine_scores(memory[:1], memory))
    assert weights[0, 0] == pytest.approx(ceiling_of_one(keys, 2.5), rel=1e-12)


@pytest.mark.parametrize(
    ("keys", "one", "everyone"), [(2, 0.881, 0.881), (10, 0.451, 0.252), (20, 0.280, 0.131), (50, 0.131, 0.054)]
)
def test_the_ceilings_without_a_sharpness(keys, one, everyone):
    assert ceiling_of_one(keys, 1) == pytest.approx(one, abs=6e-4)
    assert ceiling_of_all(keys, 1) == pytest.approx(everyone, abs=6e-4)


@given(st.integers(3, 10_000), st.floats(0.01, 20))
@settings(derandomize=True, deadline=None)
def test_all_keys_are_harder_than_one_and_a_sharpness_of_zero_is_equal_weights(keys, sharpness):
    assert ceiling_of_all(keys, sharpness) < ceiling_of_one(keys, sharpness) <= 1
    assert ceiling_of_all(keys, 0) == ceiling_of_one(keys, 0) == pytest.approx(1 / keys, rel=1e-12)


def test_what_is_no_memory_or_no_sharpness_is_refused():
    with pytest.raises(ValueError, match="keys: expected at least 1, got 0"):
        ceiling_of_one(0, 1.0)
    for sharpness in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="sharpness: expected a finite number of at least 0"):
            ceiling_of_all(4, sharpness)
