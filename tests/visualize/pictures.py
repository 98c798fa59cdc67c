"""What the tests of pictures measure: where text lies, and what stands on what."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from attention_np.visualize.colours import contrast_ratio

WORDS = (
    "norm compute eigenvalues parameters of the array self a broadcast_to ndarray.astype x "
    "incomprehensibilities in numpy Matrix shape ord axis keepdims"
).split(" ")  # fmt: skip


def random_weights(*shape: int, seed: int = 0, sharpness: float = 2.0) -> np.ndarray:
    scores = np.exp(np.random.default_rng(seed).normal(0, sharpness, shape))
    return scores / scores.sum(axis=-1, keepdims=True)


def figure_of(picture: Axes | np.ndarray) -> Figure:
    return np.ravel(np.asarray(picture, dtype=object))[0].figure.figure


def texts_of(figure: Figure) -> list[Text]:
    """All texts that are drawn."""
    figure.draw_without_rendering()
    drawn = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    # Ticks outside the limits of an axis keep a text that is never drawn.
    outside = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    outside |= {tick.label1, tick.label2}
    return [text for text in drawn if text not in outside]


def assert_every_text_can_be_read(picture: Axes | np.ndarray) -> None:
    """No text lies over another or leaves the picture, and none is smaller than 5 points."""
    figure = figure_of(picture)
    texts = texts_of(figure)
    boxes = np.array([text.get_window_extent().extents for text in texts])
    width, height = figure.bbox.size
    for text, box in zip(texts, boxes, strict=True):
        inside = box[0] >= -0.5 and box[1] >= -0.5 and box[2] <= width + 0.5 and box[3] <= height + 0.5
        assert inside, f"{text.get_text()!r} leaves the picture"
        assert text.get_fontsize() >= 5
    starts, ends = boxes[:, :2], boxes[:, 2:]
    gaps = np.maximum(starts[:, None], starts[None]) - np.minimum(ends[:, None], ends[None])
    apart = gaps.max(axis=-1)  # negative where two boxes overlap in both directions
    np.fill_diagonal(apart, 1)
    first, second = np.unravel_index(apart.argmin(), apart.shape)
    # A box has room for the deepest and the highest letter, so a pixel of overlap is none.
    assert apart.min() > -1, f"{texts[first].get_text()!r} lies over {texts[second].get_text()!r}"


def cell_texts(ax: Axes) -> dict[tuple[int, int], Text]:
    """The texts in the cells by (row, column); sums lie outside the matrix."""
    rows, columns = ax.collections[0].get_array().shape
    found = {}
    for text in ax.texts:
        x, y = text.get_position()
        if x < columns - 0.5 and y < rows - 0.5:
            found[round(y), round(x)] = text
    return found


def assert_digits_stand_out(ax: Axes) -> None:
    """The contrast of every text in a cell is at least 4.5."""
    from matplotlib.colors import to_rgb

    mesh = ax.collections[0]
    faces = mesh.to_rgba(mesh.get_array())
    texts = cell_texts(ax)
    assert texts
    for cell, text in texts.items():
        assert contrast_ratio(to_rgb(text.get_color()), faces[cell]) >= 4.5
