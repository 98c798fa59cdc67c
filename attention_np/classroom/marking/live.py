"""`mark_live`: a function of one's own kernel, called where it lives; for one's own code on one's own machine."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...gradcheck.calls import Called, call
from ...gradcheck.evidence import Situation
from ...gradcheck.function import options_of
from ..exercise import LARGE_ARRAYS, Exercise
from .failing import worked_examples
from .mark import Mark
from .score import not_taken, scored, without_points


def mark_live(exercise: Exercise, function: Callable[..., Any], *, rng: np.random.Generator) -> Mark:
    """Mark a function that is there; nothing protects against what it does.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    rng : numpy.random.Generator
        Of the cases.
    """
    takes = options_of(function)
    drawn = list(exercise.draw(takes, rng))
    watched = _Watched(function)
    driven = _driven(exercise, watched.called) if exercise.driver else watched.called

    give = _Twice(driven, exercise.name)
    found = scored(exercise, worked_examples(exercise, drawn), drawn, len(drawn), give)
    if watched.blank:
        return without_points(exercise, "not-attempted", f"{exercise.name} still raises NotImplementedError.")
    if found.steps is not None and not found.steps.ran:
        return replace(found, verdict="crashed")
    return replace(found, message=not_taken(exercise, takes))


class _Twice:
    """Calls a function in each case, as in `calls_of`: the second time with arrays that cannot be changed, or not at all."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function, self._name = function, name
        self._asked: Situation | None = None
        self._first = Called(None, [])

    def __call__(self, situation: Situation) -> Called:
        again = situation is self._asked
        self._asked = situation
        if again and (LARGE_ARRAYS in situation.features or self._first.diagnoses):
            return Called(copy.deepcopy(self._first.value), self._first.diagnoses)
        function = _with_read_only(self._function) if again else self._function
        called = call(function, situation.arguments, situation.options, self._name)
        if not again:
            self._first = called
        return called


def _with_read_only(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        for value in (*arguments, *options.values()):
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        return function(*arguments, **options)

    return called


class _Watched:
    """A function, and whether its first call raised NotImplementedError."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.blank = False
        self._first = True

        @functools.wraps(function)
        def called(*arguments: Any, **options: Any) -> Any:
            first, self._first = self._first, False
            try:
                return function(*arguments, **options)
            except NotImplementedError:
                self.blank |= first
                raise

        self.called = called


def _driven(exercise: Exercise, function: Callable[..., Any]) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(compile(exercise.driver, "<driver>", "exec"), space)

    def driven(*arguments: Any, **options: Any) -> Any:
        return space["drive"](function, *arguments, **options)

    driven.__name__ = exercise.name
    return driven
