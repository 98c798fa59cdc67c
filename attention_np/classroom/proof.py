"""The proof of an exercise: the blank has no points, the solution all, each named mistake fewer and by its name."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..gradcheck.catalogue.mistake import Mistake
from .exercise import Exercise
from .marking import Mark, mark, mark_live
from .submission import read_submission
from .worker import Isolation

Fresh = Callable[[], np.random.Generator]
"""Gives random numbers that are the same at each call."""


@dataclass(frozen=True)
class Proof:
    """What was found.

    Attributes
    ----------
    exercise : str
    cases : int
    blank, solution, points : int
        What the blank and the solution have, and what there is to have.
    mistakes, named : int
        How many named mistakes there are, and how many of them lose marks and are named.
    failures : tuple of str
        A sentence each; empty if it is proved.
    isolation : str
        In which the solution ran.
    seconds : float
    """

    exercise: str
    cases: int
    blank: int
    solution: int
    points: int
    mistakes: int
    named: int
    failures: tuple[str, ...]
    isolation: str
    seconds: float


def prove(exercise: Exercise, *, fresh: Fresh, isolation: Isolation | None, usual: Exercise | None = None) -> Proof:
    """Try all that an exercise says of itself.

    Blank and solution run as a learner's file does, in a process of their own that has NumPy alone. Named mistakes are the
    teacher's own code, and run here.

    Parameters
    ----------
    exercise : Exercise
    fresh : callable
        Random numbers of the cases.
    isolation : Isolation or None
    usual : Exercise, optional
        The exercise of the usual contract, where this one is varied: its right function must lose marks.
    """
    started = time.perf_counter()
    cases = list(exercise.draw(None, fresh()))
    empty = [group.name for group in exercise.groups if not any(exercise.group_of(case) is group for case in cases)]
    failures = [f"no case belongs to {name}" for name in empty]
    blank = _marked(exercise, exercise.blank, fresh, isolation)
    if blank.points or blank.verdict == "grader-error":
        failures.append(f"the blank has {blank.points} points, expected 0: {blank.verdict} {blank.message}".rstrip())
    solution = _marked(exercise, exercise.solution, fresh, isolation)
    if solution.verdict != "pass":
        failures.append(f"the solution has {solution.points} of {exercise.points} points: {_why(solution)}")
    unnamed = [problem for mistake in exercise.mistakes for problem in _problems(exercise, mistake, fresh)]
    if not exercise.mistakes:
        failures.append("there is no named mistake")
    if usual is not None and _alive(exercise, usual.subject.reference, fresh).points == exercise.points:
        failures.append("the function of the usual contract has all points")
    return Proof(
        exercise.name,
        len(cases),
        blank.points,
        solution.points,
        exercise.points,
        len(exercise.mistakes),
        len(exercise.mistakes) - len(unnamed),
        (*failures, *unnamed),
        solution.isolation,
        time.perf_counter() - started,
    )


def planted(exercise: Exercise, mistake: Mistake) -> Callable[..., Any]:
    """The right function with one result as a mistake makes it."""

    def wrong(*arguments: Any, **options: Any) -> Any:
        right = exercise.subject.reference(*arguments, **options)
        spoiled = mistake.formula(*arguments, **options)
        if not isinstance(right, tuple):
            return spoiled
        position = exercise.subject.results.index(mistake.result)
        return (*right[:position], spoiled, *right[position + 1 :])

    return wrong


def _problems(exercise: Exercise, mistake: Mistake, fresh: Fresh) -> Iterator[str]:
    """At most one: why a mistake does not count as caught."""
    found = _alive(exercise, planted(exercise, mistake), fresh)
    said = f"the mistake '{mistake.message}' ({mistake.code} in {mistake.result})"
    codes = sorted({diagnosis.code for diagnosis in found.diagnoses})
    if found.points == exercise.points:
        yield f"{said} has all points"
    elif mistake.code not in codes:
        yield f"{said} is named {', '.join(codes) or 'nothing'}"


def _alive(exercise: Exercise, function: Callable[..., Any], fresh: Fresh) -> Mark:
    # Reference and mistakes take what the driver would be given.
    return mark_live(replace(exercise, driver=""), function, rng=fresh())


def _marked(exercise: Exercise, source: str, fresh: Fresh, isolation: Isolation | None) -> Mark:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{exercise.name}.py"
        file.write_text(source, encoding="utf-8")
        return mark(exercise, read_submission(file), rng=fresh(), isolation=isolation)


def _why(found: Mark) -> str:
    said = [found.message, *(f"[{one.code}] {one.input}: {one.message}" for one in found.diagnoses[:1])]
    return f"{found.verdict} {' '.join(part for part in said if part)}".rstrip()
