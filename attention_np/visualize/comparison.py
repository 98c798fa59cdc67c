"""Attention of several models side by side, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._checks import Labels, checked_labels, checked_range, checked_values
from ._layout import axes_array, draw_in_new_figure
from ._panel import Drawing
from .alt_text import describe_weights, limit_per_panel
from .heatmap import weight_style


@dataclass(frozen=True, eq=False)
class Panel:
    """The attention of one model.

    Parameters
    ----------
    title : str
        Which model it is, and how well it did.
    weights : array, shape (L, S), or None
        A row for each word that the model wrote; None for a model without attention.
    sources, targets : sequence, optional
        S words read and L words written.
    """

    title: str
    weights: ArrayLike | None
    sources: Labels | None = None
    targets: Labels | None = None


def heatmaps(
    panels: Sequence[Panel], *, title: str | None = None, label: str = "attention weight"
) -> NDArray[np.object_]:
    """Draw the attention of several models side by side, with cells of one size and one scale from 0 to 1.

    The panels may differ in shape, since models write different words. A model without attention gets an
    empty frame that says so, beside the words that it wrote.

    Parameters
    ----------
    panels : sequence of Panel
        At least one.
    title : str, optional
        Above all panels.
    label : str
        What the colour bar says that the values are.

    Returns
    -------
    array of Axes, shape (panels,)
        In a new Figure, each with its alternative text, as `heatmap` gives them.

    Raises
    ------
    TypeError, ValueError
        As `heatmap`, with the panel's position in the argument's name, or if there are no panels.
    """
    if not panels:
        raise ValueError("panels: expected at least one panel, got none")
    limit = limit_per_panel(len(panels))
    axes = draw_in_new_figure(
        [_drawing(f"panels[{index}].", panel, limit, label) for index, panel in enumerate(panels)],
        weight_style((0.0, 1.0), label),
        title,
    )
    return axes_array(axes)


def _drawing(where: str, panel: Panel, limit: int, label: str) -> Drawing:
    name = ", ".join(panel.title.split("\n"))
    if panel.weights is None:
        sources, targets = (
            None if labels is None else checked_labels(where + side, labels, len(labels), len(labels))
            for side, labels in (("sources", panel.sources), ("targets", panel.targets))
        )
        written = f" It wrote: {' '.join(targets)}." if targets else ""
        alt = f"{name}: no attention, nothing to draw.{written}"
        message = "no attention: nothing to draw"
        return Drawing(np.empty((0, 0)), sources, targets, alt, panel.title, message=message)
    values = checked_values(where + "weights", panel.weights)
    if values.ndim != 2:
        raise ValueError(f"{where}weights: expected shape (L, S), got {values.shape}; heatmap draws heads")
    checked_range(where + "weights", values, (0.0, 1.0))
    rows, columns = values.shape
    sources = checked_labels(where + "sources", panel.sources, columns, rows)
    targets = checked_labels(where + "targets", panel.targets, rows, columns)
    alt = describe_weights(values, sources, targets, None, f"{name}: {label}", limit)
    message = "" if values.size else f"empty: {rows} queries by {columns} keys"
    return Drawing(values, sources, targets, alt, panel.title, message=message)
