"""How the course's own pictures look: one palette, one scale of type, two widths, dark on white in every theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Each has a contrast above 4.5 on white, and they differ in lightness, not in hue alone.
QUERY = "#1d4f91"
KEY = "#b3470b"
VALUE = "#1a7346"
GRADIENT = "#8a2f86"
ACCENT = "#7a6200"
MUTED = "#5f656d"

colours = (QUERY, KEY, VALUE, GRADIENT, ACCENT, MUTED)
"""The palette in the order in which lines without a colour of their own take it."""

TITLE, TEXT, SMALL = 12.0, 10.0, 9.0
"""The scale of type, in points: titles; labels, legends and notes; ticks."""

_WIDTHS = {"half": 4.4, "full": 8.0}


def figure(width: Literal["half", "full"] = "half", height: float = 3.2) -> Figure:
    """An empty Figure in the course's style, which pyplot does not know.

    ``figure = style.figure("full")``, then ``ax = figure.subplots()`` and Matplotlib as ever; `show` displays it.

    Parameters
    ----------
    width : "half" or "full"
        4.4 or 8 inches.
    height : float
        In inches.

    Returns
    -------
    Figure
        In constrained layout; its Axes have no frame above and to the right.

    Raises
    ------
    ValueError
        If there is no such width.
    """
    if width not in _WIDTHS:
        raise ValueError(f"width: expected one of {', '.join(map(repr, _WIDTHS))}, got {width!r}")
    from .figure import CourseFigure

    return CourseFigure(figsize=(_WIDTHS[width], height), layout="constrained")
