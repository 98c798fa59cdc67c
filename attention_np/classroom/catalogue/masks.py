"""Exercises on masks: who may attend to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...functional.masks import causal_mask, padding_mask
from ...gradcheck.cases.situations import Drawn, Lengths, layouts
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import ORDINARY, Rng, own_exercise, special

_TOPIC = "masks"
_CACHE = "a cache of earlier keys"
_FEWER = "fewer sources than targets"
_LAST = "What does the last target see?"


def drive(function: Callable[..., Any], *arguments: Any) -> Array:
    """What a mask allows, as numbers: 1 where attending is allowed, else 0."""
    return np.where(function(*arguments), 1.0, 0.0)


def _causal_cases(rng: Rng) -> Iterator[Drawn]:
    for words, targets, sources in (("", 4, 4), ("", 6, 6), (_CACHE, 3, 7), (_CACHE, 1, 5), (_FEWER, 5, 3)):
        features = frozenset({words} if words else ())
        yield Drawn(words or "as many sources", features, {"targets": targets, "sources": sources}, {}, {})


def _lengths(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"lengths": rng.integers(1, n.S + 1, (*n.lead, n.L)), "sources": n.S + 1}


def _padding_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _lengths, {"S": "the number of sources"})


def _positions(targets: int, sources: int) -> tuple[Array, Array]:
    return np.arange(targets)[:, None], np.arange(sources)[None, :]


def _strict(targets: int, sources: int) -> Array:
    i, j = _positions(targets, sources)
    return 1.0 * (j < i + sources - targets)


def _future(targets: int, sources: int) -> Array:
    i, j = _positions(targets, sources)
    return 1.0 * (j >= i + sources - targets)


def _beginnings(targets: int, sources: int) -> Array:
    i, j = _positions(targets, sources)
    return 1.0 * (j <= i)


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        own_exercise(
            causal_mask,
            ("output",),
            "No target looks ahead",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Give the mask that is True where $j \\le i + S - L$: query i may attend to key j.",
            shapes="`targets` L and `sources` S, numbers → boolean (L, S)",
            example={"targets": 2, "sources": 3},
            hints=(
                "Compare a column of numbers with a row of numbers.",
                "The ends are aligned: the last query sees every key, also where L and S differ.",
                "np.arange(sources) <= np.arange(targets)[:, None] + sources - targets",
            ),
            notebook="05",
            cases=_causal_cases,
            groups=(ORDINARY, special(_CACHE, 2, _CACHE), special(_FEWER, 1, _FEWER)),
            mistakes=(
                Mistake("causal_mask", "output", "wrong-values", _strict, "no target sees its own position.", _LAST),
                Mistake("causal_mask", "output", "wrong-values", _future, "the mask is the wrong way round.", _LAST),
                Mistake("causal_mask", "output", "wrong-values", _beginnings, "the beginnings are aligned.", _LAST),
            ),
            drive=drive,
        ),
        own_exercise(
            padding_mask,
            ("output",),
            "Nobody looks at padding",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Give the mask that is True where $j < \\mathrm{length}_n$: key j of sequence n is no padding. The axis of the "
            "targets has length 1.",
            shapes="`lengths` (...) of integers, `sources` a number S → boolean (..., 1, S)",
            example={"lengths": np.array([1, 3]), "sources": 3},
            hints=(
                "Positions along the last axis, lengths along the axes before.",
                "Give the lengths two more axes of length 1.",
                "np.arange(sources) < lengths[..., None, None]",
            ),
            notebook="05",
            cases=_padding_cases,
            mistakes=(
                Mistake(
                    "padding_mask",
                    "output",
                    "wrong-values",
                    lambda n, s: 1.0 * (np.arange(s) <= n[..., None, None]),
                    "the first padding is allowed: this is j ≤ length.",
                    "A sequence of length 1: which j are allowed?",
                ),
                Mistake(
                    "padding_mask",
                    "output",
                    "wrong-values",
                    lambda n, s: 1.0 * (np.arange(s) >= n[..., None, None]),
                    "the mask is True for padding.",
                    "True: may this key be seen, or must it be hidden?",
                ),
                Mistake(
                    "padding_mask",
                    "output",
                    "wrong-values",
                    lambda n, s: 1.0 * (np.arange(s) >= s - n[..., None, None]),
                    "the padding stands in front.",
                    "At which end is a sequence padded?",
                ),
            ),
            drive=drive,
        ),
    )
