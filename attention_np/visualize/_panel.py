"""One matrix drawn into one Axes: its cells and its hatching.

Everything is placed in cell units: cell (i, j) is the unit square around x = j, y = i, rows downwards. The
sums stand in one more row and column behind a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._checks import Matrix
from .colours import text_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

# Points that a sum needs along its digits and across them, and the gap before the sums, in cells.
SUM_WIDTH, SUM_HEIGHT = 34.0, 9.0
GAP = 0.4
MASKED = "0.88"


class Cell(NamedTuple):
    """The size of a cell on paper, in points."""

    width: float
    height: float


@dataclass(frozen=True)
class Style:
    """How values become colours and text, the same for all panels of a picture.

    Parameters
    ----------
    scale : Normalize
        The one scale, from values to [0, 1].
    colour_map : Colormap
        From [0, 1] to colours.
    name, label : str
        What the values are, in words, and on the colour bar.
    number, sum_text : function of a float
        The text in a cell, and of a sum.
    sign : function of a float, optional
        The text in a cell that is too small for a number.
    """

    scale: Normalize
    colour_map: Colormap
    name: str
    label: str
    number: Callable[[float], str]
    sum_text: Callable[[float], str]
    sign: Callable[[float], str] | None = None

    def colours(self, values: Matrix) -> NDArray[np.float64]:
        """Red, green, blue and opacity of each value."""
        return np.asarray(self.colour_map(self.scale(values)))


@dataclass(frozen=True, eq=False)
class Drawing:
    """One matrix and what is written around it; all of it has been checked.

    Parameters
    ----------
    values : array, shape (L, S)
        Empty where there is nothing to draw; `message` says why.
    sources, targets : list of str, optional
    alt : str
    title : str, optional
    allowed : boolean array, shape (L, S), optional
        False where masked.
    row_sums, column_sums : bool
    message : str
        Written into an empty frame.
    """

    values: Matrix
    sources: Sequence[str] | None
    targets: Sequence[str] | None
    alt: str
    title: str | None = None
    allowed: NDArray[np.bool_] | None = None
    row_sums: bool = False
    column_sums: bool = False
    message: str = ""

    @property
    def rows(self) -> int:
        """Rows of the frame; a message needs three."""
        return max(len(self.values), len(self.targets or ()), 3 if self.message else 1)

    @property
    def columns(self) -> int:
        """Columns of the frame; at least one."""
        return max(self.values.shape[1], len(self.sources or ()), 1)

    def size(self, cell: Cell) -> tuple[float, float]:
        """Width and height in cell units, the sums included."""
        across = max(1.0, SUM_WIDTH / cell.width)
        down = max(1.0, (SUM_WIDTH if self.upright_sums(cell) else SUM_HEIGHT) / cell.height)
        return (
            self.columns + (GAP + across if self.row_sums else 0),
            self.rows + (GAP + down if self.column_sums else 0),
        )

    def upright_sums(self, cell: Cell) -> bool:
        """Whether the columns are too narrow for horizontal sums."""
        return cell.width < SUM_WIDTH * 0.8


def draw_cells(ax: Axes, drawing: Drawing, style: Style, cell: Cell) -> None:
    """Draw everything but text."""
    from matplotlib.patches import Rectangle

    rows, columns = drawing.rows, drawing.columns
    if drawing.values.size:
        edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
        seam = 0.5 if min(cell) > 8 else 0
        mesh = ax.pcolormesh(*edges, drawing.values, norm=style.scale, cmap=style.colour_map)
        mesh.set(edgecolor="white" if seam else "none", linewidth=seam, rasterized=not seam)
        _hatch(ax, drawing, style.colours(drawing.values))
    frame = Rectangle((-0.5, -0.5), columns, rows, fill=False, edgecolor="0.3", linewidth=0.8, clip_on=False)
    ax.add_patch(frame)
    ax.set_aspect("auto")
    ax.spines[:].set_visible(False)
    ax.set_label(drawing.alt)


def set_extent(ax: Axes, total: tuple[float, float]) -> None:
    """Give the Axes its size in cell units."""
    ax.set_xlim(-0.5, total[0] - 0.5)
    ax.set_ylim(total[1] - 0.5, -0.5)


def _hatch(ax: Axes, drawing: Drawing, face: NDArray[np.float64]) -> None:
    """Hatch what is masked: grey where the value is 0, and over the cell's colour where a value leaked."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    if drawing.allowed is None:
        return
    masked = ~drawing.allowed
    face = np.where((drawing.values == 0)[..., None], to_rgba(MASKED), face)
    lines = text_colours(face)
    for colour in ("black", "white"):
        cells = np.argwhere(masked & (lines == colour))
        if len(cells):
            squares = [Rectangle((float(j) - 0.5, float(i) - 0.5), 1, 1) for i, j in cells]
            shade = "0.45" if colour == "black" else "white"
            ax.add_collection(
                PatchCollection(
                    squares, facecolor=face[tuple(cells.T)], edgecolor=shade, hatch="////", linewidth=0
                )
            )
