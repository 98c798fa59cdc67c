"""Heatmaps of weights: layout, scale, labels, masks, sums, errors."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attention_np.visualize import heatmap

from .pictures import (
    WORDS,
    assert_digits_stand_out,
    assert_every_text_can_be_read,
    cell_texts,
    figure_of,
    random_weights,
    texts_of,
)


@pytest.mark.parametrize(
    ("shape", "labelled", "row_sums", "column_sums"),
    [
        ((6, 12), True, True, True),
        ((6, 12), False, True, True),
        ((40, 20), True, True, True),
        ((1, 12), True, True, True),
        ((8, 1), True, True, True),
        ((1, 1), True, True, False),
        ((3, 60), True, False, True),
        ((3, 5, 6), True, True, True),
        ((130, 60), False, True, True),
    ],
)
def test_no_text_lies_over_another_or_leaves_the_picture(shape, labelled, row_sums, column_sums):
    queries, keys = shape[-2:]
    labels = ([WORDS[i % 20] for i in range(keys)], [f"{WORDS[i % 20]}{i}" for i in range(queries)])
    picture = heatmap(
        random_weights(*shape),
        *(labels if labelled else ()),
        row_sums=row_sums,
        column_sums=column_sums,
        title="The weights of a model that has not learned where to look",
    )
    assert_every_text_can_be_read(picture)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(0, 99), st.booleans(), st.booleans())
def test_no_text_lies_over_another_for_any_shape_and_labels(queries, keys, seed, row_sums, column_sums):
    choice = np.random.default_rng(seed).choice(WORDS, queries + keys)
    picture = heatmap(
        random_weights(queries, keys),
        choice[:keys],
        choice[keys:],
        row_sums=row_sums,
        column_sums=column_sums,
    )
    assert_every_text_can_be_read(picture)


def test_rows_are_queries_from_the_top_and_columns_are_keys_from_the_left():
    ax = heatmap([[0.1, 0.2, 0.7], [0.9, 0.06, 0.04]], ["a", "b", "c"], ["x", "y"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key →", "query ↓")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "y"]
    texts = cell_texts(ax)
    written = [[texts[row, column].get_text() for column in range(3)] for row in range(2)]
    assert written == [["0.10", "0.20", "0.70"], ["0.90", "0.06", "0.04"]]
    to_pixels = ax.transData.transform
    assert to_pixels((0, 0))[1] > to_pixels((0, 1))[1]
    assert to_pixels((0, 0))[0] < to_pixels((1, 0))[0]


def test_words_stand_beside_their_own_cells():
    ax = heatmap(random_weights(3, 4), WORDS[:4], WORDS[4:7], row_sums=True, column_sums=True)
    ax.figure.draw_without_rendering()
    for position, label in enumerate(ax.get_xticklabels()[:4]):
        box = label.get_window_extent()
        assert (box.x0 + box.x1) / 2 == pytest.approx(ax.transData.transform((position, 0))[0], abs=1.5)
    for position, label in enumerate(ax.get_yticklabels()[:3]):
        box = label.get_window_extent()
        assert (box.y0 + box.y1) / 2 == pytest.approx(ax.transData.transform((0, position))[1], abs=2)


def test_the_colours_of_the_cells_are_those_of_the_bar():
    weights = random_weights(4, 5, seed=3)
    ax = heatmap(weights)
    bar = figure_of(ax).axes[-1]
    assert bar.get_ylim() == (0, 1)
    assert bar.get_ylabel() == "attention weight"
    mesh = ax.collections[0]
    np.testing.assert_array_equal(mesh.get_array(), weights)
    assert (mesh.norm.vmin, mesh.norm.vmax, mesh.get_cmap().name) == (0, 1, "cividis")


def test_all_heads_share_one_scale_and_one_bar():
    weights = random_weights(3, 4, 5) * np.array([1, 0.1, 0.01])[:, None, None]
    axes = heatmap(weights, title="three heads")
    assert axes.shape == (3,)
    assert [ax.get_title() for ax in axes] == ["head 0", "head 1", "head 2"]
    assert len(figure_of(axes).axes) == 4
    for ax, head in zip(axes, weights, strict=True):
        np.testing.assert_array_equal(ax.collections[0].get_array(), head)
        assert ax.collections[0].get_clim() == (0, 1)
    assert "three heads" in [text.get_text() for text in texts_of(figure_of(axes))]


def test_each_head_has_its_own_title_when_asked():
    axes = heatmap(random_weights(2, 3, 4), title=["syntax", "position"])
    assert [ax.get_title() for ax in axes] == ["syntax", "position"]


def cell_size(ax: Axes) -> np.ndarray:
    """Width and height of a cell in points, as it is drawn."""
    figure_of(ax).draw_without_rendering()
    corner, opposite = ax.transData.transform([(0, 0), (1, 1)])
    return np.abs(opposite - corner) / figure_of(ax).dpi * 72


def test_cells_have_one_size_whatever_the_words_around_them():
    long_words = ["incomprehensibilities"] * 6
    bare = heatmap(random_weights(4, 6))
    in_words = heatmap(random_weights(4, 6), long_words, long_words[:4], title="a title\nof two lines")
    np.testing.assert_allclose(cell_size(in_words), cell_size(bare), rtol=0.01)
    for ax in heatmap(random_weights(3, 4, 6), long_words, row_sums=True, title="three heads"):
        np.testing.assert_allclose(cell_size(ax), cell_size(bare), rtol=0.01)


@pytest.mark.parametrize("shape", [(5, 6), (2, 4, 4), (12, 14)])
def test_digits_stand_out_from_their_cells(shape):
    for ax in np.ravel(np.asarray(heatmap(random_weights(*shape, sharpness=4)), dtype=object)):
        assert len(cell_texts(ax)) == shape[-1] * shape[-2]
        assert_digits_stand_out(ax)


def test_many_cells_have_no_digits():
    assert not heatmap(random_weights(40, 20)).texts


def test_values_off_the_scale_are_refused_by_position():
    weights = random_weights(2, 3, 4)
    weights[1, 2, 0] = 1.2
    message = r"weights: expected values in \[0, 1\].*got 1.2 at \[1, 2, 0\].*value_range"
    with pytest.raises(ValueError, match=message):
        heatmap(weights)
    with pytest.raises(ValueError, match=r"got -0.25 at \[0, 1\]"):
        heatmap([[0.5, -0.25]])


def test_rounding_beyond_the_scale_is_drawn_at_its_end():
    ax = heatmap(np.array([[1.0001, 0], [-1e-5, 1]], dtype=np.float32))
    mesh = ax.collections[0]
    colours = mesh.to_rgba(mesh.get_array())
    np.testing.assert_array_equal(colours[0, 0], colours[1, 1])
    np.testing.assert_array_equal(colours[1, 0], colours[0, 1])


def test_scores_are_drawn_on_a_scale_of_their_own():
    scores = np.random.default_rng(0).uniform(-1, 1, (3, 4))
    ax = heatmap(scores, value_range=(-1, 1), label="cosine score")
    bar = figure_of(ax).axes[-1]
    assert bar.get_ylim() == (-1, 1)
    assert bar.get_ylabel() == "cosine score"
    assert ax.get_label().startswith(
        "Cosine score, 3 queries (rows) by 4 keys (columns). Values lie between −"
    )


def test_small_values_on_a_small_scale_keep_their_digits():
    ax = heatmap([[0.00123, 0.0456]], value_range=(0, 0.05))
    assert [text.get_text() for text in ax.texts] == ["0.00123", "0.0456"]


@pytest.mark.parametrize("value_range", [(1, 0), (0, 0), (0, np.nan), (-np.inf, 1)])
def test_a_scale_without_extent_is_refused(value_range):
    with pytest.raises(ValueError, match="value_range: expected finite .low, high. with low < high"):
        heatmap([[0.0]], value_range=value_range)


def test_sums_stand_in_the_margins():
    ax = heatmap([[0.1, 0.2, 0.6], [0.25, 0.5, 0.0]], row_sums=True, column_sums=True)
    in_cells = cell_texts(ax).values()
    margins = sorted(
        (text for text in ax.texts if text not in in_cells), key=lambda text: text.get_position()
    )
    assert [text.get_text() for text in margins] == ["0.35", "0.70", "0.60", "0.90", "0.75"]
    right = [text.get_position() for text in margins[3:]]
    assert [y for _, y in right] == [0, 1] and all(x > 3 for x, _ in right)
    below = [text.get_position() for text in margins[:3]]
    assert [x for x, _ in below] == [0, 1, 2] and all(y > 2 for _, y in below)
    assert ax.get_xticklabels()[-1].get_text() == "row\nsum"
    assert ax.get_yticklabels()[-1].get_text() == "column sum"


def test_sums_are_written_only_on_request():
    assert len(heatmap(random_weights(3, 4)).texts) == 12


def hatched_cells(ax: Axes) -> set[tuple[int, int]]:
    squares = [
        path.vertices.mean(axis=0)
        for collection in ax.collections[1:]
        if collection.get_hatch()
        for path in [type(path)(path.vertices[:4]) for path in collection.get_paths()]
    ]
    return {(round(y), round(x)) for x, y in squares}


def test_masked_cells_are_hatched_and_have_no_number():
    mask = np.tri(4, 6, 2, dtype=bool)
    weights = np.where(mask, random_weights(4, 6), 0)
    ax = heatmap(weights, mask=mask)
    masked = {(int(i), int(j)) for i, j in np.argwhere(~mask)}
    assert hatched_cells(ax) == masked
    assert set(cell_texts(ax)) == {(i, j) for i in range(4) for j in range(6)} - masked


def test_a_weight_that_leaked_through_the_mask_keeps_its_colour_and_number():
    mask = np.array([[True, False, True], [True, True, False]])
    ax = heatmap([[0.4, 0.35, 0.25], [0.7, 0.3, 0.0]], mask=mask)
    assert cell_texts(ax)[0, 1].get_text() == "0.35"
    assert (1, 2) not in cell_texts(ax)
    assert hatched_cells(ax) == {(0, 1), (1, 2)}
    mesh = ax.collections[0]
    faces = np.concatenate([collection.get_facecolor() for collection in ax.collections[1:]])
    assert any(np.allclose(face, mesh.to_rgba(0.35)) for face in faces)
    assert "2 of 6 cells are masked, and 1 of them is not 0." in ax.get_label()


def test_one_mask_serves_all_heads():
    mask = np.array([True, True, False, True])
    for ax in heatmap(random_weights(2, 3, 4), mask=mask):
        assert hatched_cells(ax) == {(0, 2), (1, 2), (2, 2)}


def test_it_draws_into_the_axes_it_is_given():
    figure = Figure(figsize=(8, 4), layout="constrained")
    given = figure.subplots(1, 2)
    weights = random_weights(2, 4, 5)
    returned = heatmap(weights, WORDS[:5], WORDS[5:9], ax=given, row_sums=True, column_sums=True)
    assert returned[0] is given[0] and returned[1] is given[1]
    assert_every_text_can_be_read(returned)
    assert figure.get_size_inches().tolist() == [8, 4]
    single = Figure(layout="constrained").subplots()
    assert heatmap(random_weights(4, 5), WORDS[:5], ax=single, title="mine") is single
    assert_every_text_can_be_read(single)


def test_small_given_axes_lose_their_digits_and_some_words_but_none_overlap():
    ax = Figure(figsize=(3, 3), layout="constrained").subplots()
    heatmap(random_weights(30, 30), [f"w{i}" for i in range(30)], ax=ax)
    assert not ax.texts
    assert 5 < len(ax.get_xticklabels()) < 30
    assert_every_text_can_be_read(ax)


def test_it_draws_into_a_part_of_a_figure():
    figure = Figure(figsize=(9, 4), layout="constrained")
    for part in figure.subfigures(1, 2):
        ax = heatmap(random_weights(3, 4), ax=part.subplots())
    assert_every_text_can_be_read(ax)


def test_axes_that_do_not_fit_are_refused():
    figure = Figure()
    with pytest.raises(ValueError, match="ax: expected 3 Axes, one for each panel of weights"):
        heatmap(random_weights(3, 2, 2), ax=figure.subplots(1, 2))
    with pytest.raises(ValueError, match="ax: expected 1 Axes"):
        heatmap(random_weights(2, 2), ax=figure)


def test_nothing_is_known_to_pyplot_and_matplotlib_loads_with_the_first_picture():
    program = (
        "import sys\n"
        "from attention_np.visualize import heatmap, gradient_heatmap, heatmaps, show_html\n"
        "assert not any(name.startswith('matplotlib') for name in sys.modules), 'loaded early'\n"
        "show_html(heatmap([[0.25, 0.75]]))\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_array_is_not_changed():
    weights = random_weights(3, 4)
    before = weights.copy()
    weights.flags.writeable = False
    heatmap(weights, row_sums=True)
    np.testing.assert_array_equal(weights, before)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.uint64, bool])
def test_every_real_dtype_is_drawn(dtype):
    ax = heatmap(np.array([[1, 0, 0], [0, 0, 1]], dtype=dtype))
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.00", "0.00", "0.00", "0.00", "1.00"]


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0), (2, 0, 3)])
def test_an_empty_array_gives_a_frame_that_says_so(shape):
    picture = heatmap(np.zeros(shape), mask=np.ones(shape, dtype=bool), row_sums=True, column_sums=True)
    queries, keys = shape[-2:]
    for ax in np.ravel(np.asarray(picture, dtype=object)):
        written = [" ".join(text.get_text().split()) for text in ax.texts]
        assert written == [f"empty: {queries} queries by {keys} keys"]
    assert_every_text_can_be_read(picture)


def test_labels_are_drawn_as_they_are_whatever_their_characters():
    words = ["$x^2$", "fünf", "Ωμέγα", "_", "a\nb", "\t", "", "слово", "100%", r"\frac", "&<>", "w" * 60]
    ax = heatmap(random_weights(len(words), len(words)), words, words)
    shown = words.copy()
    shown[4:7] = ["a\\nb", r"'\t'", "''"]
    shown[-1] = "w" * 35 + "…"
    assert [label.get_text() for label in ax.get_xticklabels()] == shown
    assert [label.get_text() for label in ax.get_yticklabels()] == shown
    assert_every_text_can_be_read(ax)


def test_a_title_with_a_dollar_is_drawn():
    ax = heatmap([[1.0]], title="costs $5 and $")
    ax.figure.draw_without_rendering()
    assert "$5" in ax.get_title()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"sources": ["a", "b"]},
            r"sources: expected 3 labels, one for each key \(column\), got 2; .*swapped",
        ),
        ({"sources": ["a"]}, r"sources: expected 3 labels, one for each key \(column\), got 1$"),
        (
            {"targets": list("abc")},
            r"targets: expected 2 labels, one for each query \(row\), got 3; .*swapped",
        ),
        (
            {"mask": np.eye(3, 2, dtype=bool)},
            r"mask: expected a shape that broadcasts to \(2, 3\), got \(3, 2\)",
        ),
    ],
)
def test_labels_and_masks_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        heatmap(random_weights(2, 3), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": "ab"}, "targets: expected a sequence of labels, got the string 'ab'"),
        (
            {"mask": np.eye(2, 3)},
            "mask: expected booleans, True where attending is allowed, got dtype float64",
        ),
        ({"title": ["a"]}, "title: expected a str for one panel"),
    ],
)
def test_arguments_of_another_type_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        heatmap(random_weights(2, 3), **arguments)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(3), r"weights: expected shape \(L, S\) or \(heads, L, S\), got \(3,\)"),
        (np.zeros((2, 3, 4, 5)), r"got \(2, 3, 4, 5\); choose one sequence of the batch"),
        (np.zeros((0, 3, 4)), r"at least one head, got shape \(0, 3, 4\)"),
        ([[0.2, 0.8], [1.0]], "weights: expected rows of equal lengths"),
        ([[0.5, np.nan], [np.inf, 0]], r"weights: expected finite numbers, got nan at \[0, 1\] and 1 more"),
        ([[0.5, 0.5], [-np.inf, 0]], r"got -inf at \[1, 0\]$"),
    ],
)
def test_weights_that_cannot_be_drawn_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        heatmap(weights)


@pytest.mark.parametrize("weights", [[[1j]], [["a"]], [[None]]])
def test_weights_that_are_not_real_numbers_are_refused(weights):
    with pytest.raises(TypeError, match="weights: expected an array of real numbers, got dtype"):
        heatmap(weights)


def test_titles_must_be_as_many_as_the_heads():
    with pytest.raises(ValueError, match="title: expected 2 titles, one for each head, got 3"):
        heatmap(random_weights(2, 2, 2), title=["a", "b", "c"])
    with pytest.raises(TypeError, match="title: expected 2 titles, one for each Axes given, got 'both'"):
        heatmap(random_weights(2, 2, 2), title="both", ax=Figure().subplots(1, 2))
