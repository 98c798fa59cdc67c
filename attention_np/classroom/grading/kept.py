"""Results that are kept, each in a file of its own, and found again by what they depend on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ..assignment import Assignment
from ..exercise import Exercise
from ..files import write_text
from ..submission import Submission
from ..worker import Isolation
from .result import Result, result_from

_PACKAGE = Path(__file__).parent.parent.parent
_DECIDES = ("functional", "gradcheck", *(f"classroom/{part}" for part in ("catalogue", "marking", "submission", "worker")))


class Kept:
    """A folder of results. A grader's error is not kept, so it is tried again.

    Parameters
    ----------
    folder : Path
        Made if it is missing, for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    def find(self, key: str) -> Result | None:
        """The result of a key; None if there is none, or it is damaged."""
        try:
            return result_from(json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, key: str, result: Result) -> None:
        """Write a result so that it is there as a whole or not at all."""
        if result.verdict != "grader-error":
            write_text(self._folder / f"{key}.json", json.dumps(result.as_dict()))


def fingerprints(assignment: Assignment) -> dict[str, str]:
    """For each exercise a hash of all that its marks depend on, so that another one beside it changes nothing."""
    return {one.name: replace(assignment, exercises=(one,)).fingerprint for one in assignment.exercises}


def key_of(exercise: Exercise, fingerprint: str, submission: Submission, student: str, isolation: Isolation) -> str:
    """A name for a result: a hash of the code that is run, of what it is held against, and of who does it and how."""
    known = hashlib.sha256()
    takes = submission.functions[exercise.name].takes
    parts = (exercise.name, fingerprint, submission.source_for(exercise.name), student, takes, isolation, np.__version__)
    for part in (*parts, _grader()):
        known.update(hashlib.sha256(repr(part).encode("utf-8", "surrogatepass")).digest())
    return known.hexdigest()


@cache
def _grader() -> str:
    """A hash of the code that marks: a version's number does not change with every line of a checkout."""
    known = hashlib.sha256()
    for file in sorted(file for folder in _DECIDES for file in (_PACKAGE / folder).rglob("*.py")):
        known.update(file.read_bytes())
    return known.hexdigest()
