"""What can be said of a wrong gradient of a layer whose formula is not known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from ...functional._checks import Array
from ..diagnosis import Diagnosis

Diagnose = Callable[[str, Array, Array, Array], list[Diagnosis]]
"""From an input's name, the given and the true gradient and the tolerance, all of one shape, to what explains them."""


MOST_ARRAYS = 4


def diagnose_in_full(name: str, given: Array, expected: Array, tolerance: Array) -> list[Diagnosis]:
    """Zero, the sign, a constant factor, or unknown; of all entries, or of those in which the gradient is wrong."""
    wrong = np.abs(given - expected) > tolerance
    indices = [np.unique(places) for places in np.nonzero(wrong if wrong.ndim else wrong[None])]
    used = (given != 0) | (expected != 0)
    confined = [bool(len(found) < np.count_nonzero(used_along(used, axis))) for axis, found in enumerate(indices)]
    return diagnose_sample(name, given.ravel(), expected.ravel(), tolerance.ravel(), extent(given.shape, indices, confined))


def diagnose_sample(name: str, given: Array, expected: Array, tolerance: Array, where: str) -> list[Diagnosis]:
    """The same for some entries; `where` says in words where it was seen that there are wrong ones."""
    wrong = np.abs(given - expected) > tolerance
    judged = np.isfinite(tolerance)
    whole = _ratio(name, given[judged], expected[judged], tolerance[judged], f"all {given.size}")
    part = _ratio(name, given[wrong], expected[wrong], tolerance[wrong], f"the {np.count_nonzero(wrong)} wrong of {given.size}")
    largest = max(np.max(np.abs(expected)), np.max(np.abs(given)))
    size = f"it is off by {np.max(np.abs(given - expected)[wrong]) / largest:.2g} of its largest entry"
    if given.size == 1:
        size = f"its gradient is {given.item():.6g}, the true one {expected.item():.6g}"
    unknown = Diagnosis(
        "unknown",
        name,
        f"{np.count_nonzero(wrong)} of {given.size} entries that were compared are wrong; {size}.",
        "Check the steps of the layer one by one, from the last to the first.",
    )
    found = whole or part or unknown
    return [found._replace(message=f"{found.message[:-1]}; it is wrong {where}.") if where else found]


def _ratio(name: str, given: Array, expected: Array, tolerance: Array, which: str) -> Diagnosis | None:
    """What explains these entries by one factor."""
    which = f"{which} entries that were compared" if given.size > 1 else "its only entry that was compared"
    if not given.any():
        message = f"its gradient is 0 in {which}; the largest true one is {np.max(np.abs(expected)):.3g}."
        return Diagnosis("zero", name, message, "Is the result assigned to another name, overwritten, or never filled?")
    square = float(np.sum(expected**2))
    factor = float(np.sum(given * expected)) / square if square else 0.0
    if not factor or np.any(np.abs(given - factor * expected) > (1 + abs(factor)) * tolerance):
        return None
    if abs(factor + 1) < 1e-6:
        message = f"its gradient is −1 × the true one in {which}."
        hint = "Does the output grow or shrink when this grows a little? Follow one minus sign from the last line to the first."
        return Diagnosis("sign-flipped", name, message, hint)
    # Of a single number everything is a multiple; a whole one says something.
    whole = any(abs(number - round(number)) < 1e-6 for number in (factor, 1 / factor))
    if given.size == 1 and not whole:
        return None
    message = f"its gradient is {factor:.6g} × the true one in {which}."
    return Diagnosis("constant-factor", name, message, "Which length, number of uses or constant has this value?")


def repeated_rows(integers: list[Array], rows: int) -> list[Array]:
    """True at rows of a table whose id occurs repeatedly in one array of ids, for each array and for some together."""
    found: list[Array] = []
    for ids in integers:
        numbers, counts = np.unique(ids, return_counts=True)
        if len(numbers) and numbers[0] >= 0 and numbers[-1] < rows:
            repeated = np.zeros(rows, bool)
            repeated[numbers[counts > 1]] = True
            found.append(repeated)
    together = (itertools.combinations(found[:MOST_ARRAYS], count) for count in range(2, MOST_ARRAYS + 1))
    return [*found, *(np.any(some, axis=0) for group in together for some in group)]


def rows_overwritten(name: str, rows: Array) -> Diagnosis:
    """What explains that a table is wrong in just the rows whose id occurs repeatedly."""
    places = np.flatnonzero(rows)
    message = f"right, except in {'row' if len(places) == 1 else 'rows'} {spans(places.tolist())}, whose id occurs repeatedly."
    hint = "One row is looked up several times: does each use add its part? Who wins when one index occurs twice?"
    return Diagnosis("overwritten", name, message, hint)


def used_along(used: Array, axis: int) -> Array:
    """At which indices of an axis anything is used."""
    return np.any(used, axis=tuple(other for other in range(used.ndim) if other != axis))


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
