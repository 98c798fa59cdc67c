"""Step by step with a cache, with every option of multi-head attention: the full causal pass, and a cache that forgets."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import KeyValueCache

from .multi_head_cases import BATCH, HEADS, LENGTH, MASKS, OPTIONS, WIDTH, every_option, every_pair, make, targets_of


@every_pair
@pytest.mark.parametrize("pieces", [(1,) * 9, (2, 3, 4), (1, 5, 1, 2), (9,)])
def test_steps_with_a_cache_equal_the_full_causal_pass(name, score, pieces, rng):
    layer, targets = make(rng, score, **OPTIONS[name]), targets_of(rng, 9)
    outputs, _ = layer(targets, causal=True)
    cache, stepped = KeyValueCache(), []
    for piece in np.split(targets, np.cumsum(pieces)[:-1], axis=1):
        stepped.append(layer.step(piece, cache, inputs=piece, causal=True))
    np.testing.assert_allclose(np.concatenate(stepped, axis=1), outputs, rtol=1e-12, atol=1e-12)
    assert cache.seen == 9
    held = 9 if layer.window is None else layer.window - 1
    assert cache.keys.shape == cache.values.shape == (BATCH, layer.key_value_heads, held, WIDTH // HEADS)


@every_option
def test_steps_with_padding_equal_the_full_pass(name, rng):
    layer, targets = make(rng, **OPTIONS[name]), targets_of(rng)
    # Padding in front, so that every step has something to attend to where it counts.
    padding = MASKS["padding"][..., ::-1]
    outputs, _ = layer(targets, mask=padding, causal=True)
    cache = KeyValueCache()
    for t in range(LENGTH):
        new = targets[:, t : t + 1]
        stepped = layer.step(new, cache, inputs=new, mask=padding[..., : t + 1])
        np.testing.assert_allclose(stepped[:, 0], outputs[:, t], rtol=1e-12, atol=1e-12)


def test_a_window_of_one_needs_no_cache_at_all(rng):
    layer, targets = make(rng, window=1), targets_of(rng)
    outputs, _ = layer(targets, causal=True)
    values = targets @ layer.value.weight.value + layer.value.bias.value
    np.testing.assert_allclose(outputs, values @ layer.output.weight.value + layer.output.bias.value, rtol=1e-12)
    cache = KeyValueCache()
    for t in range(LENGTH):
        new = targets[:, t : t + 1]
        np.testing.assert_allclose(layer.step(new, cache, inputs=new)[:, 0], outputs[:, t], rtol=1e-12)
        assert cache.keys.shape[-2] == 0 and cache.seen == t + 1


def test_what_the_cache_drops_is_not_kept_alive(rng):
    layer, cache = make(rng, window=3), KeyValueCache()
    many = targets_of(rng, 500)
    layer.step(many, cache, inputs=many, causal=True)
    for array in (cache.keys, cache.values):
        assert (array if array.base is None else array.base).size <= BATCH * WIDTH * 2
    assert cache.dropped == 498


@pytest.mark.parametrize("name", ["rotary", "window", "all with alibi"])
def test_a_step_that_is_refused_leaves_the_cache_as_it_was(name, rng):
    layer, cache = make(rng, **OPTIONS[name]), KeyValueCache()
    first = targets_of(rng)
    layer.step(first, cache, inputs=first, causal=True)
    kept = (cache.keys.copy(), cache.values.copy(), cache.dropped)
    new = first[:, :1]
    for wrong in ({"mask": np.ones((1, 3, 1), int)}, {"inputs": None}, {"inputs": first[:1, :1]}):
        with pytest.raises((TypeError, ValueError)):
            layer.step(**{"targets": new, "cache": cache, "inputs": new, **wrong})
    for found, expected in zip((cache.keys, cache.values, cache.dropped), kept, strict=True):
        np.testing.assert_array_equal(found, expected)
