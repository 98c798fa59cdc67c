"""How far a function came, and the smallest case in which it fails, with all its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...functional._checks import Array
from ...gradcheck.evidence import Evidence, Situation
from ...gradcheck.judge import Judgement
from ..exercise import Exercise


class Steps(NamedTuple):
    """In how many cases a function ran, gave results of the right shapes, and was right in everything."""

    cases: int
    ran: int
    shapes: int
    right: int


class Failing(NamedTuple):
    """One case in which a function fails.

    Attributes
    ----------
    words : str
        Of which kind the case is: "the worked example", "a batch of one".
    arguments : mapping
        By name, the options included.
    given : mapping of array
        The results as the function gave them, by name; empty where it gave nothing to compare.
    right : mapping of array
    """

    words: str
    arguments: Mapping[str, Any]
    given: Mapping[str, Array]
    right: Mapping[str, Array]


def worked_examples(exercise: Exercise, drawn: Sequence[Situation]) -> list[Situation]:
    """The example of the statement, which everybody knows, as cases to be tried without points.

    It comes alone, and with each of the options of the drawn cases that are no arrays.
    """
    found: dict[str, Situation] = {}
    for options in ({}, *(situation.options for situation in drawn)):
        if not any(isinstance(value, np.ndarray) for value in options.values()):
            said = ", ".join(f"{name} = {value}" for name, value in options.items())
            words = "the worked example" + (f" with {said}" if said else "")
            found[words] = Situation("", words, frozenset(), exercise.example, options, None, {})
    return list(found.values())


def steps_of(judgements: Sequence[Judgement], cases: int) -> Steps:
    """How far a function came in `cases` cases, of which those judged were answered."""
    seen = [items for judgement in judgements for items in judgement.seen]
    return Steps(
        cases,
        sum(bool(items) for items in seen),
        sum(bool(items) and all(item.given.shape == item.expected.shape for item in items) for items in seen),
        sum(right for judgement in judgements for _, right in judgement.outcomes),
    )


def smallest_failing(exercise: Exercise, *judgements: Judgement) -> Failing | None:
    """Of the cases in which numbers are wrong, or nothing came, the one with the fewest numbers."""
    wrong = [
        (situation, items)
        for judgement in judgements
        for (situation, right), items in zip(judgement.outcomes, judgement.seen, strict=True)
        if not right and not (items and all(map(_numbers_right, items)))
    ]
    if not wrong:
        return None
    situation, items = min(wrong, key=lambda case: _numbers(case[0]))
    return Failing(
        situation.words,
        {**situation.arguments, **situation.options},
        {item.name: item.given for item in items},
        _right(exercise, situation, items),
    )


def _numbers_right(item: Evidence) -> bool:
    # An entry that is NaN is not judged, and is wrong all the same.
    return item.right and bool(np.all(np.isfinite(item.given) | (item.given == item.expected)))


def _numbers(situation: Situation) -> int:
    return sum(np.size(value) for value in (*situation.arguments.values(), *situation.options.values()))


def _right(exercise: Exercise, situation: Situation, items: Sequence[Evidence]) -> Mapping[str, Array]:
    if items:
        return items[0].others
    with np.errstate(all="ignore"):
        results = exercise.subject.reference(*situation.arguments.values(), **situation.options)
    values = results if isinstance(results, tuple) else (results,)
    return dict(zip(exercise.subject.results, map(np.asarray, values), strict=False))
