"""Alternative text: what it says, how long it is, and where it is attached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from attention_np.visualize import alt_text, attached_alt_text, heatmap

from .pictures import WORDS, random_weights

WEIGHTS = [[0.95, 0.03, 0.01, 0.01], [0.1, 0.6, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25], [0.1, 0.4, 0.45, 0.05]]


def test_it_says_for_every_query_where_it_looks_and_how_sharply():
    assert alt_text(WEIGHTS, ["five", "hundred", "and", "one"], ["fünf", "hundert", "und", "eins"]) == (
        "Attention weight, 4 queries (rows) by 4 keys (columns). Every row sums to 1. "
        "The key attended most in all is “five” (column sum 1.40). "
        "The mean entropy is 0.96 of at most 1.39 nats. "
        "“fünf” looks sharply at “five” (0.95); “hundert” looks mostly at “hundred” (0.60); "
        "“und” looks evenly at all 4 keys; “eins” looks loosely at “and” (0.45, over about 3.0 keys)."
    )


def test_entropy_is_that_of_the_weights():
    weights = random_weights(7, 9, seed=4)
    entropy = -(weights * np.log(weights)).sum(axis=1).mean()
    assert f"The mean entropy is {entropy:.2f} of at most {np.log(9):.2f} nats." in alt_text(weights)


def test_positions_stand_for_missing_labels_and_beside_labels_that_are_not_alone():
    weights = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert "query 0 looks sharply at key 2 (1.00)" in alt_text(weights)
    described = alt_text(weights, ["the", "cat", "the"], ["a", "b"])
    assert "“a” looks sharply at “the” at position 2" in described
    assert "“b” looks sharply at “the” at position 0" in described


def test_sums_that_are_not_one_are_said():
    described = alt_text([[0.2, 0.4], [0.9, 0.8], [0.0, 0.0]])
    assert "Row sums lie between 0.00 and 1.70." in described
    assert "The key attended most in all is key 1 (column sum 1.20)." in described
    assert "query 2 looks at nothing" in described


def test_how_sharply_is_judged_within_the_row_whatever_its_sum():
    described = alt_text([[0.002, 0.098, 0.0]])
    assert "query 0 looks sharply at key 1 (0.10)" in described


def test_masked_cells_are_counted():
    described = alt_text([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], mask=np.tri(2, 3, dtype=bool))
    assert "3 of 6 cells are masked." in described
    assert "masked" not in alt_text([[1.0, 0.0]], mask=[True, True])


def test_every_head_is_described():
    described = alt_text(random_weights(3, 2, 4))
    assert [f"Head {index}: attention weight, 2 queries" in described for index in range(4)] == [True] * 3 + [
        False
    ]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 4))
def test_its_length_is_bounded(queries, keys, heads):
    weights = np.full((heads, queries, keys), 1 / max(keys, 1))
    labels = [f"{'very long label' * 3}{index}" for index in range(60)]
    described = alt_text(weights, labels[:keys], labels[:queries])
    assert len(described) <= 2000


def test_queries_that_do_not_fit_are_counted():
    described = alt_text(random_weights(100, 20), WORDS)
    told = described.count(" looks ")
    assert 20 < told < 100
    assert described.endswith(f"; and {100 - told} more queries.")
    assert 1900 < len(described) <= 2000


def test_one_query_over_one_key_is_said_in_the_singular():
    assert alt_text([[1]]).startswith(
        "Attention weight, 1 query (row) by 1 key (column). Every row sums to 1."
    )


def test_an_empty_array_is_described():
    assert alt_text(np.zeros((0, 3))) == "Attention weight, 0 queries (rows) by 3 keys (columns)."


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="weights: expected no negative values, got -0.5"):
        alt_text([[0.5, -0.5]])


def test_every_picture_carries_it():
    ax = heatmap(WEIGHTS)
    assert attached_alt_text(ax) == ax.get_label() == alt_text(WEIGHTS)
    assert attached_alt_text(ax.figure) == alt_text(WEIGHTS)
    heads = heatmap([WEIGHTS, WEIGHTS[::-1]])
    assert (
        attached_alt_text(heads) == attached_alt_text(heads[0].figure) == alt_text([WEIGHTS, WEIGHTS[::-1]])
    )


def test_the_picture_of_a_mask_says_what_is_masked():
    mask = np.tri(4, 4, 2, dtype=bool)
    weights = np.where(mask, WEIGHTS, 0)
    assert attached_alt_text(heatmap(weights, mask=mask)) == alt_text(weights, mask=mask)


def test_it_is_kept_in_a_saved_file(tmp_path):
    ax = heatmap(WEIGHTS, ["fünf", "b", "c", "d"])
    ax.figure.savefig(tmp_path / "map.png", metadata={"Description": attached_alt_text(ax)})
    with Image.open(tmp_path / "map.png") as image:
        assert image.text["Description"] == attached_alt_text(ax)


def test_a_picture_without_it_is_refused():
    figure = Figure()
    figure.colorbar(figure.subplots().imshow([[1, 2]]))
    with pytest.raises(ValueError, match="picture: expected one with alternative text"):
        attached_alt_text(figure)
