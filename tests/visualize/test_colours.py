"""Contrast: WCAG's fixed points, and text that can be read on any colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.visualize.colours import contrast_ratio, relative_luminance, text_colours

CHANNEL = st.floats(0, 1)
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def test_luminance_has_the_fixed_points_of_its_definition():
    colours = [BLACK, WHITE, (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.04, 0.04, 0.04), (0.5, 0.5, 0.5)]
    expected = [0, 1, 0.2126, 0.7152, 0.0722, 0.04 / 12.92, 0.21404114]
    np.testing.assert_allclose(relative_luminance(colours), expected, atol=1e-8)


def test_opacity_is_left_out():
    assert relative_luminance((0.2, 0.4, 0.6, 0.1)) == relative_luminance((0.2, 0.4, 0.6))


def test_black_on_white_has_the_greatest_contrast_and_a_colour_on_itself_the_least():
    assert contrast_ratio(BLACK, WHITE) == contrast_ratio(WHITE, BLACK) == pytest.approx(21)
    assert contrast_ratio((0.3, 0.1, 0.7), (0.3, 0.1, 0.7)) == 1


@given(st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_text_can_be_read_on_every_colour(background):
    ink = {"black": BLACK, "white": WHITE}[str(text_colours(background))]
    other = BLACK if ink == WHITE else WHITE
    assert contrast_ratio(ink, background) >= 21**0.5 - 1e-9
    assert contrast_ratio(ink, background) >= contrast_ratio(other, background)


def test_text_colours_come_in_the_shape_of_the_backgrounds():
    backgrounds = np.array([[BLACK, WHITE, (1, 1, 0)], [(0, 0, 1), (0.9, 0.9, 0.9), (0.2, 0.2, 0.2)]])
    assert text_colours(backgrounds).tolist() == [["white", "black", "black"], ["white", "black", "white"]]
