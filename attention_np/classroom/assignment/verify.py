"""The proof of every exercise of an assignment, or of any others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ..exercise import Exercise
from ..proof import Proof, prove
from ..worker import Isolation
from .assignment import Assignment
from .seeds import rng_from


def verify_assignment(assignment: Assignment, isolation: Isolation | None) -> Iterator[Proof]:
    """Prove each exercise as it was handed out; of a varied one also that the usual answer is none."""
    for exercise, usual in zip(assignment.exercises, assignment.usual, strict=True):
        fresh = partial(rng_from, assignment.secret, "proof", exercise.name)
        yield prove(exercise, fresh=fresh, isolation=isolation, usual=None if exercise is usual else usual)


def verify_exercises(exercises: Iterable[Exercise], isolation: Isolation | None) -> Iterator[Proof]:
    """Prove exercises of no assignment, with the same cases each time."""
    for exercise in exercises:
        yield prove(exercise, fresh=partial(rng_from, b"", "proof", exercise.name), isolation=isolation)
