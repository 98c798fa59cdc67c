"""Several models side by side: one scale, cells of one size, and a model that has no attention."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.visualize import Panel, attached_alt_text, heatmaps

from .pictures import assert_every_text_can_be_read, cell_texts, figure_of, random_weights, texts_of

SOURCE = ["five", "hundred", "and", "twenty", "one"]


def three_models() -> list[Panel]:
    right = ["fünf", "hundert", "ein", "und", "zwanzig"]
    return [
        Panel("learned sharpness\nβ = 11.2", random_weights(5, 5, sharpness=9), SOURCE, right),
        Panel("β = 1", random_weights(6, 5, sharpness=0.5), SOURCE, [*right, "eins"]),
        Panel("without attention", None, SOURCE, ["zwei", "hundert", "tausend"]),
    ]


def test_three_models_share_one_scale_and_one_bar():
    axes = heatmaps(three_models(), title="five hundred and twenty-one")
    assert axes.shape == (3,)
    assert len(figure_of(axes).axes) == 4
    assert [ax.collections[0].get_clim() for ax in axes[:2]] == [(0, 1), (0, 1)]
    assert [ax.get_title() for ax in axes] == ["learned sharpness\nβ = 11.2", "β = 1", "without attention"]


def test_cells_have_one_size_though_the_models_wrote_different_words():
    axes = heatmaps(three_models())
    axes[0].figure.draw_without_rendering()
    sizes = np.array([ax.transData.transform((1, 1)) - ax.transData.transform((0, 0)) for ax in axes])
    np.testing.assert_allclose(sizes, np.broadcast_to(sizes[0], sizes.shape), rtol=1e-3)
    assert [len(cell_texts(ax)) for ax in axes[:2]] == [25, 30]


def test_a_model_without_attention_says_so_beside_its_words():
    ax = heatmaps(three_models())[2]
    assert not ax.collections
    assert [" ".join(text.get_text().split()) for text in ax.texts] == ["no attention: nothing to draw"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["zwei", "hundert", "tausend"]
    assert (
        ax.get_label() == "without attention: no attention, nothing to draw. It wrote: zwei hundert tausend."
    )


def test_no_text_lies_over_another_or_leaves_the_picture():
    assert_every_text_can_be_read(heatmaps(three_models(), title="five hundred and twenty-one"))
    short = [Panel("a model", [[1.0]], ["seven"], ["sieben"]), Panel("another", None, ["seven"], ["acht"])]
    assert_every_text_can_be_read(heatmaps(short, title="a title that is longer than the panels are wide"))


def test_the_title_of_the_picture_stands_above_all_panels():
    axes = heatmaps(three_models(), title="one source, three translations")
    texts = texts_of(figure_of(axes))
    highest = max(texts, key=lambda text: text.get_window_extent().y1)
    assert highest.get_text() == "one source, three translations"


def test_every_model_is_described():
    described = attached_alt_text(heatmaps(three_models()))
    assert described.index("learned sharpness, β = 11.2: attention weight, 5 queries (rows)") == 0
    assert "β = 1: attention weight, 6 queries (rows) by 5 keys (columns)." in described
    assert described.endswith("It wrote: zwei hundert tausend.")


def test_an_empty_panel_is_a_frame_that_says_so():
    (ax,) = heatmaps([Panel("nothing written", np.zeros((0, 5)), SOURCE, [])])
    assert [" ".join(text.get_text().split()) for text in ax.texts] == ["empty: 0 queries by 5 keys"]


@pytest.mark.parametrize(
    ("panels", "error", "message"),
    [
        ([], ValueError, "panels: expected at least one panel, got none"),
        ([Panel("a", np.eye(2) * 3)], ValueError, r"panels\[0\].weights: expected values in \[0, 1\]"),
        (
            [Panel("a", np.eye(2)), Panel("b", [[np.nan]])],
            ValueError,
            r"panels\[1\].weights: expected finite",
        ),
        ([Panel("a", np.zeros((2, 3, 4)))], ValueError, r"panels\[0\].weights: expected shape \(L, S\), got"),
        ([Panel("a", np.eye(2, 3), ["x"])], ValueError, r"panels\[0\].sources: expected 3 labels, .* got 1"),
        ([Panel("a", np.eye(2, 3), None, "xy")], TypeError, r"panels\[0\].targets: expected a sequence"),
        ([Panel("a", None, "words", ["x"])], TypeError, r"panels\[0\].sources: expected a sequence"),
    ],
)
def test_panels_that_cannot_be_drawn_are_refused_by_their_place(panels, error, message):
    with pytest.raises(error, match=message):
        heatmaps(panels)


def test_the_label_says_what_is_drawn_at_the_bar_and_in_the_alternative_text():
    axes = heatmaps([Panel("one", np.array([[0.25, 0.75]]))], label="share of each row")
    assert axes[0].figure.axes[-1].get_ylabel() == "share of each row"
    assert "one: share of each row" in attached_alt_text(axes[0])
