"""Pictures in a notebook: each inside a figure element with its alternative text, as notebooks alone do not keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..visualize import attached_alt_text, show_html

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def show(
    picture: Figure | Axes | NDArray[np.object_],
    caption: str | None = None,
    alt: str | None = None,
    *,
    print_alt: bool = False,
) -> None:
    """Display a picture with its alternative text.

    Parameters
    ----------
    picture : Figure, Axes, or an array of Axes
        What `heatmap` and its like return, or any Matplotlib Figure; the whole Figure is drawn.
    caption : str, optional
        Written under it.
    alt : str, optional
        One to three sentences made from the data. The package's own pictures bring theirs; every other needs it.
    print_alt : bool
        Print the alternative text under the picture too.

    Raises
    ------
    ValueError
        If there is no alternative text.
    """
    from IPython.display import display

    said = attached_alt_text(picture) if alt is None else alt
    display({"text/html": show_html(picture, alt=said, caption=caption), "text/plain": said}, raw=True)
    if print_alt:
        print(said)
