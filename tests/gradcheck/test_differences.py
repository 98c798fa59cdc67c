"""Extrapolated central differences: how exact they are, whether they know it, and what has no derivative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.gradcheck.numerics.differences import derivative_along

pytestmark = pytest.mark.filterwarnings("error")
examples = settings(max_examples=80, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)

FUNCTIONS = {
    "sine": (np.sin, np.cos),
    "exponential": (np.exp, np.exp),
    "hyperbolic tangent": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "logarithm": (np.log, lambda x: 1 / x),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x)),
    "root": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "bell": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "Lorentz": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
}
INEXACT = {
    "exact": lambda y: y,
    "single precision": lambda y: np.float64(np.float32(y)),
    "a small difference of large numbers": lambda y: (y + 1e6) - 1e6,
    "noise": lambda y: y + 1e-9 * np.sin(1e15 * np.float64(y)),
}


class Counted:
    """A function that counts its calls."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, t):
        self.calls += 1
        return self.function(t)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40, derandomize=True, deadline=None)
@given(x=st.floats(0.5, 3), factor=st.sampled_from([1e-150, 1e-6, 1.0, 1e8, 1e100]))
def test_a_function_that_bends_on_the_scale_has_eleven_digits_and_more_at_any_magnitude_in_eleven_calls(
    name, x, factor
):
    function, slope = FUNCTIONS[name]
    counted = Counted(lambda t: function(t / factor))
    found = derivative_along(counted, scale=x * factor, at=x * factor)
    expected = slope((x * factor) / factor) / factor
    # The rounding eps |f| / h is there however small the slope.
    size = max(abs(expected), abs(function(x)) / (x * factor))
    assert abs(found.value - expected) < 5e-12 * size
    assert abs(found.value - expected) <= 10 * found.error
    assert counted.calls == 11 or x > 1.5


@pytest.mark.parametrize("inexact", INEXACT)
@pytest.mark.parametrize("name", FUNCTIONS)
@examples
@given(x=st.floats(0.05, 3), rate=st.sampled_from([0.3, 1.0, 3.0, 10.0, 30.0]))
def test_the_true_error_is_within_ten_times_the_estimate_whatever_the_function_loses_inside(name, inexact, x, rate):
    function, slope = FUNCTIONS[name]
    found = derivative_along(lambda t: INEXACT[inexact](function(rate * t)), scale=x, at=x)
    expected = rate * slope(rate * x)
    if abs(expected * x) > 1e-3:  # A change below the function's resolution cannot be seen in its values.
        assert abs(found.value - expected) <= 10 * found.error
        assert not found.kink and not found.jump


def test_a_function_of_single_precision_gets_an_estimate_to_match_and_not_a_false_accuracy():
    rng = np.random.default_rng(0)
    for x in rng.uniform(0.2, 2, 200):
        found = derivative_along(lambda t: np.tanh(np.float32(t)).astype(float), scale=x, at=x)
        assert 1e-7 < found.error < 1e-3
        assert abs(found.value - 1 / np.cosh(x) ** 2) <= 10 * found.error


def test_each_output_has_a_derivative_of_its_own():
    def function(t):
        return np.array([[np.sin(t), abs(t), 3.0], [np.sign(t), t, np.inf]])

    found = derivative_along(function)
    np.testing.assert_allclose(found.value, [[1, 0, 0], [0, 1, 0]], rtol=1e-12, atol=1e-15)
    assert found.kink.tolist() == [[False, True, False], [False, False, False]]
    assert found.jump.tolist() == [[False, False, False], [True, False, False]]
    assert np.isinf(found.error).tolist() == [[False, False, False], [True, False, True]]
    assert found.error[0, 1] >= 1 and found.error[0, 0] < 1e-12


@examples
@given(seed=seeds, size=st.floats(-3, 1), shift=st.floats(-1e3, 1e3))
def test_a_kink_is_one_and_the_error_reaches_both_one_sided_derivatives(seed, size, shift):
    rng = np.random.default_rng(seed)
    at, left, right = rng.standard_normal(3)
    right = left + np.sign(right) * 10**size
    found = derivative_along(
        lambda t: shift + np.sin(t - at) + (right if t > at else left) * np.expm1(t - at), scale=1.0, at=at
    )
    assert found.kink and not found.jump
    assert found.value == pytest.approx(1 + (left + right) / 2, rel=1e-2, abs=1e-4)
    for slope in (1 + left, 1 + right):
        assert abs(found.value - slope) <= 1.05 * found.error


