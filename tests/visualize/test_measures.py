"""Entropy and rank correlation: known values, bounds, and identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_np import cosine_scores, softmax
from attention_np.visualize import entropy, rank_correlation


def test_entropy_is_zero_for_one_key_alone_and_the_logarithm_of_their_number_for_all_alike() -> None:
    weights = np.array([[0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25]])
    np.testing.assert_allclose(entropy(weights), [0, np.log(3), 1.5 * np.log(2)], atol=1e-15)


@settings(derandomize=True, deadline=None)
@given(st.integers(2, 60), st.integers(0, 10**6))
def test_cosine_attention_of_sharpness_one_cannot_come_below_its_bound(sources: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    queries = rng.standard_normal((3, 4))
    # The worst case for the bound: keys along the query and against it.
    keys = np.where(rng.random((sources, 1)) < 0.3, 1, -1) * queries[0]
    assert np.all(entropy(softmax(cosine_scores(queries, keys))) >= np.log(sources) - 0.4745)


@pytest.mark.parametrize("bad", [[[0.5, -0.5]], [[np.nan, 1.0]], [0.5, 0.5]])
def test_what_are_no_weights_is_refused(bad: list[object]) -> None:
    with pytest.raises(ValueError, match="weights: expected"):
        entropy(bad)


@pytest.mark.parametrize(
    ("one", "other", "tau"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        # Two of six pairs are in the other order.
        ([1, 2, 3, 4], [2, 1, 4, 3], 1 / 3),
        # Kendall's own correction for ties: 5 pairs agree, one is tied on the right.
        ([1, 2, 3, 4], [1, 2, 2, 4], 5 / np.sqrt(6 * 5)),
    ],
)
def test_known_rank_correlations(one: list[float], other: list[float], tau: float) -> None:
    assert rank_correlation(one, other) == pytest.approx(tau, abs=1e-15)


def test_without_an_order_there_is_no_rank_correlation() -> None:
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))


@settings(derandomize=True, deadline=None)
@given(arrays(np.float64, st.integers(2, 12), elements=st.integers(-5, 5)), st.integers(0, 10**6))
def test_rank_correlation_is_symmetric_and_blind_to_growing_maps(one: np.ndarray, seed: int) -> None:
    other = np.random.default_rng(seed).permutation(one) + 0.0
    tau = rank_correlation(one, other)
    np.testing.assert_equal(tau, rank_correlation(other, one))
    np.testing.assert_allclose(tau, rank_correlation(np.exp(one), 3 * other - 7), atol=1e-12)
    assert np.isnan(tau) or -1 - 1e-12 <= tau <= 1 + 1e-12
