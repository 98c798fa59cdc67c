"""Curves over all positions of the slider, on which the present one is marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...visualize.curves import DASHES, tick_labels, ticks
from ...visualize.markup import text
from .panel import short

_WIDTH, _HEIGHT = 440, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 426, 12, 198


@dataclass(frozen=True, eq=False)
class Lines:
    """One or several curves, a value of each for every position.

    Parameters
    ----------
    name : str
        What is drawn.
    series : mapping of str to a sequence of numbers
        At most six, told apart by dashes as well as by colour.

    Raises
    ------
    ValueError
        If there are none or too many, they differ in length, or a number is not finite.
    """

    name: str
    series: Mapping[str, Sequence[float]]

    def __post_init__(self) -> None:
        where = f"series of lines {self.name!r}"
        lengths = {name: len(values) for name, values in self.series.items()}
        if not 1 <= len(self.series) <= len(DASHES) or len(set(lengths.values())) != 1:
            raise ValueError(f"{where}: expected 1 to {len(DASHES)} of one length, got {lengths}")
        for name, values in self.series.items():
            for place, value in enumerate(values):
                if not math.isfinite(value):
                    raise ValueError(f"{where}: expected finite numbers, got {value} at position {place} of {name!r}")

    def count(self) -> int:
        """How many positions there are."""
        return len(next(iter(self.series.values())))

    def data(self) -> dict[str, Any]:
        """Where each point lies in the drawing, and what its value is, written."""
        return {
            "kind": "lines",
            "across": [round(self._across(place), 1) for place in range(self.count())],
            "series": [
                {"up": [round(self._up(value), 1) for value in values], "texts": [short(float(value)) for value in values]}
                for values in self.series.values()
            ],
        }

    def html(self, position: int, stops: Sequence[str]) -> str:
        """The curves with a mark at the position, and the values there as the legend."""
        parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(self.words())}">']
        for value, label in zip(self._ticks, tick_labels(self._ticks), strict=True):
            parts.append(f'<path class="grid" d="M{_LEFT} {self._up(value):.1f}H{_RIGHT}"/>')
            parts.append(f'<text x="{_LEFT - 7}" y="{self._up(value) + 4:.1f}" text-anchor="end">{label}</text>')
        parts.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"/>')
        for place, anchor in ((0, "start"), (self.count() - 1, "end")):
            where = f'x="{self._across(place):.1f}" y="{_BOTTOM + 18}" text-anchor="{anchor}"'
            parts.append(f"<text {where}>{text(stops[place])}</text>")
        x = self._across(position)
        parts.append(f'<path class="here" d="M0 {_TOP}V{_BOTTOM}" transform="translate({x:.1f} 0)"/>')
        for index, values in enumerate(self.series.values()):
            points = "L".join(f"{self._across(place):.1f} {self._up(value):.1f}" for place, value in enumerate(values))
            parts.append(f'<path class="line series-{index}" stroke-dasharray="{DASHES[index]}" d="M{points}"/>')
        for index, values in enumerate(self.series.values()):
            parts.append(f'<circle class="dot series-{index}" r="4.5" cx="{x:.1f}" cy="{self._up(values[position]):.1f}"/>')
        keys = "".join(
            f'<li><svg class="key" viewBox="0 0 36 8" width="36" height="8" aria-hidden="true"><path class="line series-{index}" '
            f'stroke-dasharray="{DASHES[index]}" d="M1 4H35"/></svg> {text(name)} <b>{short(float(values[position]))}</b></li>'
            for index, (name, values) in enumerate(self.series.items())
        )
        return (
            f'<figure class="lines"><figcaption>{text(self.name)}</figcaption>{"".join(parts)}</svg>'
            f'<ul class="legend">{keys}</ul></figure>'
        )

    def words(self) -> str:
        """From where to where each curve goes."""
        said = [
            f"{name}: from {short(float(values[0]))} to {short(float(values[-1]))}, "
            f"lowest {short(float(min(values)))}, highest {short(float(max(values)))}."
            for name, values in self.series.items()
        ]
        return " ".join([f"{self.name}.", *said])

    @cached_property
    def _ticks(self) -> list[float]:
        lowest = float(min(min(values) for values in self.series.values()))
        highest = float(max(max(values) for values in self.series.values()))
        # Where only rounding parts them, the line lies in the middle.
        size = max(abs(lowest), abs(highest))
        margin = (size / 10 or 0.5) if highest - lowest <= 1e-9 * size else 0.0
        return ticks(lowest - margin, highest + margin)

    def _across(self, position: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * position / max(self.count() - 1, 1)

    def _up(self, value: float) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        return _BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP)
