"""The additive score: by a loop, its special cases, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import additive_scores, additive_scores_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("additive_scores"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


SHAPES = {
    "queries": (2, 3, 4),
    "keys": (2, 5, 6),
    "query_weight": (4, 7),
    "key_weight": (6, 7),
    "score_vector": (7,),
}


def draw_arguments(seed=0):
    rng = np.random.default_rng(seed)
    return {name: 0.5 * rng.standard_normal(shape) for name, shape in SHAPES.items()}


def test_scores_equal_the_formula_number_by_number():
    arguments = draw_arguments()
    scores = additive_scores(**arguments)
    assert scores.shape == (2, 3, 5)
    for b, j, i in np.ndindex(2, 3, 5):
        sums = (
            arguments["queries"][b, j] @ arguments["query_weight"]
            + arguments["keys"][b, i] @ arguments["key_weight"]
        )
        expected = sum(u * math.tanh(z) for u, z in zip(arguments["score_vector"], sums, strict=True))
        assert scores[b, j, i] == pytest.approx(expected, rel=1e-13)


def test_scores_cannot_exceed_the_sum_of_the_score_vector():
    arguments = draw_arguments()
    arguments["queries"] *= 1e6
    bound = np.abs(arguments["score_vector"]).sum()
    scores = additive_scores(**arguments)
    assert np.max(np.abs(scores)) <= bound * (1 + 1e-15)
    # Where every tanh is at its end, nothing comes through it: only the score vector still learns.
    d_queries, d_keys, d_query_weight, d_key_weight, d_score_vector = additive_scores_backward(
        np.random.default_rng(1).standard_normal(scores.shape), **arguments
    )
    assert not d_queries.any() and not d_keys.any() and not d_query_weight.any() and not d_key_weight.any()
    assert d_score_vector.all()


def test_the_shared_weights_receive_the_sum_over_the_batch():
    arguments = draw_arguments()
    upstream = np.random.default_rng(1).standard_normal((2, 3, 5))
    whole = additive_scores_backward(upstream, **arguments)
    parts = [
        additive_scores_backward(
            upstream[b], **{**arguments, "queries": arguments["queries"][b], "keys": arguments["keys"][b]}
        )
        for b in range(2)
    ]
    for index in (0, 1):
        np.testing.assert_allclose(whole[index], [part[index] for part in parts], rtol=1e-12)
    for index in (2, 3, 4):
        np.testing.assert_allclose(whole[index], parts[0][index] + parts[1][index], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        (
            "queries",
            (4,),
            r"^queries: expected shape \(\.\.\., targets, width\) with at least two dimensions, got",
        ),
        ("keys", (6,), r"^keys: expected shape \(\.\.\., sources, width\) with at least two dimensions, got"),
        ("keys", (5, 6), r"^keys: expected leading dimensions \(2,\) like queries, got \(\)"),
        (
            "query_weight",
            (6, 7),
            r"^query_weight: expected shape \(4, hidden\) to match queries, got \(6, 7\)",
        ),
        (
            "key_weight",
            (4, 7),
            r"^key_weight: expected shape \(6, 7\) to match keys and query_weight, got \(4, 7\)",
        ),
        (
            "key_weight",
            (6, 8),
            r"^key_weight: expected shape \(6, 7\) to match keys and query_weight, got \(6, 8\)",
        ),
        ("score_vector", (8,), r"^score_vector: expected shape \(7,\) to match query_weight, got \(8,\)"),
        ("score_vector", (7, 1), r"^score_vector: expected shape \(7,\) to match query_weight, got \(7, 1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(name, shape, message):
    arguments = {**draw_arguments(), name: np.ones(shape)}
    with pytest.raises(ValueError, match=message):
        additive_scores(**arguments)
    with pytest.raises(ValueError, match=message):
        additive_scores_backward(np.ones((2, 3, 5)), **arguments)
