"""What a function gave in a process that is dead by now, as the judge takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...gradcheck.calls import Called, Refused
from ...gradcheck.diagnosis import Diagnosis
from ...gradcheck.evidence import Situation
from ..run import Raised, Returned

Where = Callable[[int], str]
"""A line of the source in the learner's words."""


def giver(name: str, outcomes: Sequence[Returned | Raised], where: Where) -> Callable[[Situation], Called]:
    """A function that gives the recorded outcomes of `name` one after the other, in the order of the calls."""
    left: Iterator[Returned | Raised] = iter(outcomes)

    def give(situation: Situation) -> Called:
        outcome = next(left)
        if isinstance(outcome, Raised):
            raise Refused(_raised(name, outcome, situation, where))
        for word in outcome.not_arrays:
            if word:
                raise Refused(_no_array(name, word))
        value = list(outcome.values) if outcome.several else outcome.values[0]
        return Called(value, [*_changed(name, outcome), *_random(name, outcome)])

    return give


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
