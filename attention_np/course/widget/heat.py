"""A matrix that changes with the slider: a real table whose cells are coloured, on one scale for all positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...visualize._checks import Labels, Matrix, checked_labels, checked_range, checked_values
from ...visualize.alt_text import describe_values, describe_weights
from ...visualize.colours import text_colours
from ...visualize.heatmap import superscript
from ...visualize.markup import text
from .panel import lean

# An odd number of colours, so that 0 has the middle one of a scale that is symmetric about it.
_COLOURS = 65
_MOST_NUMBERS = 150
_WORDS = 500


class Heat:
    """Weights, scores or gradients at every position.

    Parameters
    ----------
    name : str
        What the values are.
    frames : array (positions, L, S)
    sources, targets : sequence, optional
        S labels of the columns and L labels of the rows; positions, from 0, without them.
    kind : "weights", "scores" or "gradients"
        Weights are drawn on [0, 1]; scores on [−1, 1], or as far as they reach; gradients on a scale that is symmetric
        about 0 and reaches to the greatest magnitude at any position, with their signs.
    row_sums : bool
        Write them in the margin.
    axes : str
        What rows and columns are, in the corner.

    Raises
    ------
    TypeError, ValueError
        If the frames are not finite arrays of one shape, leave their scale, or do not fit their labels.
    """

    def __init__(
        self,
        name: str,
        frames: ArrayLike,
        sources: Labels | None = None,
        targets: Labels | None = None,
        kind: Literal["weights", "scores", "gradients"] = "weights",
        row_sums: bool = False,
        axes: str = "query ↓ key →",
    ) -> None:
        if kind not in ("weights", "scores", "gradients"):
            raise ValueError(f"kind: expected weights, scores or gradients, got {kind!r}")
        where = f"frames of heat {name!r}"
        values = checked_values(where, frames)
        if values.ndim != 3 or not values.size:
            raise ValueError(f"{where}: expected shape (positions, L, S) and something in it, got {values.shape}")
        if kind == "weights":
            checked_range(where, values, (0.0, 1.0))
        rows, columns = values.shape[1:]
        self.name, self.kind, self.row_sums, self.axes = name, kind, row_sums, axes
        self._values = values
        self._columns = checked_labels("sources", sources, columns, rows) or [str(place) for place in range(columns)]
        self._rows = checked_labels("targets", targets, rows, columns) or [str(place) for place in range(rows)]
        greatest = float(np.abs(values).max()) or 1.0
        self._bound = {"weights": 1.0, "scores": max(1.0, greatest), "gradients": greatest}[kind]
        exponent = math.floor(math.log10(greatest)) if kind == "gradients" else 0
        # As in `gradient_heatmap`: only small or large numbers are divided by a power of ten.
        self._exponent = exponent if abs(exponent) > 1 else 0
        self._unit = 10.0**self._exponent

    @property
    def _low(self) -> float:
        return 0.0 if self.kind == "weights" else -self._bound

    def count(self) -> int:
        """How many frames there are."""
        return len(self._values)

    def data(self) -> dict[str, Any]:
        """Every frame as a flat list, rounded to what can be read."""
        backgrounds, inks = self._palette()
        return {
            "kind": "heat",
            "sources": self._columns,
            "targets": self._rows,
            "values": [[self._rounded(value) for value in frame.ravel()] for frame in self._values],
            "sums": [[self._rounded(value) for value in sums] for sums in self._values.sum(axis=2)] if self.row_sums else [],
            "low": self._low,
            "high": self._bound,
            "unit": self._unit,
            "signed": self.kind == "gradients",
            "colours": backgrounds,
            "inks": inks,
        }

    def html(self, position: int, stops: Sequence[str]) -> str:
        """The frame as a table, with its scale under it."""
        frame = self._values[position]
        backgrounds, inks = self._palette()
        dense = " dense" if frame.size > _MOST_NUMBERS else ""
        head = "".join(f'<th scope="col"><span>{text(label)}</span></th>' for label in self._columns)
        margin = '<th scope="col" class="sum"><span>sum</span></th>' if self.row_sums else ""
        rows = []
        for label, row in zip(self._rows, frame, strict=True):
            cells = "".join(
                f'<td style="background-color:{backgrounds[place]};color:{inks[place]}">{self._number(value)}</td>'
                for value, place in zip(row, self._places(row), strict=True)
            )
            total = f'<td class="sum">{self._number(float(row.sum()))}</td>' if self.row_sums else ""
            rows.append(f'<tr><th scope="row">{text(label)}</th>{cells}{total}</tr>')
        unit = f" (×10{superscript(self._exponent)})" if self._exponent else ""
        ramp = ",".join(backgrounds[:: _COLOURS // 8])
        ends = [self._number(end) for end in (self._low, self._bound)]
        return (
            f'<figure class="heat{dense}"><figcaption>{text(self.name)}{unit}</figcaption><div class="wide"><table>'
            f'<thead><tr><td class="corner">{text(self.axes)}</td>{head}{margin}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
            f'<p class="scale">{ends[0]} <span style="background:linear-gradient(to right,{ramp})"></span> {ends[1]}</p>'
            '<p class="read" aria-live="polite"></p></figure>'
        )

    def words(self) -> str:
        """The first and the last frame."""
        describe = describe_weights if self.kind == "weights" else describe_values
        first, last = (
            describe(self._values[place], self._columns, self._rows, None, f"{self.name} {where}", _WORDS)
            for place, where in ((0, "at the first position"), (-1, "at the last position"))
        )
        return first if self.count() == 1 else f"{first} {last}"

    def _palette(self) -> tuple[list[str], list[str]]:
        """The colours from low to high, and the colour of the text on each."""
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        drawn = colormaps["PuOr" if self.kind == "gradients" else "cividis"](np.linspace(0, 1, _COLOURS))
        inks = {"black": "#000", "white": "#fff"}
        return [to_hex(colour) for colour in drawn], [inks[str(name)] for name in text_colours(drawn)]

    def _places(self, values: Matrix) -> NDArray[np.intp]:
        share = np.clip((values - self._low) / (self._bound - self._low), 0, 1)
        return np.rint(share * (_COLOURS - 1)).astype(np.intp)

    def _rounded(self, value: float) -> float | int:
        return lean(float(f"{value:.3g}") if self.kind == "gradients" else round(float(value), 3))

    def _number(self, value: float) -> str:
        """Two decimals, of a gradient in its unit and with its sign."""
        said = f"{value / self._unit:+.2f}" if self.kind == "gradients" else f"{value:.2f}"
        return "0.00" if float(said) == 0 else said.replace("-", "−")
