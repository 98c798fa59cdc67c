"""Root-mean-square normalisation as a layer."""

from __future__ import annotations

import numpy as np

from attention_np import rms_norm
from attention_np.layers import RMSNorm


def test_it_is_the_function_with_a_learned_gain_that_starts_at_1(rng):
    layer, inputs = RMSNorm(4, eps=0.1, dtype=np.float64), rng.standard_normal((2, 3, 4))
    np.testing.assert_array_equal(layer(inputs)[0], rms_norm(inputs, np.ones(4), 0.1))
    layer.gain.value[...] = [1.0, -2.0, 0.5, 3.0]
    np.testing.assert_array_equal(layer(inputs)[0], rms_norm(inputs, layer.gain.value, 0.1))


def test_its_backward_is_the_derivative(check, randomise, rng):
    layer = randomise(RMSNorm(4, dtype=np.float64), rng)
    check(layer, {"inputs": rng.standard_normal((2, 3, 4))}, rng)


def test_its_gain_is_float32_unless_given():
    assert RMSNorm(3).gain.value.dtype == np.float32
