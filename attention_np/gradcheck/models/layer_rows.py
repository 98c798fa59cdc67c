"""A closer look at one gradient of a layer: a row of the report, and what explains it."""

from __future__ import annotations

import numpy as np

from ...functional._checks import Array
from ..diagnosis import Diagnosis
from ..evidence import SMALLEST
from ..report import Comparison, Worst
from .layer_diagnoses import Diagnose, diagnose_sample, extent, repeated_rows, rows_overwritten, used_along
from .localise import Found, localise
from .probe import MARGIN, Probe

FULL = 400
"""The largest gradient that is compared in every entry."""
LARGE = 20_000
"""A layer of more numbers than this is looked at more sparingly."""
CALLS_PER_ENTRY = 12

Look = tuple[Comparison, list[Diagnosis]]


class Examination:
    """Looks at suspicious gradients one after the other, with a limited number of forward passes for all.

    When they are used up, a gradient is only said to be wrong, without a diagnosis.

    Parameters
    ----------
    probe : Probe
    rng : numpy.random.Generator
    diagnose : callable
        Explains a gradient that is known in full.
    """

    def __init__(self, probe: Probe, rng: np.random.Generator, diagnose: Diagnose) -> None:
        self._probe, self._rng, self._diagnose = probe, rng, diagnose
        size = sum(gradient.size for gradient in probe.gradients.values())
        self._limit = (300 if size > LARGE else 15_000)
        self._start: int | None = None

    def look(self, name: str, bound: float) -> Look:
        """The row of one gradient; `bound` is its error if it turns out right and nothing better is known."""
        if self._start is None:
            self._start = self._probe.call.count
        left = self._start + self._limit - self._probe.call.count
        if self._probe.gradients[name].size <= FULL and self._probe.gradients[name].size * CALLS_PER_ENTRY <= left:
            return self._in_full(name)
        return self._in_parts(name, bound, max(left, 0))

    def _in_full(self, name: str) -> Look:
        given = self._probe.gradients[name]
        expected, error = np.zeros_like(given), np.zeros_like(given)
        unjudged = np.zeros(given.shape, bool)
        for index in np.ndindex(given.shape):
            expected[index], error[index], unjudged[index] = self._probe.entry(name, index)
        unjudged |= ~np.isfinite(error)
        unit = max(self._probe.unit[name], float(np.abs(expected).max(where=~unjudged, initial=0)))
        tolerance = np.where(unjudged, np.inf, MARGIN * error + SMALLEST * unit)
        off = np.where(unjudged, 0.0, np.abs(given - expected))
        wrong = off > tolerance
        place = tuple(int(i) for i in np.unravel_index(np.argmax(off), off.shape))
        verdict = "wrong" if wrong.any() else "not judged" if unjudged.all() else "right"
        row = Comparison(
            name, given.shape, verdict, float(off[place] / unit) if unit and not unjudged.all() else np.nan,
            Worst(place, float(given[place]), float(expected[place])), given, expected, tolerance, unjudged,
        )  # fmt: skip
        # At the zero vector a cosine jumps; that its gradient is 0 there is a convention and no kink.
        kinks = int(np.count_nonzero(unjudged & ((given != 0) | np.isfinite(error))))
        diagnoses = [_kink(name, kinks, given.size)] if kinks else []
        if wrong.any():
            known = np.where(unjudged, given, expected)
            rows = self._repeated(wrong, known)
            found = [rows_overwritten(name, rows)] if rows is not None else self._diagnose(name, given, known, tolerance)
            diagnoses = [*found, *diagnoses]
        return row, diagnoses

    def _in_parts(self, name: str, bound: float, left: int) -> Look:
        gradient = self._probe.gradients[name]
        if left:
            found = localise(self._probe, name, self._rng, left)
            if self._is_wrong(name, found):
                return self._wrong_part(name, found)
        directions = [self._probe.direction([name], self._rng) for _ in range(2)]
        slopes = [self._probe.slope(v) if left else self._probe.quick_slope(v) for v in directions]
        if all(slope.wrong for slope in slopes):
            return Comparison(name, gradient.shape, "wrong", np.nan), []
        if any(slope.broken for slope in slopes):
            return Comparison(name, gradient.shape, "not judged", np.nan), [_kink(name, 0, gradient.size)]
        return Comparison(name, gradient.shape, "right", bound), []

    def _is_wrong(self, name: str, found: Found) -> bool:
        """Whether the worst of the entries found is wrong to the last digit that differences give."""
        if not found.wrong.any():
            return False
        place = int(np.argmax(np.where(found.wrong, np.abs(found.given - found.expected), 0)))
        value, error, broken = self._probe.entry(name, found.entries[place])
        found.expected[place] = value
        return not broken and abs(found.given[place] - value) > MARGIN * error + SMALLEST * self._probe.unit[name]

    def _wrong_part(self, name: str, found: Found) -> Look:
        shape = self._probe.gradients[name].shape
        off = np.where(np.isfinite(found.tolerance), np.abs(found.given - found.expected), 0)
        place = int(np.argmax(off))
        unit = max(self._probe.unit[name], float(np.abs(found.expected).max()))
        worst = Worst(found.entries[place], float(found.given[place]), float(found.expected[place]))
        row = Comparison(name, shape, "wrong", float(off[place] / unit), worst)
        if found.rows_repeated:
            rows = np.isin(np.arange(shape[0]), found.indices[0])
            return row, [rows_overwritten(name, rows)]
        where = extent(shape, found.indices, found.confined)
        return row, diagnose_sample(name, found.given, found.expected, found.tolerance, where)

    def _repeated(self, wrong: Array, expected: Array) -> Array | None:
        """The wrong rows, if they are of those whose id occurs repeatedly, and most of them."""
        if wrong.ndim < 2:
            return None
        rows, used = used_along(wrong, 0), used_along(expected != 0, 0)
        for repeated in repeated_rows(self._probe.call.integers, len(rows)):
            most = 2 * np.count_nonzero(rows) >= np.count_nonzero(repeated & used)
            if most and not (rows & ~repeated).any() and (used & ~repeated).any():
                return rows
        return None


def _kink(name: str, entries: int, size: int) -> Diagnosis:
    where = f"in {entries} of {size} entries" if entries else "in some entries"
    message = f"{where} the slopes to the left and to the right differ, so there is no derivative to compare with."
    return Diagnosis("kink", name, message, "No mistake. Check at a point that is not exactly at a kink.")
