"""How many steps fit into a time: arithmetic that can be checked by adding up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.training.budget import MARGIN, steps_in_time


@given(st.floats(0, 1e4), st.floats(1e-3, 2), st.floats(0, 60), st.integers(1, 500))
def test_what_was_planned_fits_and_a_step_more_would_not(seconds, step, validation, per_epoch):
    def cost(steps):
        return steps * step + math.ceil(steps / per_epoch) * validation

    available = seconds * (1 - MARGIN)
    steps = steps_in_time(seconds, step, validation, per_epoch)
    assert steps == 1 or cost(steps) <= available * (1 + 1e-9)
    # At the end of an epoch one step more would need another validation as well.
    assert cost(steps + 1) > available * (1 - 1e-9) - 1e-9


def test_whole_epochs_and_the_rest_add_up():
    # Of 90 seconds, 8 epochs of 10 s and 1 s of validation take 88; 2 are a step and the last validation.
    assert steps_in_time(100, step_seconds=1.0, validation_seconds=1.0, steps_per_epoch=10) == 81


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 0.01])
def test_it_is_at_least_one_step(seconds):
    assert steps_in_time(seconds, step_seconds=1.0, validation_seconds=3.0, steps_per_epoch=10) == 1
