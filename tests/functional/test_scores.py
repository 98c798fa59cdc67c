"""Relevance: loops, bounds, what a gradient must be orthogonal to, and shapes that are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import (
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    scaled_dot_scores,
    scaled_dot_scores_backward,
)

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("cosine_scores", "dot_scores", "scaled_dot_scores"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


PAIRS = [
    (cosine_scores, cosine_scores_backward),
    (dot_scores, dot_scores_backward),
    (scaled_dot_scores, scaled_dot_scores_backward),
]
every_pair = pytest.mark.parametrize(("scores", "backward"), PAIRS, ids=lambda function: function.__name__)


def draw_queries_and_keys(seed=0, lead=(2,)):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((*lead, 3, 5)), rng.standard_normal((*lead, 4, 5))


def test_scores_have_a_row_per_target_and_equal_the_formula_number_by_number():
    queries, keys = draw_queries_and_keys()
    cosines, dots, scaled = (scores(queries, keys) for scores, _ in PAIRS)
    for b in range(2):
        for j in range(3):
            for i in range(4):
                dot = sum(float(w) * float(v) for w, v in zip(queries[b, j], keys[b, i], strict=True))
                lengths = math.hypot(*queries[b, j]) * math.hypot(*keys[b, i])
                assert cosines[b, j, i] == pytest.approx(dot / lengths, rel=1e-13)
                assert dots[b, j, i] == pytest.approx(dot, rel=1e-13)
                assert scaled[b, j, i] == pytest.approx(dot / math.sqrt(5), rel=1e-13)


@few_examples
@given(seed=seeds)
def test_a_cosine_lies_between_minus_1_and_1(seed):
    queries, keys = draw_queries_and_keys(seed)
    scores = cosine_scores(queries, np.concatenate([keys, 3 * queries, -0.2 * queries], axis=-2))
    assert np.max(np.abs(scores)) <= 1 + 4 * np.finfo(float).eps
    np.testing.assert_allclose(np.diagonal(scores[..., 4:7], axis1=-2, axis2=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(np.diagonal(scores[..., 7:], axis1=-2, axis2=-1), -1, rtol=1e-15)


@few_examples
@given(seed=seeds)
def test_the_gradient_of_a_cosine_is_orthogonal_to_its_vector(seed):
    queries, keys = draw_queries_and_keys(seed)
    upstream = np.random.default_rng(seed).standard_normal((2, 3, 4))
    for vectors, gradient in zip(
        (queries, keys), cosine_scores_backward(upstream, queries, keys), strict=True
    ):
        along = np.sum(vectors * gradient, axis=-1)
        lengths = np.linalg.norm(vectors, axis=-1) * np.linalg.norm(gradient, axis=-1)
        assert np.all(np.abs(along) < 1e-14 * lengths)
        assert np.all(lengths > 0)


def test_the_gradient_of_a_cosine_is_as_short_as_its_vector_is_long():
    queries, keys = draw_queries_and_keys()
    upstream = np.random.default_rng(1).standard_normal((2, 3, 4))
    d_queries, d_keys = cosine_scores_backward(upstream, queries, keys)
    far_queries, far_keys = cosine_scores_backward(upstream, 8 * queries, keys)
    np.testing.assert_array_equal(far_queries, d_queries / 8)
    np.testing.assert_array_equal(far_keys, d_keys)


def test_the_gradient_of_a_cosine_vanishes_where_the_vectors_are_parallel():
    queries = np.array([[0.3, -1.2, 2.0]])
    d_queries, d_keys = cosine_scores_backward(
        np.array([[2.0, -3.0]]), queries, np.array([[5.0], [-0.1]]) * queries
    )
    np.testing.assert_allclose(d_queries, 0, atol=1e-15)
    np.testing.assert_allclose(d_keys, 0, atol=1e-14)


def test_in_one_dimension_a_cosine_is_a_sign_and_its_gradient_is_0():
    queries, keys = np.array([[2.0], [-3.0]]), np.array([[0.1], [-7.0], [1.0]])
    np.testing.assert_array_equal(cosine_scores(queries, keys), [[1, -1, 1], [-1, 1, -1]])
    for gradient in cosine_scores_backward(np.array([[1.5, 2, -1], [0.2, 3, 4]]), queries, keys):
        assert not gradient.any()


@every_pair
def test_swapping_queries_and_keys_transposes_scores_and_swaps_gradients(scores, backward):
    queries, keys = draw_queries_and_keys()
    upstream = np.random.default_rng(1).standard_normal((2, 3, 4))
    np.testing.assert_allclose(scores(keys, queries), scores(queries, keys).swapaxes(-1, -2), rtol=1e-14)
    d_queries, d_keys = backward(upstream, queries, keys)
    swapped = backward(upstream.swapaxes(-1, -2), keys, queries)
    np.testing.assert_allclose(swapped[0], d_keys, rtol=1e-12)
    np.testing.assert_allclose(swapped[1], d_queries, rtol=1e-12)


@every_pair
def test_a_backward_is_linear_in_its_upstream(scores, backward):
    queries, keys = draw_queries_and_keys()
    one, two = np.random.default_rng(1).standard_normal((2, 2, 3, 4))
    for gradient, first, second in zip(
        backward(2 * one - 3 * two, queries, keys),
        backward(one, queries, keys),
        backward(two, queries, keys),
        strict=True,
    ):
        np.testing.assert_allclose(gradient, 2 * first - 3 * second, atol=1e-13)


@pytest.mark.parametrize(
    ("queries", "keys", "message"),
    [
        ((5,), (4, 5), r"^queries: expected shape \(\.\.\., targets, width\) .*, got \(5,\)$"),
        ((3, 5), (4, 6), r"^keys: expected shape \(\.\.\., sources, 5\) to match queries, got \(4, 6\)$"),
        ((3, 5), (5,), r"^keys: expected shape \(\.\.\., sources, 5\) to match queries, got \(5,\)$"),
        (
            (2, 3, 5),
            (4, 5),
            r"^keys: expected leading dimensions \(2,\) like queries, got \(\) of shape \(4, 5\)$",
        ),
        ((2, 3, 5), (1, 4, 5), r"^keys: expected leading dimensions \(2,\) like queries, got \(1,\) of"),
    ],
)
@every_pair
def test_shapes_that_do_not_fit_are_refused_by_name(scores, backward, queries, keys, message):
    with pytest.raises(ValueError, match=message):
        scores(np.ones(queries), np.ones(keys))
    with pytest.raises(ValueError, match=message):
        backward(np.ones((3, 4)), np.ones(queries), np.ones(keys))
