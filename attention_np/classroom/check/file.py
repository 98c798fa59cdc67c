"""Checking a file: every function in it that has the name of an exercise, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..assignment.variation import as_handed_out
from ..exercise import Exercise
from ..marking import Mark, mark
from ..submission import Submission, read_submission

_SEED = 0
_AT_ONCE = 4


class CheckedFile(NamedTuple):
    """What came of a file: remarks on how it was read, and a mark for each exercise."""

    submission: Submission
    marks: tuple[tuple[Exercise, Mark], ...]

    @property
    def passed(self) -> bool:
        """Whether everything that was checked is right."""
        return all(found.verdict == "pass" for _, found in self.marks)


def check_file(path: Path, offered: Sequence[Exercise], asked: Collection[str] = ()) -> CheckedFile:
    """Check a learner's own file on their own machine, with the same cases each time.

    Parameters
    ----------
    path : Path
        A .py or .ipynb file.
    offered : sequence of Exercise
    asked : collection of str
        Names of exercises; none: those whose functions are in the file.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds none of the functions that are looked for.
    """
    submission = read_submission(path)
    found = [exercise for exercise in offered if exercise.name in submission.functions]
    wanted = [exercise for exercise in offered if exercise.name in asked] if asked else found
    source = path.read_text(encoding="utf-8", errors="replace")
    wanted = [as_handed_out(exercise, source) for exercise in wanted]
    if not {exercise.name for exercise in wanted} & submission.functions.keys():
        raise ValueError(_nothing_found(submission, wanted or offered))
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        marks = list(pool.map(lambda exercise: mark(exercise, submission, rng=np.random.default_rng(_SEED)), wanted))
    return CheckedFile(submission, tuple(zip(wanted, marks, strict=True)))


def _nothing_found(submission: Submission, looked_for: Sequence[Exercise]) -> str:
    there = ", ".join(sorted(submission.functions)[:10]) or "no function"
    names = ", ".join(exercise.name for exercise in looked_for)
    noted = "".join(f" {remark}" for remark in submission.remarks)
    return f"{submission.name}: expected a function of one of these names: {names}; got {there}.{noted}"
