"""A picture as HTML with its alternative text, for notebooks and pages."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .alt_text import attached_alt_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Twice the resolution of a plain screen, so that small digits stay sharp on a fine one.
PIXELS_PER_INCH = 192
CSS_PIXELS_PER_INCH = 96


def show_html(
    picture: Figure | Axes | NDArray[np.object_] | Sequence[Axes],
    *,
    alt: str | None = None,
    caption: str | None = None,
) -> str:
    """Write a picture of this package as ``<figure><img alt="…" src="data:…"></figure>``.

    Notebooks drop the metadata of images, and with it every alternative text; an ``img`` element keeps it. In
    a notebook: ``display(HTML(show_html(heatmap(weights))))``.

    Parameters
    ----------
    picture : Figure, Axes, or several Axes of one Figure
        What `heatmap` and its like return, or the Figure they belong to; the whole Figure is drawn.
    alt : str, optional
        The alternative text of a picture of your own; the attached one without it.
    caption : str, optional
        Written under the picture.

    Returns
    -------
    str
        HTML that holds all it needs: a PNG image in a data address.

    Raises
    ------
    ValueError
        If no alternative text is given or attached to it.
    """
    from matplotlib.figure import FigureBase

    alt = attached_alt_text(picture) if alt is None else alt
    part = picture if isinstance(picture, FigureBase) else np.ravel(np.asarray(picture, dtype=object))[0]
    figure: Figure = part.figure.figure  # the Figure, also of Axes in a SubFigure
    buffer = io.BytesIO()
    # Without the version of Matplotlib, which would make other bytes of the same picture.
    figure.savefig(buffer, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = round(figure.get_figwidth() * CSS_PIXELS_PER_INCH)
    below = "" if caption is None else f"<figcaption>{html.escape(caption)}</figcaption>"
    return (
        f'<figure style="margin:0"><img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
        f'width="{width}" style="max-width:100%;height:auto">{below}</figure>'
    )
