"""The running example, pictures and their style."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib import rcParams

import attention_np as anp
from attention_np.course import example, show, style
from attention_np.visualize import attached_alt_text, heatmap
from attention_np.visualize.colours import contrast_ratio


def test_nothing_heavy_is_loaded_before_something_is_shown() -> None:
    code = "import sys, attention_np.course; print([name for name in ('IPython', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_example_has_a_shape_for_each_axis_and_scores_of_both_signs() -> None:
    scores = anp.cosine_scores(example.queries, example.keys)
    assert scores.shape == (len(example.targets), len(example.sources)) == (2, 3)
    assert (scores > 0.2).any(axis=1).all() and (scores < -0.2).any(axis=1).all()
    lengths = [np.linalg.norm(row) for array in (example.queries, example.keys) for row in array]
    assert len({round(length, 6) for length in lengths}) == 5
    # In the order that the docstring tells: water means the river, money the loan, and the bank is both.
    assert [example.sources[place] for place in scores.argmax(axis=1)] == ["river", "loan"]
    assert (scores[:, 1] > 0).all()


def test_no_cell_changes_the_example_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        example.keys[0] = 0


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What is displayed, by kinds."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    return shown


def test_a_picture_is_shown_with_its_words_where_there_is_html_and_where_not(displayed: Any) -> None:
    picture = heatmap(np.eye(2))
    show(picture, caption="Two.")
    assert displayed[0]["text/plain"] == attached_alt_text(picture)
    assert displayed[0]["text/html"].startswith("<figure") and "Two.</figcaption>" in displayed[0]["text/html"]


def test_the_words_are_printed_on_demand(displayed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    figure = style.figure()
    figure.subplots()
    show(figure, alt="An empty frame.", print_alt=True)
    assert capsys.readouterr().out == "An empty frame.\n"
    assert 'alt="An empty frame."' in displayed[0]["text/html"]


def test_a_figure_without_words_is_refused(displayed: Any) -> None:
    with pytest.raises(ValueError, match="alternative text"):
        show(style.figure())
    assert displayed == []


def test_the_same_picture_gives_the_same_bytes(displayed: Any) -> None:
    for _ in range(2):
        figure = style.figure("full")
        figure.subplots().plot([1, 2, 4])
        show(figure, alt="A line that rises from 1 to 4.")
    assert displayed[0] == displayed[1]


def test_the_style_goes_with_the_figure_and_leaves_the_settings_alone() -> None:
    before = dict(rcParams)
    figure = style.figure("full", height=2.0)
    left, _ = figure.subplots(1, 2)
    assert dict(rcParams) == before
    assert tuple(figure.get_size_inches()) == (8.0, 2.0)
    assert not left.spines["top"].get_visible() and left.spines["left"].get_visible()
    assert left.plot([1, 2])[0].get_color() == style.QUERY
    with pytest.raises(ValueError, match="width: expected one of 'half', 'full', got 'wide'"):
        style.figure("wide")  # type: ignore[arg-type]


def test_every_colour_can_be_read_on_white() -> None:
    for colour in style.colours:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        assert contrast_ratio(channels, (1, 1, 1)) >= 4.5, colour
