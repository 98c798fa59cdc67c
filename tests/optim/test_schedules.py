"""The schedules: their known values, and what is refused."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.optim import Constant, WarmupCosine, WarmupInverseSquareRoot


def test_the_cosine_rises_in_a_line_peaks_at_one_and_ends_on_its_floor():
    schedule = WarmupCosine(warmup=4, total=24, floor=0.1)
    assert [schedule(step) for step in (1, 2, 3, 4)] == [0.25, 0.5, 0.75, 1.0]
    assert schedule(14) == pytest.approx(0.55, abs=1e-15)
    assert schedule(9) == pytest.approx(0.1 + 0.9 * (1 + math.sqrt(0.5)) / 2, abs=1e-15)
    assert schedule(24) == pytest.approx(0.1, abs=1e-15)
    assert schedule(25) == schedule(1000) == schedule(24)


def test_without_a_warmup_the_cosine_starts_just_below_one():
    assert 0.99 < WarmupCosine(warmup=0, total=100)(1) < 1.0


def test_the_inverse_square_root_halves_when_the_step_is_four_times_the_warmup():
    schedule = WarmupInverseSquareRoot(warmup=10)
    assert schedule(5) == 0.5
    assert schedule(10) == 1.0
    assert schedule(40) == pytest.approx(0.5, abs=1e-15)
    assert schedule(1000) == pytest.approx(0.1, abs=1e-15)


@given(st.integers(1, 10**6), st.integers(1, 4000))
def test_the_inverse_square_root_is_the_papers_formula_scaled_to_a_peak_of_one(step, warmup):
    paper = min(step**-0.5, step * warmup**-1.5)
    assert WarmupInverseSquareRoot(warmup)(step) == pytest.approx(paper * math.sqrt(warmup), rel=1e-12)


@given(st.integers(0, 50), st.integers(1, 500), st.floats(0, 1), st.integers(1, 2000))
def test_the_cosine_stays_between_floor_and_one_and_falls_after_the_warmup(warmup, length, floor, step):
    schedule = WarmupCosine(warmup, warmup + length, floor)
    assert 0 < schedule(step) <= 1 or (floor == 0 and step >= warmup + length)
    if step > warmup:
        assert schedule(step) >= floor - 1e-12
        assert schedule(step + 1) <= schedule(step)


def test_constant_is_one_in_every_step():
    assert {Constant()(step) for step in (1, 2, 10**9)} == {1.0}


@pytest.mark.parametrize("schedule", [Constant(), WarmupCosine(3, 9, 0.2), WarmupInverseSquareRoot(3)])
def test_a_schedule_is_a_value_and_a_step_below_one_is_refused(schedule):
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert eval(repr(schedule)) == schedule
    with pytest.raises(ValueError, match="the first step is 1, got 0"):
        schedule(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WarmupCosine(-1, 10), "^warmup: expected at least 0"),
        (lambda: WarmupCosine(10, 10), "^total: expected more steps than warmup=10, got 10"),
        (lambda: WarmupCosine(1, 10, 1.5), "^floor: expected a factor from 0 to 1, got 1.5"),
        (lambda: WarmupCosine(1, 10, float("nan")), "^floor"),
        (lambda: WarmupInverseSquareRoot(0), "^warmup: expected at least 1 step, got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()
