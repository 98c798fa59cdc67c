"""Where attention looks while the year, the month and the day are written, against where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from .examples import DateExample

# The places in YYYY-MM-DD; the hyphens translate nothing and are not scored.
_PLACES = {"year": range(0, 4), "month": range(5, 7), "day": range(8, 10)}
_YEAR_DIGITS = 4


class DateAlignment(NamedTuple):
    """How well attention finds what it writes; see `date_alignment`. All shares are in [0, 1]."""

    year: float
    month: float
    day: float
    mass: float
    mean_peak: float
    digits: float

    @property
    def fields(self) -> float:
        """The share over all eight digits: of year, month and day, weighted by their lengths."""
        lengths = [len(places) for places in _PLACES.values()]
        return float(np.average([self.year, self.month, self.day], weights=lengths))


def date_alignment(weights: Sequence[Array], examples: Sequence[DateExample]) -> DateAlignment:
    """Score attention at the eight digits of the right dates.

    Parameters
    ----------
    weights : sequence of array (10 or more, S)
        For each example a row for every character of its ISO date and a column for every character of its text.
    examples : sequence of DateExample
        As many, and at least one.

    Returns
    -------
    DateAlignment
        ``year``, ``month``, ``day``: the share of their digits for which the greatest weight lies inside the part's span,
        and nowhere else (a tie with another place is a miss, so that weights which look nowhere earn nothing).
        ``mass``: the mean sum of the weights inside the span; ``mean_peak``: the mean greatest weight. ``digits``: of the
        digits of years that stand in the text with all four, the share written while the greatest weight lies on that very
        digit. A model may be right and still score low there: it sees a whole year from any of its digits.
    """
    hits: dict[str, list[bool]] = {part: [] for part in _PLACES}
    masses: list[float] = []
    peaks: list[float] = []
    digits: list[bool] = []
    for matrix, example in zip(weights, examples, strict=True):
        for part, places in _PLACES.items():
            span = example.spans[part]
            inside = np.zeros(len(example.text), bool)
            inside[span.start : span.stop] = True
            for digit, row in enumerate(matrix[places.start : places.stop, : len(inside)]):
                outside = row[~inside].max(initial=0.0)
                hits[part].append(bool(row[inside].max() > outside))
                masses.append(float(row[inside].sum()))
                peaks.append(float(row.max()))
                if part == "year" and span.stop - span.start == _YEAR_DIGITS:
                    digits.append(int(np.argmax(row)) == span.start + digit)
    shares = {part: float(np.mean(found)) for part, found in hits.items()}
    return DateAlignment(
        **shares, mass=float(np.mean(masses)), mean_peak=float(np.mean(peaks)), digits=float(np.mean(digits or [False]))
    )


def looked_at(weights: Array, text: str) -> str:
    """The characters under the greatest weight of each row: what was looked at while each digit was written."""
    return "".join(text[place] for place in np.argmax(weights[:, : len(text)], axis=-1))
