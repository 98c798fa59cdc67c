"""The noise of a function: found where it is, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.gradcheck.numerics.noise import noise_along

pytestmark = pytest.mark.filterwarnings("error")
examples = settings(max_examples=60, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)
EPSILON = np.finfo(float).eps


@examples
@given(seed=seeds, size=st.floats(-12, -3))
def test_noise_is_measured_within_a_small_factor(seed, size):
    rng = np.random.default_rng(seed)
    at = rng.standard_normal()
    noise = noise_along(lambda t: np.sin(3 * t) + 10**size * rng.standard_normal(20), at=at)
    assert 0.5 < np.sqrt(np.mean(noise**2)) / 10**size < 2
    assert np.all((noise > 0.1 * 10**size) & (noise < 10 * 10**size))


@examples
@given(x=st.floats(0.1, 3), rate=st.floats(0.1, 10))
def test_single_precision_is_noise_of_its_last_place(x, rate):
    noise = noise_along(lambda t: np.float64(np.float32(3 + np.cos(rate * t))), scale=x, at=x)
    value = np.float32(3 + np.cos(rate * x))
    if abs(np.sin(rate * x)) > 0.1 and np.spacing(value * 0.99) == np.spacing(value * 1.01):
        assert 0.1 < noise / np.spacing(value) < 1


@examples
@given(seed=seeds)
def test_a_smooth_function_shows_the_rounding_of_its_last_place(seed):
    rng = np.random.default_rng(seed)
    at = rng.standard_normal()
    for function in np.sin, np.exp, lambda t: 1 / (1 + t * t), lambda t: 7.0, lambda t: t**3:
        noise = noise_along(function, at=at)
        assert 0.99 * EPSILON * abs(function(at)) <= noise <= 8 * EPSILON * max(abs(function(at)), 0.1)


@pytest.mark.parametrize("distance", [0, 1e-7, -1e-5, 3e-4, -1e-3])
def test_kinks_and_jumps_are_no_noise(distance):
    for function in (
        lambda t: abs(t - distance),
        lambda t: np.maximum(t - distance, 0) + np.sin(t),
        lambda t: np.cos(t) * np.sign(t - distance),
    ):
        assert noise_along(function) < 1e-14


def test_what_oscillates_fast_is_smooth_when_seen_from_near():
    assert noise_along(lambda t: np.sin(1e5 * t), at=0.3) < 1e-10


def test_an_output_that_shows_no_noise_is_credited_with_the_common_one():
    def function(t):
        return np.array([np.float32(np.sin(t)), np.float32(np.cos(t)), 1.0], dtype=float)

    noise = noise_along(function, at=0.7)
    assert noise[2] > 0.05 * np.finfo(np.float32).eps


def test_what_is_not_finite_has_no_noise():
    np.testing.assert_array_equal(noise_along(lambda t: np.array([np.nan, np.inf, -np.inf])), 0)
