"""The picture behind ``evaluate TASK --heatmap FILE.png``."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from ...functional._checks import Array

# Two quotation marks around nothing would be read as characters.
_VISIBLE = {" ": "␣", "\n": "⏎", "\f": "¶"}


def save_weights(
    path: Path,
    weights: Array | None,
    sources: Sequence[str],
    targets: Sequence[str],
    title: str = "Where attention lay for each word",
    mask: Array | None = None,
) -> None:
    """Draw a row of weights for each target to `path`, hatched where `mask` allows no looking.

    Blanks and ends of lines are drawn as signs for them. Characters that the font lacks are told on standard error.

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
    columns, rows = ([_VISIBLE.get(label, label) for label in labels] for labels in (sources, targets))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        heatmap(weights, columns, rows, title=title, mask=mask).figure.savefig(path)
    lacking = dict.fromkeys(found[1] for each in said if (found := re.match(r"Glyph (\d+) ", str(each.message))))
    if lacking:
        characters = "".join(chr(int(code)) for code in lacking)
        print(
            f"attention-np: --heatmap: Matplotlib's font lacks {characters}; name one that has them as font.family in matplotlibrc",
            file=sys.stderr,
        )
    for each in said:
        if not re.match(r"Glyph \d+ ", str(each.message)):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
