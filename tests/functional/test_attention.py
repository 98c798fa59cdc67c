"""Attention in one call: the three steps, the sharpness, masks, biases, and what the forward pass may keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import (
    attention,
    attention_backward,
    causal_mask,
    context,
    context_backward,
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    scaled_dot_scores,
    scaled_dot_scores_backward,
    softmax,
    softmax_backward,
)

from ..derivatives import relative_error
from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("attention"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


STEPS = {
    "cosine": (cosine_scores, cosine_scores_backward),
    "dot": (dot_scores, dot_scores_backward),
    "scaled_dot": (scaled_dot_scores, scaled_dot_scores_backward),
}
every_score = pytest.mark.parametrize("score", STEPS)


def draw_arguments(lead=(2, 3), seed=0):
    rng = np.random.default_rng(seed)
    queries, keys = rng.standard_normal((*lead, 4, 3)), rng.standard_normal((*lead, 5, 3))
    return queries, keys, rng.standard_normal((*lead, 5, 6)), rng.standard_normal((*lead, 4, 6))


def assert_all_close(found, expected):
    for array, wanted in zip(found, expected, strict=True):
        assert array.shape == wanted.shape
        assert relative_error(array, wanted) < 1e-12


@every_score
def test_attention_is_the_three_steps_forwards_and_backwards(score):
    queries, keys, values, d_context = draw_arguments()
    scores_of, scores_backward = STEPS[score]
    mask = np.random.default_rng(1).random((4, 5)) < 0.7
    mask[2] = False
    scores = scores_of(queries, keys)
    weights = softmax(scores, mask=mask)
    np.testing.assert_allclose(
        attention(queries, keys, values, score=score, mask=mask), context(weights, values), rtol=1e-13
    )
    d_weights, d_values = context_backward(d_context, weights, values)
    d_scores = softmax_backward(d_weights, weights)
    *gradients, d_scale = attention_backward(d_context, queries, keys, values, score=score, mask=mask)
    assert_all_close(gradients, (*scores_backward(d_scores, queries, keys), d_values))
    # The multiplier in force is 1/√d for the scaled dot product, whose scores are those of the plain one.
    plain = scores * math.sqrt(3) if score == "scaled_dot" else scores
    assert d_scale.shape == () and d_scale == pytest.approx(np.sum(d_scores * plain), rel=1e-12)


@every_score
def test_context_and_log_normaliser_equal_the_formulas_number_by_number(score):
    queries, keys, values, _ = draw_arguments()
    scale = np.array([0.5, -2.0, 3.0])
    bias, mask = (
        np.random.default_rng(2).standard_normal((4, 5)),
        np.random.default_rng(3).random((2, 1, 4, 5)) < 0.6,
    )
    options = {"score": score, "scale": scale, "bias": bias, "mask": mask, "causal": True}
    found, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
    np.testing.assert_allclose(attention(queries, keys, values, **options), found)
    for b, h, j in np.ndindex(2, 3, 4):
        total, summed = 0.0, np.zeros(6)
        for i in range(5):
            if i <= j + 1 and mask[b, 0, j, i]:
                w, v = queries[b, h, j], keys[b, h, i]
                relevance = w @ v / (math.hypot(*w) * math.hypot(*v) if score == "cosine" else 1)
                exponential = math.exp(scale[h] * relevance + bias[j, i])
                total, summed = total + exponential, summed + exponential * values[b, h, i]
        np.testing.assert_allclose(found[b, h, j], summed / total if total else 0, rtol=1e-11, atol=1e-15)
        expected = math.log(total) if total else -math.inf
        assert log_normaliser[b, h, j] == pytest.approx(expected, rel=1e-12, abs=1e-13)


@every_score
def test_what_the_forward_pass_kept_gives_the_same_gradients(score):
    queries, keys, values, d_context = draw_arguments()
    rng = np.random.default_rng(1)
    mask = rng.random((2, 3, 4, 5)) < 0.7
    mask[1, 2, 3] = False
    options = {
        "score": score,
        "scale": rng.uniform(1, 9, (2, 1)),
        "mask": mask,
        "bias": rng.standard_normal(5),
    }
    result, log_normaliser = attention(queries, keys, values, **options, return_log_normaliser=True)
    expected = attention_backward(d_context, queries, keys, values, **options)
    for kept in (
        {"context": result},
        {"log_normaliser": log_normaliser},
        {"context": result, "log_normaliser": log_normaliser},
    ):
        assert_all_close(attention_backward(d_context, queries, keys, values, **options, **kept), expected)


@pytest.mark.parametrize("shape", [(), (3,), (1,), (2, 1), (1, 3), (2, 3), (1, 1)])
def test_a_scale_broadcasts_over_the_leading_dimensions_and_its_gradient_has_its_shape(shape):
    queries, keys, values, d_context = draw_arguments()
    scale = np.asarray(np.random.default_rng(1).uniform(1, 5, shape))
    whole = np.array(np.broadcast_to(scale, (2, 3)))
    np.testing.assert_allclose(
        attention(queries, keys, values, scale=scale), attention(queries, keys, values, scale=whole)
    )
    *gradients, d_scale = attention_backward(d_context, queries, keys, values, scale=scale)
    *expected, d_whole = attention_backward(d_context, queries, keys, values, scale=whole)
    assert_all_close(gradients, expected)
    assert d_scale.shape == shape
    for index in np.ndindex(shape):
        same = np.zeros(shape, bool)
        same[index] = True
        assert d_scale[index] == pytest.approx(d_whole[np.broadcast_to(same, (2, 3))].sum(), rel=1e-12)


@pytest.mark.parametrize(
    "scale", [2.5, np.float64(2.5), np.float32(2.5), np.array(2.5)], ids=lambda scale: type(scale).__name__
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_number_for_a_scale_is_a_scale_everywhere_and_keeps_the_dtype(scale, dtype):
    arguments = [array.astype(dtype) for array in draw_arguments()]
    if isinstance(scale, np.ndarray):
        scale = scale.astype(dtype)
    *inputs, d_context = arguments
    expected = attention(*inputs, scale=np.full((2, 3), 2.5, dtype))
    found = attention(*inputs, scale=scale)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected)
    gradients = attention_backward(d_context, *inputs, scale=scale)
    assert all(gradient.dtype == dtype for gradient in gradients) and gradients[3].shape == ()


def test_no_scale_is_1_for_cosine_and_dot_and_1_over_the_root_of_the_width_for_scaled_dot():
    queries, keys, values, d_context = draw_arguments()
    for score, scale in (("cosine", 1.0), ("dot", 1.0), ("scaled_dot", 1 / math.sqrt(3))):
        found = attention(queries, keys, values, score=score)
        np.testing.assert_allclose(
            found, attention(queries, keys, values, score=score, scale=scale), rtol=1e-14
        )
        assert_all_close(
            attention_backward(d_context, queries, keys, values, score=score),
            attention_backward(d_context, queries, keys, values, score=score, scale=scale),
        )
    given_scale = attention(queries, keys, values, score="scaled_dot", scale=0.7)
    np.testing.assert_allclose(given_scale, attention(queries, keys, values, score="dot", scale=0.7))


def test_a_constant_added_to_a_targets_bias_changes_nothing():
    queries, keys, values, d_context = draw_arguments()
    bias = np.random.default_rng(1).standard_normal((4, 5))
    shifted = bias + np.array([[3.0], [-200.0], [0.5], [1e3]])
    found = attention(queries, keys, values, bias=bias)
    np.testing.assert_allclose(attention(queries, keys, values, bias=shifted), found, rtol=1e-11)
    assert np.max(np.abs(found - attention(queries, keys, values))) > 0.1


@pytest.mark.parametrize("shape", [(), (5,), (4, 1), (3, 4, 5), (2, 1, 1, 5), (2, 3, 4, 5)])
def test_mask_and_bias_broadcast_to_the_scores(shape):
    queries, keys, values, d_context = draw_arguments()
    rng = np.random.default_rng(1)
    narrow = {"mask": np.asarray(rng.random(shape) < 0.6), "bias": np.asarray(rng.standard_normal(shape))}
    whole = {name: np.array(np.broadcast_to(array, (2, 3, 4, 5))) for name, array in narrow.items()}
    np.testing.assert_allclose(
        attention(queries, keys, values, **narrow), attention(queries, keys, values, **whole)
    )
    for found, expected in zip(
        attention_backward(d_context, queries, keys, values, **narrow),
        attention_backward(d_context, queries, keys, values, **whole),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("targets", "sources"), [(3, 3), (2, 5), (5, 2), (1, 4), (4, 1), (0, 3), (3, 0)])
def test_a_causal_mask_lets_the_last_target_see_every_source(targets, sources):
    mask = causal_mask(targets, sources)
    assert mask.shape == (targets, sources) and mask.dtype == np.bool_
    for i, j in np.ndindex(targets, sources):
        assert mask[i, j] == (j <= i + sources - targets)
    assert mask[-1:].all()


@pytest.mark.parametrize("sources", [2, 4, 7])
def test_causal_is_the_causal_mask_and_joins_a_given_one(sources):
    rng = np.random.default_rng(0)
    queries, d_context = rng.standard_normal((2, 2, 4, 3))
    keys, values = rng.standard_normal((2, 2, sources, 3))
    given_mask = rng.random((2, 1, sources)) < 0.7
    for mask in (None, given_mask):
        joined = causal_mask(4, sources) if mask is None else causal_mask(4, sources) & mask
        np.testing.assert_allclose(
            attention(queries, keys, values, mask=mask, causal=True),
            attention(queries, keys, values, mask=joined),
        )
        assert_all_close(
            attention_backward(d_context, queries, keys, values, mask=mask, causal=True),
            attention_backward(d_context, queries, keys, values, mask=joined),
        )


def test_a_causal_target_is_not_moved_by_what_comes_later():
    rng = np.random.default_rng(0)
    queries, keys, values = rng.standard_normal((3, 5, 4))
    found = attention(queries, keys, values, causal=True)
    keys[3:], values[3:] = 9, -9
    np.testing.assert_array_equal(attention(queries, keys, values, causal=True)[:3], found[:3])
    d_context = np.zeros((5, 4))
    d_context[:3] = rng.standard_normal((3, 4))
    d_queries, d_keys, d_values, _ = attention_backward(d_context, queries, keys, values, causal=True)
    assert not d_queries[3:].any() and not d_keys[3:].any() and not d_values[3:].any()


@few_examples
@given(seed=seeds)
def test_the_context_lies_within_the_values_and_its_gradients_keep_their_identities(seed):
    queries, keys, values, d_context = draw_arguments(seed=seed)
    found = attention(queries, keys, values, scale=4.0)
    assert np.all(found <= values.max(axis=-2, keepdims=True) + 1e-14)
    assert np.all(found >= values.min(axis=-2, keepdims=True) - 1e-14)
    d_queries, d_keys, d_values, d_scale = attention_backward(d_context, queries, keys, values, scale=4.0)
    # The weights of a target add up to one, so its upstream arrives at the values in full.
    np.testing.assert_allclose(d_values.sum(axis=-2), d_context.sum(axis=-2), atol=1e-13)
    # Cosines ask for directions alone.
    np.testing.assert_allclose(np.sum(d_queries * queries, axis=-1), 0, atol=1e-13)
    np.testing.assert_allclose(np.sum(d_keys * keys, axis=-1), 0, atol=1e-13)
    # Dot products are linear in a query, so stretching all queries is stretching the scale.
    d_queries, d_keys, _, d_scale = attention_backward(
        d_context, queries, keys, values, score="dot", scale=0.5
    )
    assert np.sum(d_queries * queries) == pytest.approx(0.5 * d_scale, rel=1e-9, abs=1e-12)
    assert np.sum(d_keys * keys) == pytest.approx(0.5 * d_scale, rel=1e-9, abs=1e-12)


def test_a_single_source_gets_the_whole_weight_and_nothing_flows_through_its_score():
    rng = np.random.default_rng(0)
    queries, keys, values = (
        rng.standard_normal((4, 3)),
        rng.standard_normal((1, 3)),
        rng.standard_normal((1, 6)),
    )
    np.testing.assert_array_equal(attention(queries, keys, values), np.repeat(values, 4, axis=0))
    d_context = rng.standard_normal((4, 6))
    d_queries, d_keys, d_values, d_scale = attention_backward(d_context, queries, keys, values, scale=7.0)
    for gradient in (d_queries, d_keys, d_scale):
        np.testing.assert_allclose(gradient, 0, atol=1e-13)
    np.testing.assert_allclose(d_values, d_context.sum(axis=0, keepdims=True), rtol=1e-14)


@pytest.mark.parametrize("sources", [2, 10, 100])
def test_no_weight_exceeds_the_ceiling_of_the_cosine_without_a_sharpness(sources):
    key = np.array([0.6, -1.1, 0.2])
    keys = np.vstack([key, np.repeat([-2 * key], sources - 1, axis=0)])
    # The value of the best key is 1 and of all others 0, so the context is its weight.
    values = np.eye(sources)[:, :1]
    for scale in (1.0, 3.0):
        ceiling = math.exp(2 * scale) / (math.exp(2 * scale) + sources - 1)
        assert attention(key[None], keys, values, scale=scale)[0, 0] == pytest.approx(ceiling, rel=1e-14)


SHAPES = {"queries": (2, 4, 3), "keys": (2, 5, 3), "values": (2, 5, 6)}


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"score": "cosin"}, ValueError, r"^score: expected one of cosine, dot, scaled_dot, got 'cosin'$"),
        (
            {"queries": np.ones(3)},
            ValueError,
            r"^queries: expected shape \(\.\.\., targets, width\) .*, got \(3,\)$",
        ),
        (
            {"keys": np.ones((2, 5, 4))},
            ValueError,
            r"^keys: expected shape \(\.\.\., sources, 3\) .*, got \(2, 5, 4\)$",
        ),
        (
            {"keys": np.ones(3)},
            ValueError,
            r"^keys: expected shape \(\.\.\., sources, width\) .*, got \(3,\)$",
        ),
        (
            {"queries": np.ones((4, 3))},
            ValueError,
            r"^keys: expected leading dimensions \(\) like queries, got \(2,\)",
        ),
        (
            {"values": np.ones((2, 4, 6))},
            ValueError,
            r"^values: expected shape \(\.\.\., 5, width\) .*, got \(2, 4, 6\)$",
        ),
        (
            {"values": np.ones((5, 6))},
            ValueError,
            r"^values: expected leading dimensions \(2,\) like keys, got \(\)",
        ),
        (
            {"scale": np.ones(3)},
            ValueError,
            r"^scale: expected a shape that broadcasts to \(2,\), got \(3,\)$",
        ),
        (
            {"scale": np.ones((1, 2))},
            ValueError,
            r"^scale: expected a shape that broadcasts to \(2,\), got \(1, 2\)$",
        ),
        ({"scale": "3"}, TypeError, r"^scale: expected a number or a NumPy array of floats, got str$"),
        (
            {"scale": [1.0, 2.0]},
            TypeError,
            r"^scale: expected a number or a NumPy array of floats, got list$",
        ),
        ({"scale": 1j}, TypeError, r"^scale: expected a number or a NumPy array of floats, got complex$"),
        ({"scale": np.array(2)}, TypeError, r"^scale: expected a floating dtype, got int64"),
        (
            {"bias": np.ones((5, 4))},
            ValueError,
            r"^bias: expected a shape that broadcasts to \(2, 4, 5\), got \(5, 4\)$",
        ),
        (
            {"bias": np.ones((3, 1, 1, 1))},
            ValueError,
            r"^bias: expected a shape that broadcasts to \(2, 4, 5\)",
        ),
        ({"bias": 1.0}, TypeError, r"^bias: expected a NumPy array of floats, got float"),
        (
            {"mask": np.ones((3, 4, 5), bool)},
            ValueError,
            r"^mask: expected a shape that broadcasts to \(2, 4, 5\)",
        ),
        (
            {"mask": np.ones((4, 5))},
            TypeError,
            r"^mask: expected booleans in a NumPy array, .*, got float64$",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(changed, error, message):
    rng = np.random.default_rng(0)
    arguments = {**{name: rng.standard_normal(shape) for name, shape in SHAPES.items()}, **changed}
    with pytest.raises(error, match=message):
        attention(**arguments)
    with pytest.raises(error, match=message):
        attention_backward(rng.standard_normal((2, 4, 6)), **arguments)


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (
            {"context": np.ones((2, 4, 5))},
            r"^context: expected shape \(2, 4, 6\) like d_context, got \(2, 4, 5\)$",
        ),
        (
            {"log_normaliser": np.ones((2, 4, 1))},
            r"^log_normaliser: expected shape \(2, 4\) .*, got \(2, 4, 1\)$",
        ),
        (
            {"log_normaliser": np.ones((2, 4), np.float32)},
            r"^log_normaliser: expected dtype float64 like queries",
        ),
    ],
)
def test_what_the_forward_pass_did_not_give_is_refused_by_name(kept, message):
    rng = np.random.default_rng(0)
    arguments = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    with pytest.raises((TypeError, ValueError), match=message):
        attention_backward(rng.standard_normal((2, 4, 6)), **arguments, **kept)
