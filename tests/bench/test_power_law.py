"""Exponents of growth, from costs whose law is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.bench.power_law import fit_power_law

LENGTHS = [1_024, 2_048, 4_096, 8_192, 16_384]


@given(exponent=st.floats(-3, 3), factor=st.floats(1e-9, 1e9))
@settings(derandomize=True, deadline=None)
def test_a_power_law_is_recovered(exponent: float, factor: float) -> None:
    found = fit_power_law(LENGTHS, [factor * length**exponent for length in LENGTHS])
    assert found == pytest.approx((exponent, factor), rel=1e-6, abs=1e-9)


def test_noise_of_a_tenth_moves_the_exponent_by_little() -> None:
    noise = np.random.default_rng(0).uniform(0.9, 1.1, len(LENGTHS))
    exponent, _ = fit_power_law(LENGTHS, [3.0 * length**2 * off for length, off in zip(LENGTHS, noise, strict=True)])
    assert exponent == pytest.approx(2.0, abs=0.1)


def test_a_constant_beside_a_growing_part_lowers_the_exponent() -> None:
    exponent, _ = fit_power_law(LENGTHS, [1e9 + length**2 for length in LENGTHS])
    assert 0 < exponent < 0.2


@pytest.mark.parametrize(
    ("sizes", "costs"), [([1.0], [1.0]), ([2.0, 2.0], [1.0, 3.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [0.0, 1.0])]
)
def test_what_has_no_exponent_is_refused(sizes: list[float], costs: list[float]) -> None:
    with pytest.raises(ValueError, match="sizes, costs: expected"):
        fit_power_law(sizes, costs)
