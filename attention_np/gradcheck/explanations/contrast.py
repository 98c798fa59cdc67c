"""What the wrong cases, or the wrong rows, have in common that the right ones have not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..evidence import Evidence, Explanation, Situation


class Feature(NamedTuple):
    """What it says if only cases of one kind go wrong."""

    code: str
    hint: str


_SHAPES = Feature(
    "wrong-for-some-shapes",
    "Which line knows how many dimensions there are, or that two of them are equal? `.T`, a fixed axis counted from the front, "
    "a sum over all axes and `len(x)` are suspects.",
)
_MASK = Feature(
    "mask-ignored", "What is masked must neither receive nor send a gradient. Does every line that reads a row know of the mask?"
)
FEATURES = {
    "a batch of one": _SHAPES,
    "a batch of three": _SHAPES,
    "two leading dimensions": _SHAPES,
    "leading dimensions": _SHAPES,
    "equal lengths": _SHAPES,
    "lengths of one": _SHAPES,
    "a single vector": _SHAPES,
    "masked": _MASK,
    "a fully masked row": _MASK,
    "the log-normaliser of masked scores": _MASK,
    "causal": _MASK,
    "ignored targets": _MASK,
    "all targets ignored": _MASK,
    "another axis": Feature("wrong-axis", "The function is told along which axis to work. Does every sum in it go along that one?"),
    "repeated ids": Feature(
        "overwritten", "When one row is used twice, its gradient comes from both places. What does your assignment do the second time?"
    ),
    "a zero vector": Feature("zero-vector", "A zero vector has no direction. Which of your lines divides by its length?"),
    "large numbers": Feature("unstable", "What is the exponential of 1000, and what is its square? Which shift changes nothing?"),
    "tiny numbers": Feature("unstable", "What is the square of 1e-200? Which rescaling changes no direction?"),
    "label smoothing": Feature("dropped-term", "With smoothing every class is a little of a target. Where do they enter?"),
    "a scale": Feature("constant-factor", "The scale multiplies the scores: which of the gradients does it multiply?"),
    "a scale for each head": _SHAPES,
    "a bias": Feature("dropped-term", "Is the argument used at all?"),
    "another eps": Feature("dropped-term", "eps is an argument too: where does it enter the forward pass?"),
    "memory in another order": Feature(
        "misplaced", "An array that was transposed has the same numbers in another order in memory. Who reads them in memory's order?"
    ),
}
"""What can be special about a case, and what it says if only such cases go wrong. Order: the likelier explanation first."""


EXTREME = frozenset({"large numbers", "tiny numbers"})
"""Cases whose numbers lie near the ends of what the exponential, or a square, can hold."""


def common_feature(wrong: list[Situation], right: list[Situation]) -> Feature | None:
    """What all wrong cases have and no right one; or, of shapes, what the right ones have and no wrong one."""
    if not wrong or not right:
        return None
    features = [situation.features for situation in wrong]
    others = [situation.features for situation in right]
    if all(own & EXTREME for own in features) and not any(other & EXTREME for other in others):
        return FEATURES["large numbers"]
    for name, feature in FEATURES.items():
        if all(name in own for own in features) and not any(name in other for other in others):
            return feature
    shapes = [name for name, feature in FEATURES.items() if feature is _SHAPES]
    if all(any(name in own for name in shapes) for own in features):
        return _SHAPES
    if any(all(name in other for other in others) and not any(name in own for own in features) for name in shapes):
        return _SHAPES
    return None


def by_case(wrong: list[Evidence], right: list[Evidence]) -> Iterator[Explanation]:
    """What the wrong cases have in common."""
    if feature := common_feature([item.situation for item in wrong], [item.situation for item in right]):
        cases = ", ".join(dict.fromkeys(item.situation.words for item in wrong))
        fine = ", ".join(dict.fromkeys(item.situation.words for item in right))
        yield Explanation(feature.code, f"wrong with {cases}, and right with {fine}.", feature.hint)


def by_turn(wrong: list[Evidence], right: list[Evidence]) -> Iterator[Explanation]:
    """Right at the first call of each case, and wrong at the next, with another upstream."""
    later = [item for item in [*right, *wrong] if item.situation.turn > 0]
    if len(right) > 1 and later and all(item.situation.turn == 0 for item in right):
        yield Explanation(
            "not-repeatable",
            "right at a first call, and wrong at every next one with another upstream.",
            "What is kept from one call to the next: a global, a default argument, a cache by shape?",
        )


def by_row(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Errors in those rows alone whose id occurs several times."""
    rows = [_repeated_rows(evidence) for evidence in wrong]
    if all(_confined_to(evidence, row) for evidence, row in zip(wrong, rows, strict=True)):
        shown = np.flatnonzero(rows[0])[:4].tolist()
        code, hint = FEATURES["repeated ids"]
        yield Explanation(code, f"right, except in the rows whose id occurs more than once ({shown}).", hint)


def where_it_sits(wrong: list[Evidence]) -> str:
    """In words, which entries of the first wrong case are off."""
    evidence = wrong[0]
    if evidence.given.shape != evidence.expected.shape:
        return f"shape {evidence.given.shape} where {evidence.expected.shape} belongs"
    entries = evidence.wrong_entries
    count = f"{np.count_nonzero(entries)} of {entries.size} entries are off"
    for axis in range(entries.ndim):
        along = entries.any(axis=tuple(other for other in range(entries.ndim) if other != axis))
        if not along.all():
            places = ", ".join(str(place) for place in np.flatnonzero(along)[:6])
            return f"{count}, all at index {places} of axis {axis}"
    return count


def _repeated_rows(evidence: Evidence) -> np.ndarray:
    """True at rows of the result whose number occurs more than once among the call's integers."""
    repeated = np.zeros(len(evidence.expected) if evidence.expected.ndim else 0, bool)
    for value in evidence.situation.arguments.values():
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
            ids, counts = np.unique(value, return_counts=True)
            several = ids[(counts > 1) & (ids >= 0) & (ids < len(repeated))]
            repeated[several] = True
    return repeated


def _confined_to(evidence: Evidence, rows: np.ndarray) -> bool:
    if evidence.given.shape != evidence.expected.shape or not rows.any() or rows.all():
        return False
    return not evidence.wrong_entries[~rows].any()
