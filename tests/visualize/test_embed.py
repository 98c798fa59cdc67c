"""HTML of a picture: an image that says what it shows and needs nothing else."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from attention_np.visualize import attached_alt_text, heatmap, show_html

from .pictures import random_weights


class Elements(HTMLParser):
    """The start tags of a document, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def image_of(text: str) -> dict[str, str]:
    (outer, _), (inner, attributes) = Elements(text).found
    assert (outer, inner) == ("figure", "img")
    return attributes


def test_the_image_has_the_alternative_text_of_the_picture():
    ax = heatmap(random_weights(2, 3), ['say "cheese"', "<script>", "a & b"], ["x", "y"])
    attributes = image_of(show_html(ax))
    assert attributes["alt"] == attached_alt_text(ax)
    assert "“y” looks" in attributes["alt"]


def test_the_image_is_a_png_at_twice_the_size_it_is_shown():
    ax = heatmap(random_weights(4, 5))
    attributes = image_of(show_html(ax))
    kind, data = attributes["src"].split(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.width == pytest.approx(2 * int(attributes["width"]), abs=2)
        colours = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3)[::7]}
    assert len(colours) > 20


def test_a_figure_its_axes_and_all_of_them_give_the_same():
    axes = heatmap(random_weights(2, 3, 4))
    assert show_html(axes) == show_html(axes[0].figure) == show_html(list(axes))


def test_axes_in_a_part_of_a_figure_give_the_whole_figure():
    figure = Figure(figsize=(6, 3), layout="constrained")
    part, _ = figure.subfigures(1, 2)
    ax = heatmap(random_weights(3, 4), ax=part.subplots())
    assert image_of(show_html(ax))["width"] == str(6 * 96)


def test_a_picture_without_alternative_text_is_refused():
    figure = Figure()
    figure.subplots()
    with pytest.raises(ValueError, match="picture: expected one with alternative text"):
        show_html(figure)


def test_a_picture_of_ones_own_brings_its_words_and_a_caption_stands_below_it():
    figure = Figure()
    figure.subplots()
    made = show_html(figure, alt="A < B", caption="Where 1 < 2.")
    assert Elements(made).found[1][1]["alt"] == "A < B"
    assert "<figcaption>Where 1 &lt; 2.</figcaption></figure>" in made


def test_the_bytes_do_not_depend_on_the_version_of_matplotlib():
    data = image_of(show_html(heatmap(random_weights(2, 3))))["src"].split(",")[1]
    assert b"Software" not in base64.b64decode(data)
