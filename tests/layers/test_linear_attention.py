"""Multi-head linear attention: every head by its quadratic form, the derivative, and a state in the place of a cache."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import causal_mask, linear_attention, padding_mask
from attention_np.layers import LinearAttention, LinearAttentionCache

BATCH, TARGETS, SOURCES, WIDTH, HEADS = 2, 3, 5, 6, 2
PADDING = padding_mask(np.array([5, 3]), SOURCES)


def make(rng):
    return LinearAttention(WIDTH, HEADS, rng=rng, dtype=np.float64)


def draw(rng, length):
    return rng.standard_normal((BATCH, length, WIDTH))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", ["self", "cross"])
@pytest.mark.parametrize("mask", [None, PADDING])
def test_every_head_is_a_weighted_mean_in_its_own_components(mask, kind, causal, rng):
    layer, inputs = make(rng), draw(rng, SOURCES)
    targets = inputs if kind == "self" else draw(rng, TARGETS)
    outputs, _ = layer(targets, None if kind == "self" else inputs, mask=mask, causal=causal)
    allowed = np.ones((BATCH, targets.shape[1], SOURCES), bool) if mask is None else mask
    if causal:
        allowed = allowed & causal_mask(targets.shape[1], SOURCES)
    contexts = np.zeros((BATCH, targets.shape[1], WIDTH))
    for head in range(HEADS):
        own = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
        queries, keys, values = (
            (rows @ linear.weight.value + linear.bias.value)[..., own]
            for linear, rows in ((layer.query, targets), (layer.key, inputs), (layer.value, inputs))
        )
        kernel = np.einsum("bjd,bid->bji", *(np.where(x > 0, x + 1, np.exp(x)) for x in (queries, keys))) * allowed
        contexts[..., own] = kernel / kernel.sum(axis=-1, keepdims=True) @ values
    expected = contexts @ layer.output.weight.value + layer.output.bias.value
    np.testing.assert_allclose(outputs, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("kind", "causal"), [("self", True), ("cross", False), ("cross", True)])
def test_its_backward_is_the_derivative(kind, causal, check, randomise, rng):
    arrays = {"targets": draw(rng, SOURCES if kind == "self" else TARGETS)}
    if kind == "cross":
        arrays["inputs"] = draw(rng, SOURCES)
    check(randomise(make(rng), rng), arrays, rng, mask=PADDING, causal=causal)


@pytest.mark.parametrize("pieces", [(1,) * 9, (2, 3, 4), (9,)])
def test_steps_with_a_state_equal_the_full_causal_pass(pieces, rng):
    layer, targets = make(rng), draw(rng, 9)
    outputs, _ = layer(targets, causal=True)
    cache, stepped = LinearAttentionCache(), []
    for piece in np.split(targets, np.cumsum(pieces)[:-1], axis=1):
        stepped.append(layer.step(piece, cache, inputs=piece, causal=True))
    np.testing.assert_allclose(np.concatenate(stepped, axis=1), outputs, rtol=1e-12, atol=1e-13)
    assert cache.state.shape == (BATCH, HEADS, WIDTH // HEADS, WIDTH // HEADS + 1)


def test_steps_with_padding_equal_the_full_pass(rng):
    layer, targets, padding = make(rng), draw(rng, SOURCES), PADDING[..., ::-1]
    outputs, _ = layer(targets, mask=padding, causal=True)
    cache = LinearAttentionCache()
    for t in range(SOURCES):
        new = targets[:, t : t + 1]
        stepped = layer.step(new, cache, inputs=new, mask=padding[..., t : t + 1])
        np.testing.assert_allclose(stepped[:, 0], outputs[:, t], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("causal", [False, True])
def test_cross_attention_gives_its_inputs_to_the_state_once(causal, rng):
    layer, targets, inputs = make(rng), draw(rng, TARGETS), draw(rng, SOURCES)
    outputs, _ = layer(targets, inputs, mask=PADDING)
    cache = LinearAttentionCache()
    for t in range(TARGETS):
        given = {"inputs": inputs, "mask": PADDING} if t == 0 else {}
        stepped = layer.step(targets[:, t : t + 1], cache, causal=causal, **given)
        np.testing.assert_allclose(stepped[:, 0], outputs[:, t], rtol=1e-12, atol=1e-13)


def test_a_refused_step_leaves_the_state_as_it_was(rng):
    layer, cache, new = make(rng), LinearAttentionCache(), draw(rng, 2)
    with pytest.raises(ValueError, match="^inputs: expected some at the first step with an empty cache, got None$"):
        layer.step(new, cache)
    layer.step(new, cache, inputs=new)
    kept = cache.state.copy()
    with pytest.raises(TypeError, match="^mask: expected booleans"):
        layer.step(new, cache, inputs=new, mask=np.ones(2))
    np.testing.assert_array_equal(cache.state, kept)


def test_a_mask_that_differs_between_targets_is_refused(rng):
    with pytest.raises(ValueError, match="^mask: expected a shape that broadcasts to"):
        make(rng)(draw(rng, SOURCES), mask=causal_mask(SOURCES, SOURCES))


def test_parameters_and_their_dtype_are_those_of_multi_head_attention(rng):
    layer = LinearAttention(WIDTH, HEADS, rng=rng)
    maps = [f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")]
    assert list(layer.state_dict()) == maps
    targets = draw(rng, SOURCES).astype(np.float32)
    outputs, backward = layer(targets, causal=True)
    assert {array.dtype for array in (outputs, *backward(outputs))} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="^width: expected a multiple of heads = 4, got 6$"):
        LinearAttention(WIDTH, 4, rng=rng)


def test_one_head_with_maps_that_change_nothing_is_the_function(rng):
    layer, targets = LinearAttention(WIDTH, 1, rng=rng, dtype=np.float64), draw(rng, SOURCES)
    for linear in (layer.query, layer.key, layer.value, layer.output):
        linear.weight.value[...], linear.bias.value[...] = np.eye(WIDTH), 0
    expected = linear_attention(targets, targets, targets, causal=True)
    np.testing.assert_allclose(layer(targets, causal=True)[0], expected, rtol=1e-12)
