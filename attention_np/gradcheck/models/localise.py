"""Where in a large array a gradient is wrong: halving along each axis, then single entries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from .layer_diagnoses import repeated_rows, used_along
from .probe import Probe

SAMPLES = 12


class Found(NamedTuple):
    """Where a gradient is wrong, as far as it was looked at.

    Attributes
    ----------
    indices : list of arrays
        For each axis, indices outside of which nothing is wrong.
    confined : list of bool
        For each axis, whether these are fewer than all that are used.
    rows_repeated : bool
        Whether the first axis' indices are just those ids that a batch has repeatedly.
    entries : list of tuple of int
        The entries that were compared one by one, all of them at these indices.
    given, expected, tolerance : arrays
        Of these entries.
    """

    indices: list[Array]
    confined: list[bool]
    rows_repeated: bool
    entries: list[tuple[int, ...]]
    given: Array
    expected: Array
    tolerance: Array

    @property
    def wrong(self) -> Array:
        return np.abs(self.given - self.expected) > self.tolerance


def localise(probe: Probe, name: str, rng: np.random.Generator, budget: int) -> Found:
    """Look for the wrong entries of one gradient, with about `budget` forward passes and those for some entries."""
    gradient = probe.gradients[name]
    search = _Search(probe, name, rng, probe.call.count + budget)
    if gradient.ndim > 1 and (rows := search.repeated()) is not None:
        indices = [np.flatnonzero(rows), *(np.array([], int) for _ in gradient.shape[1:])]
        confined = [True] + [False] * (gradient.ndim - 1)
        rows_repeated = True
    else:
        indices, confined = search.along_each()
        rows_repeated = False
    places = [found if len(found) else np.arange(length) for found, length in zip(indices, gradient.shape, strict=True)]
    entries = _sample(gradient, places, rng)
    found_here = _compare(probe, name, entries)
    if not any(slope_is_wrong for *_, slope_is_wrong in found_here):
        entries = [search.entry(places)]
        found_here = _compare(probe, name, entries)
    given, expected, tolerance, _ = (np.array(column) for column in zip(*found_here, strict=True))
    return Found(indices, confined, rows_repeated, entries, given, expected, tolerance)


class _Search:
    """Questions about one gradient: is something wrong in this part of it?"""

    def __init__(self, probe: Probe, name: str, rng: np.random.Generator, limit: int) -> None:
        self._probe, self._name, self._rng, self._limit = probe, name, rng, limit
        self._direction = probe.direction([name], rng)[name]

    def repeated(self) -> Array | None:
        """The rows of repeated ids, if the rows that are wrong are these."""
        used = used_along(self._given(), 0)
        for rows in repeated_rows(self._probe.call.integers, len(used)):
            repeated, others = np.flatnonzero(rows & used), np.flatnonzero(~rows & used)
            if not len(repeated) or not len(others) or self._wrong(0, np.flatnonzero(~rows)):
                continue
            some = self._rng.choice(repeated, min(len(repeated), 4), replace=False)
            # Not all need be wrong: a row of padding is looked up often and sent nothing.
            if sum(self._wrong(0, row[None]) for row in some) >= len(some) / 2:
                return rows & used
        return None

    def along_each(self) -> tuple[list[Array], list[bool]]:
        """For each axis, indices outside of which nothing is wrong, and whether they are fewer than all that are used."""
        indices, confined = [], []
        for axis, length in enumerate(self._direction.shape):
            found = self.along(axis)
            used = int(np.count_nonzero(used_along(self._given(), axis))) or length
            indices.append(found)
            confined.append(0 < len(found) < used)
        return indices, confined

    def _given(self) -> Array:
        return self._probe.gradients[self._name] != 0

    def along(self, axis: int) -> Array:
        """The indices of an axis outside of which nothing is wrong."""
        used = used_along(self._given(), axis)
        found: list[int] = []
        share = (self._limit - self._probe.call.count) // (self._direction.ndim - axis)
        limit = self._probe.call.count + share
        # Where nothing was given mostly nothing is missing (words that a batch has not): one question answers it.
        waiting = [part for part in (np.flatnonzero(~used), np.flatnonzero(used)) if len(part)]
        known_wrong = [False] * len(waiting)
        while waiting and self._probe.call.count < limit:
            part, known = waiting.pop(), known_wrong.pop()
            if not known and not self._wrong(axis, part):
                continue
            if len(part) == 1 or self._wrong_throughout(axis, part):
                found.extend(part.tolist())
                continue
            first, second = np.array_split(part, 2)
            first_wrong = self._wrong(axis, first)
            if first_wrong:
                waiting.append(second)
                known_wrong.append(False)
            waiting.append(first if first_wrong else second)
            known_wrong.append(True)
        for part in waiting:
            found.extend(part.tolist())
        return np.sort(np.array(found, int))

    def entry(self, places: list[Array]) -> tuple[int, ...]:
        """One entry that is wrong: the half of the longest axis that has one, again and again."""
        while any(len(part) > 1 for part in places):
            axis = int(np.argmax([len(part) for part in places]))
            first, second = np.array_split(places[axis], 2)
            places = [first if i == axis else part for i, part in enumerate(places)]
            if not self._wrong_at(np.ix_(*places)):
                places[axis] = second
        return tuple(int(part[0]) for part in places)

    def _wrong_throughout(self, axis: int, part: Array) -> bool:
        few = {0, len(part) // 2, len(part) - 1, int(self._rng.integers(len(part)))}
        return len(part) > 3 and all(self._wrong(axis, part[[i]]) for i in sorted(few))

    def _wrong(self, axis: int, part: Array) -> bool:
        return self._wrong_at((slice(None),) * axis + (part,))

    def _wrong_at(self, where: tuple[slice | Array, ...]) -> bool:
        direction = np.zeros_like(self._direction)
        direction[where] = self._direction[where]
        return self._probe.quick_slope({self._name: direction}).wrong


def _sample(gradient: Array, places: list[Array], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Some entries at these places, the one with the largest gradient among them."""
    size = int(np.prod([len(part) for part in places]))
    part = gradient[np.ix_(*places)]
    chosen = {int(np.argmax(np.abs(part))), *rng.integers(size, size=SAMPLES - 1).tolist()}
    local = (np.unravel_index(flat, part.shape) for flat in sorted(chosen))
    return [tuple(int(places[axis][i]) for axis, i in enumerate(index)) for index in local]


def _compare(probe: Probe, name: str, entries: list[tuple[int, ...]]) -> list[tuple[float, float, float, bool]]:
    slopes = [probe.quick_entry(name, index) for index in entries]
    return [
        (slope.given, slope.expected, np.inf if slope.broken else slope.tolerance, slope.wrong) for slope in slopes
    ]
