"""How a report is shown: as text, in a notebook, and as a picture."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.patches import Rectangle

from attention_np.gradcheck import CODES, Comparison, Diagnosis, Report
from attention_np.gradcheck.report import Worst
from attention_np.visualize import attached_alt_text

from ..visualize.pictures import assert_every_text_can_be_read, cell_texts

TRUE = np.random.default_rng(0).normal(size=(4, 6))


def compared(name, mine, true, case="", unjudged=None):
    """A comparison as a check makes it."""
    mine, true = np.asarray(mine, float), np.asarray(true, float)
    scale = np.abs(true).max() or 1.0
    with np.errstate(over="ignore"):
        off = np.where(np.isfinite(mine), np.abs(np.where(np.isfinite(mine), mine, 0) - true), np.inf)
        off = off if unjudged is None else np.where(unjudged, 0, off)
        index = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
        error = float(off.max() / scale)
    return Comparison(
        name, true.shape, "wrong" if error > 1e-9 else "right", error, Worst(index, mine[index], true[index]),
        mine, true, np.full(true.shape, 1e-9 * scale), unjudged, case,
    )  # fmt: skip


def one_wrong(true=TRUE, index=(1, 2), by=0.5):
    mine = true.copy()
    mine[index] += by
    return mine


KINK = np.zeros((4, 6), dtype=bool)
KINK[1, 2] = True
UNKNOWN_ARRAYS = Comparison("encoder.weight", (30000, 64), "wrong", 0.5, Worst((7, 3), 0.5, 0.25))
NOT_JUDGED = Comparison("ids", (3, 4), "not judged", float("nan"))
WRONG = Report(
    "softmax_backward",
    (compared("d_scores", 2 * TRUE, TRUE, "a batch of three"), UNKNOWN_ARRAYS, NOT_JUDGED),
    (
        Diagnosis("constant-factor", "d_scores", "2.000 × the true gradient in all 24 entries, " * 5, "Why twice? " * 20),
        Diagnosis("unknown", "", "the backward raised\n    return d @ <x>\nValueError: no", ""),
    ),
)  # fmt: skip
RIGHT = Report(
    "softmax_backward", (compared("d_scores", TRUE + 1e-14, TRUE), compared("d_x", TRUE, TRUE), NOT_JUDGED)
)
AT_A_KINK = Report(
    "relu_backward",
    (compared("d_inputs", one_wrong(), TRUE, unjudged=KINK),),
    (Diagnosis("kink", "d_inputs", "one entry lies at the kink", ""),),
)
REPORTS = {"wrong": WRONG, "right": RIGHT, "kink": AT_A_KINK, "empty": Report("f", ())}


# As text


def test_the_first_line_gives_subject_and_verdict():
    assert str(WRONG).splitlines()[0] == "softmax_backward: wrong"
    first = str(RIGHT).splitlines()[0]
    error = RIGHT.errors["d_scores"]
    assert first == f"softmax_backward: right: 2 gradients, worst relative error {error:.1e}; 1 not judged"
    assert str(Report("f", (NOT_JUDGED,))).splitlines()[0] == "f: not judged: 1 not judged"
    forward = Report("softmax", (compared("output", TRUE, TRUE),))
    assert str(forward).splitlines()[0] == "softmax: right: 1 result, worst relative error 0"


def test_a_report_is_wrong_by_a_diagnosis_alone():
    report = Report(
        "f", (compared("d_x", TRUE, TRUE),), (Diagnosis("mutates-input", "x", "x is changed", "?"),)
    )
    assert str(report).splitlines()[0] == "f: wrong"
    assert "✗ wrong" in report._repr_html_()


def test_the_table_has_one_aligned_row_for_each_input():
    lines = str(WRONG).split("\n\n")[1].splitlines()
    starts = [match.start() for match in re.finditer("-+", lines[1])]
    rows = [
        [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        for line in (lines[0], *lines[2:])
    ]
    worst = tuple(np.unravel_index(np.abs(TRUE).argmax(), TRUE.shape))
    assert rows == [
        ["input", "shape", "worst at", "given", "true", "relative error", "verdict"],
        ["d_scores", "(4, 6)", f"[{worst[0]}, {worst[1]}]", f"{2 * TRUE[worst]:.7g}", f"{TRUE[worst]:.7g}", "1",
         "wrong (a batch of three)"],
        ["encoder.weight", "(30000, 64)", "[7, 3]", "0.5", "0.25", "0.5", "wrong"],
        ["ids", "(3, 4)", "-", "-", "-", "-", "not judged"],
    ]  # fmt: skip


def test_numbers_end_below_each_other():
    head, _, *rows = str(WRONG).split("\n\n")[1].splitlines()
    for column in ("given", "true", "relative error"):
        end = head.index(column) + len(column)
        assert all(row[end - 1] != " " and row[end] == " " for row in rows)


def test_diagnoses_are_numbered_and_wrapped_with_the_hint_on_lines_of_its_own():
    said = str(WRONG).split("\n\n")[2].splitlines()
    assert said[0].startswith("1. [constant-factor] d_scores: 2.000 × the true")
    hint = [line.startswith("   Hint: Why twice?") for line in said].index(True)
    assert hint > 1 and all(line.startswith("   ") for line in said[1:hint])
    assert re.match(" {9}(Why|twice)", said[hint + 1])
    assert 90 < max(map(len, said)) <= 100
    assert said[-3:] == ["2. [unknown] the backward raised", "       return d @ <x>", "   ValueError: no"]


def test_a_kink_is_said_to_be_no_fault():
    assert AT_A_KINK.passed
    text, page = str(AT_A_KINK), AT_A_KINK._repr_html_()
    assert "right: 1 gradient" in text and "1 kink, which is no fault" in text
    assert "[kink, no fault] d_inputs" in text
    assert "kink, no fault" in page and "✓ right" in page and "wrong</span>" not in page


def test_a_failed_check_raises_with_the_whole_report():
    with pytest.raises(AssertionError, match="softmax_backward: the gradient check failed") as raised:
        WRONG.raise_if_failed()
    assert str(WRONG) in str(raised.value)
    RIGHT.raise_if_failed()
    AT_A_KINK.raise_if_failed()


# In a notebook


def parsed(page):
    return ElementTree.fromstring(page.replace("<br>", "<br/>"))


def heatmaps_of(page):
    return parsed(page).findall(".//svg")


def squares(heatmap, look):
    """The (x, y, width) of the squares in paths whose attribute and value are `look`."""
    attribute, value = look
    paths = [path.get("d") for path in heatmap.iter("path") if path.get(attribute, "") == value]
    return [
        tuple(map(float, found)) for path in paths for found in re.findall(r"M(\S+) (\S+?)h([\d.]+)", path)
    ]


def cells(heatmap):
    return [s for s in squares(heatmap, ("fill", "#d9480f"))]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_page_is_whole_and_loads_nothing(report):
    page = report._repr_html_()
    assert parsed(page).tag == "div"
    assert not re.search(r"<script|<style|<link|src=|href=|class=|\bid=", page)


def test_the_page_says_what_the_text_says():
    words = " ".join("".join(parsed(WRONG._repr_html_()).itertext()).split())
    for comparison in WRONG.comparisons:
        assert comparison.name in words and str(comparison.shape) in words
    for said in (
        "a batch of three",
        "0.25",
        "constant-factor",
        "Why twice?",
        "ValueError: no",
        "✗ wrong",
        "○ not judged",
    ):
        assert said in words


def test_what_students_wrote_cannot_become_markup():
    evil = "<img src=x onerror='alert(1)'>\"&\x1b[31m"
    report = Report(
        evil,
        (compared(evil, 2 * TRUE, TRUE, evil),),
        (Diagnosis("unknown", evil, evil, evil),),
    )
    page = report._repr_html_()
    assert "<img" not in page and "\x1b" not in page
    assert not any("onerror" in element.attrib for element in parsed(page).iter())
    assert evil.replace("\x1b", "�") in "".join(parsed(page).itertext())
    assert "\x1b" not in str(report)


def test_each_row_with_known_arrays_has_a_heatmap_with_its_text_equivalent():
    mine = TRUE.copy()
    mine[2] *= 1.5
    report = Report("f", (compared("d_x", mine, TRUE), UNKNOWN_ARRAYS))
    (heatmap,) = heatmaps_of(report._repr_html_())
    worst = int(np.abs(TRUE[2]).argmax())
    assert heatmap.get("role") == "img"
    assert heatmap.get("aria-label") == heatmap.findtext("title")
    assert heatmap.get("aria-label") == (
        f"d_x: 6 of 24 entries wrong; on axis 0 only at 2; farthest off at [2, {worst}]"
    )


def test_wrong_entries_fill_their_cells_and_right_ones_do_not():
    (heatmap,) = heatmaps_of(Report("f", (compared("d_x", one_wrong(), TRUE),))._repr_html_())
    drawn = cells(heatmap)
    side = max(width for _, _, width in drawn)
    assert len(drawn) == 24
    assert [(y / side, x / side) for x, y, width in drawn if width == side] == [(1, 2)]
    assert squares(heatmap, ("stroke-width", "2")) == [(2 * side, side, side)]


def test_the_colour_grows_with_the_logarithm_of_the_error():
    true = np.ones((1, 5))
    errors = np.array([[0, 1e-9, 1e-6, 1e-3, 1.0]])
    (heatmap,) = heatmaps_of(Report("f", (compared("d_x", true - errors, true),))._repr_html_())
    strengths = {
        x: float(path.get("fill-opacity"))
        for path in heatmap.iter("path")
        if path.get("fill-opacity")
        for x in map(float, re.findall(r"M(\S+) ", path.get("d")))
    }
    ordered = [strengths[x] for x in sorted(strengths)]
    assert ordered == sorted(ordered) and len(set(ordered)) == 5
    assert np.ptp(np.diff(ordered)[1:]) < 0.11


def test_entries_that_are_not_judged_are_struck_out():
    (heatmap,) = heatmaps_of(AT_A_KINK._repr_html_())
    strokes = [path for path in heatmap.iter("path") if path.get("stroke") and "l" in path.get("d")]
    assert len(strokes) == 1 and strokes[0].get("d").count("M") == 1
    assert len(cells(heatmap)) == 23
    assert "0 of 24 entries wrong, 1 not judged" in heatmap.get("aria-label")


def test_an_entry_that_is_not_judged_does_not_hide_its_block():
    true = np.random.default_rng(7).normal(size=(96, 72))
    unjudged = np.zeros(true.shape, dtype=bool)
    unjudged[50, 40] = True
    row = compared("d_x", one_wrong(true, (50, 40), 1.0), true, unjudged=unjudged)
    (heatmap,) = heatmaps_of(Report("f", (row,))._repr_html_())
    assert len(cells(heatmap)) == 24 * 24
    assert {path.get("fill-opacity") for path in heatmap.iter("path")} == {None, "0.3"}


@pytest.mark.parametrize(
    "shape", [(), (1,), (500,), (1000, 64), (3, 7, 5), (40, 7, 5), (3, 64, 64), (2, 3, 40, 50), (100, 1, 1)]
)
def test_any_array_is_folded_into_a_small_picture_that_keeps_its_one_wrong_entry(shape):
    true = np.random.default_rng(1).normal(size=shape)
    index = tuple(np.random.default_rng(2).integers(0, shape)) if shape else ()
    (heatmap,) = heatmaps_of(Report("f", (compared("d_x", one_wrong(true, index, 1.0), true),))._repr_html_())
    drawn = cells(heatmap)
    columns, rows = (len({square[axis] for square in drawn}) for axis in (0, 1))
    assert columns <= 26 and rows <= 50 and len(drawn) <= 24 * 24
    assert int(heatmap.get("width")) <= 130 and int(heatmap.get("height")) <= 230
    assert len(squares(heatmap, ("stroke-width", "2"))) == 1
    full = int(max(width for _, _, width in drawn))
    assert sum(width == full for _, _, width in drawn) == 1
    assert ("block" in heatmap.get("aria-label")) == (true.size > len(drawn))


def test_leading_positions_stand_apart():
    true = np.random.default_rng(3).normal(size=(3, 4, 5))
    (heatmap,) = heatmaps_of(Report("f", (compared("d_x", 2 * true, true),))._repr_html_())
    tops = sorted({y for _, y, _ in cells(heatmap)})
    steps = np.diff(tops)
    assert len(tops) == 12 and np.flatnonzero(steps > steps.min()).tolist() == [3, 7]


def test_nothing_of_matplotlib_is_loaded_for_text_and_page():
    script = (
        "import sys, numpy as np\n"
        "from attention_np.gradcheck import Comparison, Report\n"
        "x = np.ones((2, 3))\n"
        "report = Report('f', (Comparison('d_x', (2, 3), 'right', 0.0, None, x, x),))\n"
        "assert '<svg' in report._repr_html_() and 'd_x' in str(report)\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# As a picture


def panels(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def written(ax):
    return {cell: text.get_text() for cell, text in cell_texts(ax).items()}


def corners(ax):
    """The (row, column) of the cells whose corner is filled."""
    marks = [c for c in ax.collections if isinstance(c, PolyCollection) and not isinstance(c, QuadMesh)]
    middles = [path.vertices[:3].mean(axis=0) for mark in marks for path in mark.get_paths()]
    return sorted((round(y), round(x)) for x, y in middles)


def framed(ax):
    """The (row, column) of the cells in a thick frame."""
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_linewidth() > 2]
    return [(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in frames]


def test_given_true_and_difference_stand_side_by_side_with_their_numbers():
    figure = Report("f", (compared("d_x", one_wrong(), TRUE),)).plot()
    mine, true, difference = panels(figure)
    assert [ax.get_title() for ax in (mine, true, difference)] == ["given", "true", "given − true"]
    for ax, values in ((mine, one_wrong()), (true, TRUE), (difference, one_wrong() - TRUE)):
        expected = {
            cell: f"{value:+.2f}".replace("-", "−") if value else "0"
            for cell, value in np.ndenumerate(values)
        }
        assert written(ax) == expected
    figure.draw_without_rendering()
    sides = [side for ax in (mine, true, difference) for side in ax.get_window_extent().intervalx]
    assert sides == sorted(sides)


def test_given_and_true_share_a_symmetric_scale_and_the_difference_has_its_own():
    figure = Report("f", (compared("d_x", one_wrong(by=0.01), TRUE),)).plot()
    mine, true, difference = (ax.collections[0].get_clim() for ax in panels(figure))
    greatest = max(np.abs(TRUE).max(), np.abs(one_wrong(by=0.01)).max())
    assert mine == true == pytest.approx((-greatest, greatest))
    assert difference == pytest.approx((-1, 1))
    labels = [ax.get_ylabel() for ax in figure.axes if ax.get_label() == "<colorbar>"]
    assert labels == ["gradient", "difference (own scale) (×10⁻²)"]


def test_wrong_entries_and_the_worst_are_marked():
    mine = one_wrong(one_wrong(), (3, 0), 0.1)
    figure = Report("f", (compared("d_x", mine, TRUE),)).plot()
    first, second, third = panels(figure)
    assert corners(first) == corners(third) == [(1, 2), (3, 0)]
    assert corners(second) == []
    assert framed(first) == framed(second) == framed(third) == [(1, 2)]
    assert figure.get_supxlabel() == "Thick frame: farthest off. Corner: wrong."


def test_what_is_not_judged_is_hatched_and_does_not_set_the_scale():
    figure = AT_A_KINK.plot()
    for ax in panels(figure):
        assert [c.get_hatch() for c in ax.collections if c.get_hatch()] == ["////"]
        assert corners(ax) == []
    assert (1, 2) not in written(panels(figure)[2])
    assert set(written(panels(figure)[2]).values()) == {"0"}
    assert "Hatched: not judged." in figure.get_supxlabel()


def test_the_title_gives_name_error_verdict_and_the_worst_entry():
    report = Report("dot", (compared("d_x", one_wrong(by=2.0), TRUE, "a batch of $3$"),))
    lines = report.plot().get_suptitle().splitlines()
    error = 2.0 / np.abs(TRUE).max()
    assert lines[0] == f"dot, d_x: wrong (a batch of $3$), worst relative error {error:.3g}"
    assert lines[1] == f"farthest off at [1, 2]: given {TRUE[1, 2] + 2:.7g}, true {TRUE[1, 2]:.7g}"


def test_a_vector_is_a_row_and_a_number_one_cell():
    vector = np.arange(1.0, 6.0)
    for true, shape in ((vector, (1, 5)), (np.float64(3.0), (1, 1))):
        figure = Report("f", (compared("d_x", true * 2, true),)).plot()
        assert panels(figure)[0].collections[0].get_array().shape == shape
        assert "drawn" not in figure.get_suptitle()


def test_of_more_dimensions_the_matrix_of_the_worst_entry_is_drawn():
    true = np.random.default_rng(4).normal(size=(2, 3, 4, 5))
    mine = one_wrong(one_wrong(true, (1, 2, 3, 0), 3.0), (0, 0, 0, 0), 1.0)
    figure = Report("f", (compared("d_x", mine, true),)).plot()
    first, second, _ = panels(figure)
    np.testing.assert_allclose(first.collections[0].get_array(), mine[1, 2])
    np.testing.assert_allclose(second.collections[0].get_array(), true[1, 2])
    assert corners(first) == framed(first) == [(3, 0)]
    assert "drawn: [1, 2, :, :] of shape (2, 3, 4, 5)" in figure.get_suptitle()
    assert (first.get_xlabel(), first.get_ylabel()) == ("axis 3 →", "axis 2 ↓")


def test_of_a_large_array_what_surrounds_the_worst_entry_is_drawn():
    true = np.random.default_rng(5).normal(size=(3000, 60))
    figure = Report("f", (compared("d_table", one_wrong(true, (2990, 7), 5.0), true),)).plot()
    first = panels(figure)[0]
    np.testing.assert_allclose(panels(figure)[1].collections[0].get_array(), true[2952:, :48])
    assert "drawn: [2952:3000, 0:48] of shape (3000, 60)" in figure.get_suptitle()
    assert framed(first) == [(38, 7)]
    labels = dict(zip(first.get_yticks(), [t.get_text() for t in first.get_yticklabels()], strict=True))
    assert labels[38] == "2990"


def test_what_is_not_finite_is_written():
    mine = TRUE.copy()
    mine[0, 1], mine[2, 3] = np.nan, -np.inf
    first, second, third = panels(Report("f", (compared("d_x", mine, TRUE),)).plot())
    assert written(first)[0, 1] == "NaN" and written(first)[2, 3] == "−inf"
    assert written(third)[0, 1] == "NaN" and written(third)[2, 3] == "−inf"
    assert written(second)[0, 1] == f"{TRUE[0, 1]:+.2f}".replace("-", "−")
    assert corners(first) == [(0, 1), (2, 3)]


def test_each_panel_has_its_alternative_text():
    said = attached_alt_text(Report("f", (compared("d_x", one_wrong(), TRUE),)).plot())
    assert f"True d_x of shape (4, 6), values between {TRUE.min():.7g} and {TRUE.max():.7g}." in said
    assert "1 of 24 entries wrong, magnitude at most 0.5. Farthest off at [1, 2]: given" in said


def test_without_a_name_the_one_that_is_farthest_off_is_drawn():
    slight, gross = compared("slight", one_wrong(by=0.1), TRUE), compared("gross", one_wrong(by=9.0), TRUE)
    report = Report("f", (slight, gross, UNKNOWN_ARRAYS, compared("right", TRUE, TRUE)))
    assert "f, gross: wrong" in report.plot().get_suptitle()
    assert "f, slight: wrong" in report.plot("slight").get_suptitle()
    unknown = Comparison("unknown", (4, 6), "not judged", float("nan"), None, TRUE, TRUE)
    assert "f, slight: wrong" in Report("f", (slight, unknown)).plot().get_suptitle()
    lost = Comparison("lost", (4, 6), "wrong", float("nan"), None, np.full((4, 6), np.nan), TRUE)
    assert "f, lost: wrong" in Report("f", (gross, lost)).plot().get_suptitle()


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("d_y", "got 'd_y'"),
        ("encoder.weight", "got 'encoder.weight', of which only the worst entry is known"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(name, got):
    with pytest.raises(ValueError, match=rf"name: expected a gradient .* \('d_scores'\), {got}"):
        WRONG.plot(name)
    with pytest.raises(ValueError, match=r"\(there is none\), got nothing to draw"):
        Report("f", (UNKNOWN_ARRAYS,)).plot()


@pytest.mark.parametrize("shape", [(), (12,), (25, 3), (70, 90)])
def test_no_text_lies_over_another_or_leaves_the_picture(shape):
    true = np.random.default_rng(6).normal(size=shape) * 1e-4
    figure = Report("scaled_dot_scores_backward", (compared("d_queries", 2 * true, true),)).plot()
    assert_every_text_can_be_read(np.array(figure.axes))


def test_the_picture_belongs_to_nobody():
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    WRONG.plot()
    assert pyplot.get_fignums() == before


# Whatever the arrays


@pytest.mark.filterwarnings("error")
@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.tuples(
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=30),
        st.integers(0, 2**32 - 1),
        st.text(max_size=8),
    )
)
def test_any_comparison_has_a_text_and_a_page(drawn):
    shape, seed, name = drawn
    rng = np.random.default_rng(seed)
    mine = rng.choice([0.0, 1.0, -1.7e308, 1.7e308, 5e-324, np.nan, np.inf, -np.inf], size=shape)
    true = rng.choice([0.0, 1.0, -1.7e308, 5e-324], size=shape)
    unjudged = rng.random(shape) < 0.2
    row = (
        compared(name, mine, true, name, unjudged)
        if true.size
        else Comparison(name, shape, "right", float("nan"), None, mine, true)
    )
    report = Report(name, (row,), tuple(Diagnosis(code, name, name, name) for code in CODES))
    assert len(str(report).splitlines()) >= len(CODES)
    assert len(heatmaps_of(report._repr_html_())) == (1 if true.size else 0)
