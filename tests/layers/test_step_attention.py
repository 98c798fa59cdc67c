"""Attention one query at a time: the same as all at once, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import Attention, StepAttention

BATCH, STEPS, SOURCES, WIDTH = 3, 4, 5, 6
MASK = np.arange(SOURCES) < np.array([5, 2, 4])[:, None]
SCORES = [(score, learn) for score in ("cosine", "dot", "scaled_dot", "additive") for learn in (False, True)]


def make(score, learn_scale, rng):
    attention = StepAttention(WIDTH, score=score, learn_scale=learn_scale, rng=rng, dtype=np.float64)
    for parameter in (attention.query_weight, attention.key_weight):
        parameter.value *= 3
    return attention


def at_once(attention, score, learn_scale, queries, memory, d_contexts):
    """By `Attention`: contexts, weights, and the gradients of queries, memory, and of all parameters but W."""
    width = WIDTH if score == "additive" else None
    layer = Attention(score, None, learn_scale, width=width, rng=np.random.default_rng(0), dtype=np.float64)
    if score == "additive":
        layer.query_weight.value[...] = np.eye(WIDTH)
        layer.key_weight.value[...] = np.eye(WIDTH)
        layer.score_vector.value[...] = attention.score_vector.value
    keys = memory @ attention.key_weight.value
    attended, backward = layer(queries, keys, memory, MASK[:, None])
    d_queries, d_keys, d_memory = backward(d_context=d_contexts)
    gradients = {"key_weight": np.einsum("bsi,bsj->ij", memory, d_keys)}
    if learn_scale:
        gradients["sharpness.log_scale"] = layer.sharpness.log_scale.grad
    if score == "additive":
        gradients["score_vector"] = layer.score_vector.grad
    d_memory = d_memory + d_keys @ attention.key_weight.value.T
    return attended.context, attended.weights, d_queries, d_memory, gradients


@pytest.mark.parametrize(("score", "learn_scale"), SCORES)
def test_steps_give_what_the_layer_gives_at_once(score, learn_scale, rng):
    attention = make(score, learn_scale, rng)
    queries, d_contexts = rng.standard_normal((2, BATCH, STEPS, WIDTH))
    memory = rng.standard_normal((BATCH, SOURCES, WIDTH))
    queries[1, 2] = 0
    expected = at_once(attention, score, learn_scale, queries, memory, d_contexts)

    looks = attention.over(memory, MASK, STEPS)
    contexts = np.stack([looks.look(t, queries[:, t]) for t in range(STEPS)], axis=1)
    d_queries = np.empty_like(queries)
    for t in reversed(range(STEPS)):
        looks.look_back(t, d_contexts[:, t], d_queries[:, t])
    d_memory = looks.finish(d_contexts.swapaxes(0, 1))
    found = (contexts, looks.weights.swapaxes(0, 1), d_queries, d_memory)
    for ours, theirs in zip(found, expected, strict=False):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    for name, gradient in expected[-1].items():
        own = dict(attention.named_parameters())[name].grad
        np.testing.assert_allclose(own, gradient, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("score", ["cosine", "dot", "additive"])
def test_where_nothing_may_be_attended_weights_and_gradients_are_zero(score, rng):
    attention = make(score, True, rng)
    queries, memory = rng.standard_normal((2, WIDTH)), rng.standard_normal((2, SOURCES, WIDTH))
    mask = np.array([[False] * SOURCES, [True] * SOURCES])
    looks = attention.over(memory, mask, 1)
    context, d_query = looks.look(0, queries), np.empty_like(queries)
    looks.look_back(0, np.ones_like(context), d_query)
    d_memory = looks.finish(np.ones_like(context)[None])
    for array in (context, looks.weights[0], d_query, d_memory):
        assert not array[0].any() and array[1].any()


@pytest.mark.parametrize("score", ["dot", "additive"])
def test_scores_of_a_thousand_do_not_overflow(score, rng):
    attention = make(score, False, rng)
    attention.query_weight.value[...] = np.eye(WIDTH)
    attention.key_weight.value *= 1e3
    if score == "additive":
        attention.score_vector.value *= 1e3
    looks = attention.over(rng.standard_normal((BATCH, SOURCES, WIDTH)), MASK, 1)
    with np.errstate(all="raise", under="ignore"):
        looks.look(0, rng.standard_normal((BATCH, WIDTH)))
    np.testing.assert_allclose(looks.weights[0].sum(axis=-1), 1, rtol=1e-12)
