"""How an exercise is put together from a function and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from ... import functional
from ...gradcheck.cases.contracts import contract_of
from ...gradcheck.cases.situations import Drawn
from ...gradcheck.catalogue import mistakes_of
from ...gradcheck.catalogue.mistake import Mistake
from ...gradcheck.evidence import Situation
from ...gradcheck.function import situations
from ...gradcheck.judge import Subject
from ..blanks import blank_of, solution_of
from ..exercise import Exercise, Group
from ..pairing import Pairing
from .arguments import LARGE, large_case, pairing_of

Rng = np.random.Generator
Hints = tuple[str, str, str]

_ORDINARY = {"equal lengths", "lengths of one", "a single vector"}
_BATCH = {"leading dimensions"}
_ORDER = {"memory in another order"}

ORDINARY = Group("ordinary arrays", 4, lambda situation: situation.features <= _ORDINARY)
BATCHES = Group("batches", 3, lambda situation: bool(situation.features & _BATCH))
MEMORY_ORDER = Group("memory in another order", 1, lambda situation: bool(situation.features & _ORDER))
PLAIN = (ORDINARY, BATCHES, MEMORY_ORDER)


def special(name: str, points: int, *features: str) -> Group:
    """The situations with one of some features."""
    wanted = frozenset(features)
    return Group(name, points, lambda situation: bool(situation.features & wanted))


def package_exercise(
    name: str,
    title: str,
    topic: str,
    *,
    difficulty: int,
    minutes: int,
    statement: str,
    shapes: str,
    example: Mapping[str, Any],
    hints: Hints,
    notebook: str,
    specials: tuple[Group, ...] = (),
    unnamed: tuple[str, ...] = (),
    more: Callable[[Situation], Iterator[Situation]] = lambda situation: iter(()),
) -> Exercise:
    """An exercise whose solution is a function of the package that has a contract and known mistakes.

    `unnamed` are beginnings of messages of mistakes that lose marks under another name: an ε so small that it shows in
    extreme numbers only, or what gives no numbers at all. `more` makes further situations from each drawn one.
    """
    contract = contract_of(name)

    def draw(taken: Collection[str] | None, rng: Rng) -> Iterator[Situation]:
        for situation in situations(name, taken, rng):
            yield situation
            yield from more(situation)
        if contract.is_backward:
            yield large_case(name.removesuffix("_backward"), rng)

    function = getattr(functional, name)
    return Exercise(
        name,
        title,
        topic,
        difficulty,
        minutes,
        f"{statement}\n\n**Shapes.** {shapes}",
        example,
        hints,
        (ORDINARY, BATCHES, *specials, MEMORY_ORDER, *([LARGE] if contract.is_backward else [])),
        blank_of(function),
        solution_of(function),
        notebook,
        Subject(name, contract.reference, contract.results),
        draw,
        tuple(known for known in mistakes_of(name) if not known.message.startswith(unnamed)),
        pairing=pairing_of(name.removesuffix("_backward")) if contract.is_backward else None,
    )


def own_exercise(
    function: Callable[..., Any],
    results: tuple[str, ...],
    title: str,
    topic: str,
    *,
    difficulty: int,
    minutes: int,
    statement: str,
    shapes: str,
    example: Mapping[str, Any],
    hints: Hints,
    notebook: str,
    cases: Callable[[Rng], Iterator[Drawn]],
    mistakes: tuple[Mistake, ...],
    groups: tuple[Group, ...] = PLAIN,
    drive: Callable[..., Any] | None = None,
    pairing: Pairing | None = None,
) -> Exercise:
    """An exercise whose solution has no contract; `drive` calls it where its arguments or result are no arrays of floats."""

    def draw(taken: Collection[str] | None, rng: Rng) -> Iterator[Situation]:
        for drawn in cases(rng):
            if taken is None or set(drawn.options) <= set(taken):
                yield Situation(
                    "",
                    drawn.words,
                    drawn.features,
                    drawn.arguments,
                    drawn.options,
                    None,
                    drawn.sizes,
                    mistakes=mistakes,
                )

    name = function.__name__
    return Exercise(
        name,
        title,
        topic,
        difficulty,
        minutes,
        f"{statement}\n\n**Shapes.** {shapes}",
        example,
        hints,
        groups,
        blank_of(function),
        solution_of(function),
        notebook,
        Subject(name, partial(drive, function) if drive else function, results),
        draw,
        mistakes,
        solution_of(drive) if drive else "",
        pairing,
    )


def numbers(*rows: Any) -> np.ndarray:
    """A float64 array."""
    return np.array(rows, dtype=np.float64)
