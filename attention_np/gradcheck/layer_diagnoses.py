"""What can be said of a wrong gradient of a layer whose formula is not known."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import numpy as np

from ..functional._checks import Array
from .diagnosis import Diagnosis

Diagnose = Callable[[str, Array, Array, Array], list[Diagnosis]]
"""From an input's name, the given and the true gradient and the tolerance, all of one shape, to what explains them."""


def diagnose_by_ratio(name: str, given: Array, expected: Array, tolerance: Array) -> list[Diagnosis]:
    """Zero, the sign, a constant factor, or unknown; `given` and `expected` may be a sample of the entries."""
    wrong = np.abs(given - expected) > tolerance
    count = "the only entry" if given.size == 1 else f"all {given.size} entries that were compared"
    largest = float(np.abs(expected).max(initial=0))
    if not given.any():
        message = f"its gradient is 0 in {count}; the largest true one is {largest:.3g}."
        hint = "Is the result assigned to another name, overwritten, or never filled?"
        return [Diagnosis("zero", name, message, hint)]
    finite = np.isfinite(tolerance)
    square = float(np.sum(expected[finite] ** 2))
    factor = float(np.sum(given[finite] * expected[finite])) / square if square else 0.0
    fits = factor != 0 and bool(np.all(np.abs(given - factor * expected) <= (1 + abs(factor)) * tolerance))
    if fits and given.size > 1 and abs(factor + 1) < 1e-6:
        message = f"its gradient is −1 × the true one in {count}."
        hint = "Does the output grow or shrink when this grows a little? Follow one minus sign from the last line to the first."
        return [Diagnosis("sign-flipped", name, message, hint)]
    if fits and given.size > 1:
        message = f"its gradient is {factor:.6g} × the true one in {count}."
        hint = "Which length, number of uses or constant of the forward pass has this value?"
        return [Diagnosis("constant-factor", name, message, hint)]
    message = f"{np.count_nonzero(wrong)} of {given.size} entries that were compared are wrong."
    if given.size == 1:
        message = f"its gradient is {given.item():.6g}, the true one {expected.item():.6g}."
    return [Diagnosis("unknown", name, message, "Check the steps of the layer one by one, from the last to the first.")]


def rows_of_repeated_ids(name: str, rows: Iterable[int], integers: list[Array]) -> Diagnosis | None:
    """An explanation for some wrong rows of a table: they are those whose id occurs twice or more in one array of ids."""
    wrong = set(rows)
    for ids in integers:
        found, counts = np.unique(ids, return_counts=True)
        repeated, single = set(found[counts > 1].tolist()), set(found[counts == 1].tolist())
        if wrong and single and wrong <= repeated and not wrong & single:
            message = f"right, except in {'rows' if len(wrong) > 1 else 'row'} {spans(sorted(wrong))}, whose id occurs repeatedly."
            hint = "One row, looked up several times: does each use add its part? `table[ids] += …` adds only one of them."
            return Diagnosis("overwritten", name, message, hint)
    return None


def extent(shape: tuple[int, ...], indices: list[Array], confined: list[bool]) -> str:
    """Where an error sits, in words; empty if it is everywhere."""
    parts = []
    for axis, (found, here) in enumerate(zip(indices, confined, strict=True)):
        if here:
            one, many = _axis_words(axis, len(shape))
            parts.append(f"{one if len(found) == 1 else many} {spans(found.tolist())}")
    return f"only in {' and '.join(parts)} of {shape}" if parts else ""


def spans(numbers: list[int], most: int = 8) -> str:
    """Sorted whole numbers in words: ``3, 17, 96–191``."""
    parts = []
    for _, run in itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        group = [number for _, number in run]
        if len(group) > 2:
            parts.append(f"{group[0]}–{group[-1]}")
        else:
            parts.extend(str(number) for number in group)
    return ", ".join(parts if len(parts) <= most else [*parts[:most], "…"])


def _axis_words(axis: int, dimensions: int) -> tuple[str, str]:
    if dimensions == 1:
        return "entry", "entries"
    if axis == 0:
        return "row", "rows"
    if axis == dimensions - 1:
        return "column", "columns"
    return f"index of axis {axis}:", f"indices of axis {axis}:"
