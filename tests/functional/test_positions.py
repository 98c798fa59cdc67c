"""Sinusoidal positions: the formula, and a distance that is a rotation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_np import sinusoidal_positions

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize(("length", "width"), [(7, 6), (5, 5), (3, 1), (1, 8), (0, 4), (4, 0)])
def test_the_table_equals_the_formula_number_by_number(length, width):
    table = sinusoidal_positions(length, width, np.float64)
    assert table.shape == (length, width)
    for t, column in np.ndindex(length, width):
        angle = t / 10000 ** (2 * (column // 2) / width)
        assert table[t, column] == pytest.approx((math.cos if column % 2 else math.sin)(angle), abs=1e-14)


def test_a_step_is_a_rotation_that_depends_on_the_distance_alone():
    table = sinusoidal_positions(50, 8, np.float64)
    for distance in (1, 7):
        for pair in range(4):
            angle = distance / 10000 ** (2 * pair / 8)
            rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
            here, there = (
                table[:-distance, 2 * pair : 2 * pair + 2],
                table[distance:, 2 * pair : 2 * pair + 2],
            )
            np.testing.assert_allclose(here @ rotation.T, there, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_table_has_the_dtype_asked_for_and_the_same_numbers(dtype):
    table = sinusoidal_positions(300, 7, dtype)
    assert table.dtype == dtype
    np.testing.assert_array_equal(table, sinusoidal_positions(300, 7, np.float64).astype(dtype))
    assert sinusoidal_positions(2, 3).dtype == np.float32


@pytest.mark.parametrize(("length", "width"), [(-1, 4), (3, -2)])
def test_a_negative_length_or_width_is_refused(length, width):
    with pytest.raises(
        ValueError, match=rf"^length, width: expected numbers from 0 on, got {length}, {width}$"
    ):
        sinusoidal_positions(length, width)


def test_a_dtype_that_is_not_floating_is_refused():
    with pytest.raises(TypeError, match=r"^dtype: expected a floating dtype, got int32$"):
        sinusoidal_positions(3, 4, np.int32)
