"""What a function gave in a process that is dead by now, as the judge takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ...gradcheck.calls import Called, Refused
from ...gradcheck.diagnosis import Diagnosis
from ...gradcheck.evidence import Situation
from ..exercise import LARGE_ARRAYS
from ..run import Call, Raised, Returned

Where = Callable[[int], str]
"""A line of the source in the learner's words."""


def giver(
    name: str, calls: Sequence[Sequence[Call]], outcomes: Sequence[Returned | Raised], where: Where
) -> Callable[[Situation], Called]:
    """A function that gives the recorded outcomes of `name` case by case.

    Parameters
    ----------
    name : str
    calls : sequence of sequence of Call
        Of each case, as `calls_of` gives them, in the order in which the cases will be asked for.
    outcomes : sequence
        Of all calls, one after the other; they may end early.
    where : callable
    """
    left = iter(outcomes)
    cases = iter([list(islice(left, len(own))) for own in calls])
    asked: Situation | None = None
    second: Returned | Raised

    def give(situation: Situation) -> Called:
        nonlocal asked, second
        if situation is asked:
            outcome = second
        else:
            # A judge whom the first call gave nothing does not ask for the second.
            asked, (outcome, *others) = situation, next(cases)
            second = _second(outcome, others)
        if isinstance(outcome, Raised):
            raise Refused(_raised(name, outcome, situation, where))
        for word in outcome.not_arrays:
            if word:
                raise Refused(_no_array(name, word))
        value = list(outcome.values) if outcome.several else outcome.values[0]
        return Called(value, [*_changed(name, outcome), *_random(name, outcome)])

    return give


def calls_of(situation: Situation) -> list[Call]:
    """A case is called twice, for a function must give the same again; the second time with arrays that cannot be changed."""
    call = Call(tuple(situation.arguments.values()), situation.options)
    if LARGE_ARRAYS in situation.features:
        return [call]
    return [call, Call(tuple(map(_read_only, call.arguments)), {k: _read_only(v) for k, v in call.options.items()})]


def _read_only(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def _second(first: Returned | Raised, others: Sequence[Returned | Raised]) -> Returned | Raised:
    """What the second call gave; where there was none, or it failed for what the first is blamed for, the first once more."""
    if others and not (isinstance(others[0], Raised) and isinstance(first, Returned) and first.changed):
        return others[0]
    return first._replace(values=tuple(map(np.copy, first.values))) if isinstance(first, Returned) else first


def _raised(name: str, raised: Raised, situation: Situation, where: Where) -> Diagnosis:
    said = f"{raised.kind}: {' '.join(raised.message.split())}" if raised.message else raised.kind
    place = f" in {where(raised.line)}: `{raised.text}`" if raised.line else ""
    shapes = ", ".join(f"{key} {value.shape}" for key, value in situation.arguments.items() if hasattr(value, "shape"))
    return Diagnosis(
        "unknown",
        "",
        f"{name} raised {said}{place}; it was given {shapes}.",
        "Call it with arrays of these shapes yourself; all lengths differ, so that no two dimensions can be mixed up.",
    )


def _no_array(name: str, word: str) -> Diagnosis:
    missing = "Is the `return` missing? " if word == "None" else ""
    return Diagnosis(
        "wrong-dtype",
        "",
        f"{name} gives {word}, expected a NumPy array of float64.",
        f"{missing}Results are arrays, such as np.asarray makes.",
    )


def _changed(name: str, outcome: Returned) -> list[Diagnosis]:
    return [
        Diagnosis(
            "mutates-input",
            argument,
            f"{name} changes its argument {argument}, which its caller still needs.",
            "Which line assigns into an array that came from outside (`+=`, `*=`, `[...] =`, `out=`)? Work on a copy.",
        )
        for argument in outcome.changed
    ]


def _random(name: str, outcome: Returned) -> list[Diagnosis]:
    if not outcome.used_global_random:
        return []
    return [
        Diagnosis(
            "not-repeatable",
            "",
            f"{name} draws from NumPy's global random numbers, so no two calls are alike.",
            "What is random belongs to the forward pass; the backward pass is handed what was drawn.",
        )
    ]