@examples
@given(seed=seeds, distance=st.floats(-9, 0), side=st.sampled_from([-1, 1]))
def test_a_kink_nearby_is_none_and_the_slope_on_this_side_is_found(seed, distance, side):
    rng = np.random.default_rng(seed)
    at, rate = rng.standard_normal(2)
    kink = at - side * 10**distance
    for function, expected in [
        (lambda t: np.maximum(t - kink, 0), float(side > 0)),
        (lambda t: np.sin(rate * t) + 2 * abs(t - kink), rate * np.cos(rate * at) + 2 * side),
        (lambda t: np.clip(t - kink, -2, 0), float(side < 0)),
    ]:
        found = derivative_along(function, at=at)
        assert not found.kink and not found.jump
        assert abs(found.value - expected) <= 10 * found.error
        assert found.error < 1e-4


def test_what_is_steep_or_curved_is_no_kink_and_no_jump():
    for rate in 10.0 ** np.arange(7):
        for function, expected in [
            (lambda t, rate=rate: np.tanh(rate * t), rate),
            (lambda t, rate=rate: np.exp(-((rate * t) ** 2)), 0),
            (lambda t, rate=rate: np.hypot(t, 1 / rate), 0),
        ]:
            found = derivative_along(function)
            assert not found.kink and not found.jump
            assert abs(found.value - expected) <= 10 * found.error
            assert found.error < 1e-5 * rate


@examples
@given(seed=seeds, size=st.floats(-1, 3))
def test_a_jump_has_no_derivative_whether_the_value_lies_on_one_side_or_in_between(seed, size):
    rng = np.random.default_rng(seed)
    at, slope = rng.standard_normal(2)
    for value in (0, 0.5, 1):
        found = derivative_along(
            lambda t, value=value: slope * t + 10**size * np.heaviside(t - at, value), scale=1.0, at=at
        )
        assert found.jump and not found.kink
        assert found.value == 0 and found.error == np.inf


def test_a_hole_is_a_jump_though_the_central_difference_is_zero_at_every_step():
    found = derivative_along(lambda t: 0.0 if t == 0 else 0.8)
    assert found.jump and not found.kink


def test_where_the_function_is_not_finite_nearby_smaller_steps_are_taken():
    found = derivative_along(np.log, scale=1.0, at=1e-6)
    assert abs(found.value - 1e6) <= 10 * found.error < 1e-3
    found = derivative_along(lambda t: np.inf if abs(t) > 1e-5 else t, scale=1.0, at=3e-6)
    assert abs(found.value - 1) <= 10 * found.error < 1e-9


@pytest.mark.parametrize("function", [np.log, np.sqrt, lambda t: np.nan, lambda t: np.inf * np.sign(t)])
def test_where_nothing_finite_is_found_the_error_is_infinite(function):
    found = derivative_along(function)
    assert found.value == 0 and found.error == np.inf
    assert not found.kink and not found.jump


def test_a_bend_on_a_smaller_or_larger_scale_than_expected_is_found():
    for rate in (1e-3, 1.0, 1e3, 1e6):
        found = derivative_along(lambda t, rate=rate: np.sin(rate * t), at=0.5)
        assert abs(found.value - rate * np.cos(rate * 0.5)) <= 10 * found.error < 1e-6 * rate
    # Of 1e-200 alone one cannot know whether it is a short vector or as good as nothing.
    found = derivative_along(lambda t: np.exp(t), scale=1e-200, at=1e-200)
    assert abs(found.value - 1) <= 10 * found.error < 1e-11


def test_noise_that_is_known_counts_where_the_values_do_not_show_it():
    alone = derivative_along(np.sin, at=0.3)
    told = derivative_along(np.sin, at=0.3, noise=np.array(1e-8))
    assert alone.error < 1e-12
    assert 1e-8 < told.error < 1e-5


def test_a_function_that_returns_the_same_buffer_each_time_is_no_constant():
    buffer = np.empty(2)

    def function(t):
        buffer[:] = np.sin(t), np.cos(t)
        return buffer

    np.testing.assert_allclose(derivative_along(function).value, [1, 0], atol=1e-12)


def test_an_output_that_changes_shape_is_refused():
    shapes = iter([(2,), (2,), (3,)])
    with pytest.raises(ValueError, match=r"expected an output of shape \(2,\) .* got \(3,\)"):
        derivative_along(lambda t: np.zeros(next(shapes)))
