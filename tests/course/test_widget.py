"""The slider as HTML: all it needs is in it, and without a script its first position is there to read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from attention_np.course import Heat, Lines, Numbers
from attention_np.course.widget.scrubber import scrubber_html
from attention_np.visualize.colours import contrast_ratio

SOURCES, TARGETS = ("river", "b<nk", "loan"), ("water", "money")
FRAMES = np.array([[[0.2, 0.3, 0.5], [1, 0, 0]], [[0.123456, 0.4, 0.476544], [0.5, 0.25, 0.25]]])


def html(**changed: Any) -> str:
    arguments = {"name": "sharpness β", "positions": [0.5, 2.0], "panels": [Heat("weights", FRAMES, SOURCES, TARGETS)]}
    return scrubber_html(**{**arguments, **changed})


def data_of(made: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', made, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


class Tags(HTMLParser):
    """The start tags, and the text of the cells."""

    def __init__(self, made: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.feed(made)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ("td", "th", "dd", "b"):
            self.cells.append(data)


def test_it_reaches_for_nothing_outside() -> None:
    assert not re.search(r"https?:|//\w|@import|\burl\(|\bsrc=|\bhref=", html())


def test_the_same_arguments_give_the_same_bytes_and_others_another_name() -> None:
    assert html() == html()
    names = {re.search(r'id="([^"]+)"', html(positions=positions))[1] for positions in ([0.5, 2.0], [0.5, 3.0])}
    assert len(names) == 2


def test_its_style_and_its_script_touch_this_slider_alone() -> None:
    made = html()
    name = re.search(r'id="(scrub-[0-9a-f]{10})"', made)[1]
    style = re.search(r"<style>(.*?)</style>", made, re.DOTALL)[1]
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", style) for part in rule.split(",")]
    assert [one for one in selectors if not one.startswith("@") and f"#{name}" not in one] == []
    assert "#scrub:" not in made and "#scrub " not in made


def test_without_scripts_the_position_at_the_start_can_be_read() -> None:
    made = html(start=1, panels=[Heat("weights", FRAMES, SOURCES, TARGETS, row_sums=True), Numbers({"largest": [1.0, 0.5]})])
    assert "Shown: sharpness β = 2." in made
    expected = ["query ↓ key →", "water", "0.12", "0.40", "0.48", "1.00", "money", "0.50", "0.25", "0.25", "1.00", "0.5"]
    assert [cell for cell in Tags(made).cells if cell in expected] == expected


def test_a_matrix_that_is_no_attention_says_what_its_rows_and_columns_are() -> None:
    made = html(panels=[Heat("slopes", FRAMES, SOURCES, TARGETS, axes="weight ↓ score →")])
    assert "weight ↓ score →" in Tags(made).cells and "query" not in "".join(Tags(made).cells)


def test_every_cell_is_in_a_table_with_headers_and_can_be_read() -> None:
    tags = Tags(html()).tags
    assert [attributes.get("scope") for tag, attributes in tags if tag == "th"] == ["col"] * 3 + ["row"] * 2
    styles = [attributes["style"] for tag, attributes in tags if tag == "td" and "style" in attributes]
    assert len(styles) == 6
    for style in styles:
        ground, ink = re.fullmatch(r"background-color:#(\w{6});color:#(000|fff)", style).groups()
        channels = [int(ground[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        assert contrast_ratio(channels, (float(ink == "fff"),) * 3) >= 4.5


def test_its_words_are_made_from_the_data_or_given() -> None:
    made = html(panels=[Numbers({"largest": [0.25, 1.0]}), Lines("entropy", {"H": [1.5, 0.125]})])
    said = dict(Tags(made).tags[0][1])["aria-label"]
    assert said.startswith("sharpness β from 0.5 to 2. largest: from 0.25 to 1.")
    assert "H: from 1.5 to 0.125" in said
    assert dict(Tags(html(alt="Two maps.")).tags[0][1])["aria-label"] == "Two maps."


def test_labels_cannot_end_the_script_or_become_elements() -> None:
    made = html(panels=[Heat("</script><b>", FRAMES, ["</script>", "<i>", "&"], TARGETS)])
    assert made.count("</script>") == 2 and "<i>" not in made and "<b>" not in made
    assert data_of(made)["panels"][0]["sources"] == ["</script>", "<i>", "&"]


def test_values_are_rounded_so_that_two_hundred_frames_stay_small() -> None:
    frames = np.random.default_rng(0).dirichlet(np.ones(10), size=(200, 10))
    made = html(positions=range(200), panels=[Heat("weights", frames)])
    assert len(made.encode()) < 300_000
    np.testing.assert_allclose(np.reshape(data_of(made)["panels"][0]["values"], frames.shape), frames, atol=5.001e-4)
    gradients = np.random.default_rng(0).normal(size=(200, 10, 10)) * 1e-5
    made = html(positions=range(200), panels=[Heat("d_scores", gradients, kind="gradients")])
    assert len(made.encode()) < 300_000
    np.testing.assert_allclose(np.reshape(data_of(made)["panels"][0]["values"], gradients.shape), gradients, rtol=5.1e-3)


def test_gradients_are_symmetric_about_zero_and_say_their_sign_and_their_unit() -> None:
    made = html(panels=[Heat("d", [[[0.002, -0.004]], [[0.0, 0.001]]], kind="gradients")])
    panel = data_of(made)["panels"][0]
    assert (panel["low"], panel["high"]) == (-0.004, 0.004)
    middle = len(panel["colours"]) // 2
    assert len(panel["colours"]) % 2 == 1 and panel["colours"][middle].startswith("#f")
    assert "d (×10⁻³)" in made and "+2.00" in made and "−4.00" in made


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"positions": [1, 2, 3]}, "panels: expected 3 states, one for each position, got 2"),
        ({"positions": []}, "expected positions and panels"),
        ({"panels": []}, "expected positions and panels"),
        ({"start": 2}, "start: expected a position from 0 to 1, got 2"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        html(**changed)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Heat("w", FRAMES * 2), r"frames of heat 'w': expected values in \[0, 1\]"),
        (lambda: Heat("w", FRAMES[0]), r"frames of heat 'w': expected shape \(positions, L, S\)"),
        (lambda: Heat("w", FRAMES, TARGETS, SOURCES), "sources: expected 3 labels"),
        (lambda: Heat("w", FRAMES, kind="loss"), "kind: expected weights, scores or gradients, got 'loss'"),
        (lambda: Lines("l", {"a": [1, 2], "b": [1]}), "series of lines 'l': expected 1 to 6 of one length"),
        (lambda: Lines("l", {"a": [1, np.inf]}), "expected finite numbers, got inf at position 1 of 'a'"),
        (lambda: Numbers({}), "numbers: expected rows of one length"),
    ],
)
def test_a_panel_says_what_is_wrong_with_it(make: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


def test_a_line_that_does_not_change_lies_in_the_middle() -> None:
    up = data_of(html(panels=[Lines("bound", {"bound": [0.5, 0.5]})]))["panels"][0]["series"][0]["up"]
    assert up[0] == up[1] and 50 < up[0] < 160
