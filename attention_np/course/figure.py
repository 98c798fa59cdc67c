"""The Figure of the course's own pictures. Its style goes with it: Matplotlib's settings stay as they are."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import MUTED, SMALL, TEXT, colours


class CourseFigure(Figure):
    """A Figure whose Axes are made in the style of the course."""

    def add_subplot(self, *arguments: Any, **options: Any) -> Axes:
        """Make Axes; `subplots` and `subplot_mosaic` come here too."""
        ax = super().add_subplot(*arguments, **options)
        for side, spine in ax.spines.items():
            spine.set_color(MUTED)
            spine.set_visible(side not in ("top", "right"))
        ax.tick_params(color=MUTED, labelsize=SMALL)
        for axis in (ax.xaxis, ax.yaxis):
            axis.label.set_size(TEXT)
        ax.set_prop_cycle(color=colours)
        return ax
