"""The picture behind ``evaluate TASK --heatmap FILE.png``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...functional._checks import Array


def save_weights(
    path: Path,
    weights: Array | None,
    sources: Sequence[str],
    targets: Sequence[str],
    title: str = "Where attention lay for each word",
    mask: Array | None = None,
) -> None:
    """Draw a row of weights for each target to `path`, hatched where `mask` allows no looking.

    Raises
    ------
    ValueError
        If there is no attention, or nothing was written.
    """
    # Matplotlib loads here, and only for those who draw.
    from ...visualize import heatmap

    if weights is None:
        raise ValueError("--heatmap: this model has no attention to draw")
    if not len(targets):
        raise ValueError("--heatmap: the model wrote nothing, so there is nothing to draw")
    heatmap(weights, sources, targets, title=title, mask=mask).figure.savefig(path)
