"""The sharpness: where it starts, its cap, its derivative, and that weight decay spares it."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.gradcheck import check_gradients
from attention_np.layers import Sharpness
from attention_np.optim import Adam, AdamW


@pytest.mark.parametrize("initial", [1e-3, 1.0, 10.0, 99.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_starts_where_it_is_told_and_can_learn_from_there(initial, dtype):
    sharpness = Sharpness(initial, shape=(3,), dtype=dtype)
    assert sharpness.value.shape == (3,) and sharpness.value.dtype == dtype
    np.testing.assert_allclose(sharpness.value, initial, rtol=1e-6)
    d_scale = np.array([0.5, -2, 3], dtype)
    sharpness.add_gradient(d_scale)
    np.testing.assert_allclose(sharpness.log_scale.grad, d_scale * initial, rtol=1e-6)


def test_its_derivative_is_that_of_its_value_below_the_cap_and_zero_above(rng):
    sharpness = Sharpness(10.0, shape=(4,), dtype=np.float64)
    sharpness.log_scale.value[...] = [-1.3, 0.4, 4.5, 4.7]  # e^4.5 is 90, e^4.7 is 110
    report = check_gradients(lambda: (sharpness.value, sharpness.add_gradient), rng=rng)
    report.raise_if_failed()
    assert list(report.errors) == ["sharpness.log_scale"] and report.diagnoses == ()
    assert sharpness.value[3] == 100


def test_gradients_add(rng):
    sharpness = Sharpness(5.0, dtype=np.float64)
    sharpness.add_gradient(np.asarray(0.25))
    sharpness.add_gradient(np.asarray(-2.0))
    np.testing.assert_allclose(sharpness.log_scale.grad, 5 * (0.25 - 2), rtol=1e-14)


def test_its_only_parameter_is_its_logarithm():
    state = Sharpness(7.0, shape=(2,), dtype=np.float64).state_dict()
    assert list(state) == ["log_scale"]
    np.testing.assert_allclose(state["log_scale"], np.log(7.0), rtol=1e-15)


@pytest.mark.parametrize("rule", [Adam, AdamW])
def test_weight_decay_does_not_pull_it(rule):
    sharpness = Sharpness(20.0, dtype=np.float64)
    before = sharpness.value.copy()
    optimizer = rule(sharpness.parameters(), 0.1, weight_decay=0.5)
    for _ in range(3):
        optimizer.step()
    np.testing.assert_array_equal(sharpness.value, before)


@pytest.mark.parametrize("initial", [0.0, -1.0, 100.1, float("nan"), float("inf")])
def test_an_initial_scale_outside_its_range_is_refused(initial):
    with pytest.raises(ValueError, match=r"initial_scale: expected a number in \(0, 100\], got"):
        Sharpness(initial)
