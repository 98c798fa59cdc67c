"""The common norm of all gradients: exact at any magnitude, and the limit to it."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.optim import clip_gradient_norm, gradient_norm


def with_gradients(*gradients, dtype=np.float64):
    return [
        SimpleNamespace(value=np.ones_like(g), grad=g, name=f"p{i}", decays=True)
        for i, g in enumerate(np.array(g, dtype) for g in gradients)
    ]


def test_the_norm_is_that_of_all_gradients_together():
    parameters = with_gradients([[3.0, 0.0], [0.0, -4.0]], [12.0])
    assert gradient_norm(parameters) == pytest.approx(13.0, rel=1e-15)


def test_clipping_keeps_the_direction_and_returns_the_norm_before():
    parameters = with_gradients([[3.0, 0.0], [0.0, -4.0]], [12.0])
    assert clip_gradient_norm(parameters, 6.5) == pytest.approx(13.0, rel=1e-15)
    np.testing.assert_allclose(parameters[0].grad, [[1.5, 0.0], [0.0, -2.0]], rtol=1e-15)
    np.testing.assert_allclose(parameters[1].grad, [6.0], rtol=1e-15)


def test_a_norm_within_the_limit_leaves_every_bit_alone():
    gradient = np.random.default_rng(0).standard_normal((4, 3))
    parameters = with_gradients(gradient)
    clip_gradient_norm(parameters, float(np.linalg.norm(gradient)) * 1.001)
    np.testing.assert_array_equal(parameters[0].grad, gradient)


@pytest.mark.parametrize(
    ("dtype", "magnitude", "tolerance"),
    [
        (np.float32, 1e30, 1e-6),
        (np.float32, 3e38, 1e-6),
        (np.float32, 1e-30, 1e-6),
        (np.float64, 1e300, 1e-14),
        (np.float64, 1e-300, 1e-14),
    ],
)
def test_clipping_is_exact_where_the_squares_overflow_or_vanish(dtype, magnitude, tolerance):
    pattern = np.random.default_rng(1).uniform(-1, 1, (50, 40))
    parameters = with_gradients(pattern * magnitude, pattern[0] * magnitude, dtype=dtype)
    grads = [parameter.grad for parameter in parameters]
    relative = math.sqrt((pattern**2).sum() + (pattern[0] ** 2).sum())
    maximum = 0.5 if magnitude > 1 else relative * magnitude / 4
    assert clip_gradient_norm(parameters, maximum) == pytest.approx(relative * magnitude, rel=tolerance)
    assert all(p.grad is grad and grad.dtype == dtype for p, grad in zip(parameters, grads, strict=True))
    np.testing.assert_allclose(grads[0], pattern * (maximum / relative), rtol=10 * tolerance)
    assert gradient_norm(parameters) == pytest.approx(maximum, rel=tolerance)


@pytest.mark.parametrize(("bad", "norm"), [(math.nan, math.nan), (math.inf, math.inf), (-math.inf, math.inf)])
def test_a_gradient_that_is_not_finite_is_reported_by_the_norm_and_left_as_it_is(bad, norm):
    parameters = with_gradients([3.0, 4.0], [bad, 1.0])
    assert clip_gradient_norm(parameters, 1.0) == pytest.approx(norm, nan_ok=True)
    np.testing.assert_array_equal(parameters[0].grad, [3.0, 4.0])
    np.testing.assert_array_equal(parameters[1].grad, [bad, 1.0])


def test_nan_wins_over_infinity():
    assert math.isnan(gradient_norm(with_gradients([math.inf], [math.nan])))
    assert math.isnan(gradient_norm(with_gradients([math.nan], [math.inf])))


def test_zero_and_empty_gradients_have_norm_zero():
    assert clip_gradient_norm(with_gradients([0.0, 0.0], np.zeros((0, 3))), 1.0) == 0.0


@pytest.mark.parametrize("maximum", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_that_is_no_limit_is_refused(maximum):
    with pytest.raises(ValueError, match="^maximum: expected a finite norm above 0"):
        clip_gradient_norm(with_gradients([1.0]), maximum)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_after_clipping_the_norm_is_the_smaller_of_norm_and_limit(gradient, maximum):
    parameters = with_gradients(gradient)
    before = clip_gradient_norm(parameters, maximum)
    assert before == pytest.approx(math.hypot(*gradient), rel=1e-12, abs=1e-300)
    assert gradient_norm(parameters) == pytest.approx(min(before, maximum), rel=1e-12)
