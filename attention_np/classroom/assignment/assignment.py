"""What was handed out, as whoever grades it needs to know it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from ..._version import __version__
from ..exercise import Exercise
from .seeds import rng_from


@dataclass(frozen=True, eq=False)
class Assignment:
    """Some exercises that were handed out together.

    Attributes
    ----------
    title : str
    exercises : tuple of Exercise
        As they were handed out: varied, where they are.
    secret : bytes
        Of the teacher; from it follow the variation and each student's cases.
    due : datetime or None
        What is handed in later is late; it knows its time zone.
    usual : tuple of Exercise
        The same exercises with their usual contract.
    """

    title: str
    exercises: tuple[Exercise, ...]
    secret: bytes = field(repr=False)
    due: datetime | None
    usual: tuple[Exercise, ...]

    @property
    def points(self) -> int:
        """Of all exercises together."""
        return sum(exercise.points for exercise in self.exercises)

    def rng_for(self, student: str, exercise: str) -> np.random.Generator:
        """Random numbers for the cases of one exercise of one student: each student has cases of their own.

        Parameters
        ----------
        student : str
            Whatever the student is known by; another spelling has other cases.
        exercise : str
            Its name.
        """
        return rng_from(self.secret, "cases", student, exercise)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that marks depend on, titles and dates not among it: what has the same one need not be graded again."""
        known = hashlib.sha256(self.secret)
        for part in (__version__, *(part for exercise in self.exercises for part in self._what_counts(exercise))):
            known.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
        return known.hexdigest()

    def _what_counts(self, exercise: Exercise) -> Iterator[str | bytes]:
        """The solution, the points, and a student's cases with all their numbers."""
        yield from (exercise.name, exercise.solution, exercise.driver)
        for group in exercise.groups:
            yield f"{group.name}: {group.points}"
        for situation in exercise.draw(None, self.rng_for("", exercise.name)):
            yield exercise.group_of(situation).name
            for name, value in {**situation.arguments, **situation.options}.items():
                yield name
                yield _numbers(value)


def _numbers(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} ".encode() + value.tobytes()
    return repr(value).encode()
