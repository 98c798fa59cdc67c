"""Heatmaps of gradients: a symmetric scale, signs, powers of ten, sums."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.functional import softmax, softmax_backward
from attention_np.visualize import gradient_heatmap

from .pictures import WORDS, assert_digits_stand_out, assert_every_text_can_be_read, cell_texts, figure_of


def random_gradients(*shape: int, seed: int = 0, size: float = 0.4) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, shape)


def written(ax) -> dict[tuple[int, int], str]:
    return {cell: text.get_text() for cell, text in cell_texts(ax).items()}


def test_the_scale_is_symmetric_about_zero_and_shared_by_all_panels():
    gradients = random_gradients(2, 3, 4) * np.array([1, 0.01])[:, None, None]
    greatest = np.abs(gradients).max()
    axes = gradient_heatmap(gradients)
    for ax in axes:
        assert ax.collections[0].get_clim() == pytest.approx((-greatest, greatest))
    bar = figure_of(axes).axes[-1]
    assert bar.get_ylim() == pytest.approx((-greatest, greatest))
    assert len(figure_of(axes).axes) == 3


def test_opposite_gradients_have_opposite_colours_and_zero_is_pale():
    ax = gradient_heatmap([[0.5, -0.5, 0.0]])
    red, _, blue = ax.collections[0].to_rgba(ax.collections[0].get_array())[0, :, :3].T
    assert blue[0] > red[0] and red[1] > blue[1]  # purple and orange
    assert min(red[2], blue[2]) > 0.95


def test_every_number_has_its_sign():
    ax = gradient_heatmap([[0.5, -0.25, 0.0], [-0.0012, 0.0012, 0.07]])
    assert written(ax) == {
        (0, 0): "+0.50", (0, 1): "−0.25", (0, 2): "0", (1, 0): "−0.00", (1, 1): "+0.00", (1, 2): "+0.07",
    }  # fmt: skip


def test_where_numbers_do_not_fit_the_signs_stand_alone():
    gradients = random_gradients(40, 20)
    gradients[3, 7] = 0
    ax = gradient_heatmap(gradients)
    signs = np.empty((40, 20), dtype=object)
    for cell, text in written(ax).items():
        signs[cell] = text
    np.testing.assert_array_equal(signs, np.where(gradients > 0, "+", np.where(gradients < 0, "−", "0")))


@pytest.mark.parametrize(
    ("size", "label", "number"),
    [
        (5e-4, "gradient (×10⁻⁴)", "+5.00"),
        (3.2e5, "gradient (×10⁵)", "+3.20"),
        (0.2, "gradient", "+0.20"),
        (42.0, "gradient", "+42.00"),
    ],
)
def test_small_and_large_gradients_share_a_power_of_ten(size, label, number):
    ax = gradient_heatmap([[size, -size / 8]])
    assert figure_of(ax).axes[-1].get_ylabel() == label
    assert written(ax)[0, 0] == number


def test_the_alternative_text_gives_values_without_the_power_of_ten():
    ax = gradient_heatmap([[5e-4, -6.25e-5]], ["a", "b"], ["x"])
    assert ax.get_label() == (
        "Gradient, 1 query (row) by 2 keys (columns). Values lie between −6.25e−05 and +0.0005. "
        "Row sums lie between +0.000438 and +0.000438. “x” is largest at “a” (+0.0005)."
    )


def test_rows_of_d_scores_are_seen_to_sum_to_zero():
    rng = np.random.default_rng(1)
    weights = softmax(rng.normal(size=(4, 6)))
    d_scores = softmax_backward(rng.normal(size=(4, 6)), weights)
    ax = gradient_heatmap(d_scores, row_sums=True, label="d_scores")
    sums = [text.get_text() for text in ax.texts if text.get_position()[0] > 6]
    assert sums == ["0.00"] * 4
    assert "Every row sums to 0." in ax.get_label()


def test_signs_stand_out_from_their_cells():
    assert_digits_stand_out(gradient_heatmap(random_gradients(5, 6)))
    assert_digits_stand_out(gradient_heatmap(random_gradients(30, 20)))


@pytest.mark.parametrize("shape", [(5, 7), (30, 20), (3, 4, 5)])
def test_no_text_lies_over_another_or_leaves_the_picture(shape):
    keys, queries = WORDS[: shape[-1]], [WORDS[i % 20] for i in range(shape[-2])]
    picture = gradient_heatmap(
        random_gradients(*shape, size=3e-4), keys, queries, row_sums=True, column_sums=True
    )
    assert_every_text_can_be_read(picture)


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-310, 1e300])
def test_gradients_of_any_magnitude_are_drawn(value):
    ax = gradient_heatmap([[value, -value], [0.0, value]])
    ax.figure.draw_without_rendering()
    low, high = ax.collections[0].get_clim()
    assert 0 < high == -low


def test_no_gradient_at_all_is_said():
    assert gradient_heatmap(np.zeros((2, 3))).get_label().endswith("All values are 0.")


def test_gradients_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match=r"gradients: expected finite numbers, got nan at \[1, 0\]"):
        gradient_heatmap([[1.0, 2.0], [np.nan, 0.0]])
    with pytest.raises(
        ValueError, match=r"gradients: expected shape \(L, S\) or \(heads, L, S\), got \(2,\)"
    ):
        gradient_heatmap([1.0, 2.0])
