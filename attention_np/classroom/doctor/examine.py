"""One case tried: handed in, marked behind some isolation, and looked at for what it got and what it left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from ..catalogue import exercise_named
from ..marking import Mark, mark
from ..run import Call, Limits
from ..submission import read_submission
from ..worker import Isolation, run_function
from .canaries import Canaries
from .case import EXERCISE, Case, Expected

MEMORY = 2**29
"""Bytes that a case may use: enough for NumPy, and soon full."""

_AT_ONCE = 2
_SEED = 11


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes
    ----------
    case : Case
    expected : Expected
    verdict : str
        "refused" where its file was not read.
    points, max_points : int
    told : tuple of str
        The evidence of tampering, for the teacher.
    message : str
    got : tuple of str
        What it got, changed, reached or left behind, and should not have.
    """

    case: Case
    expected: Expected
    verdict: str
    points: int
    max_points: int
    told: tuple[str, ...]
    message: str
    got: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether honest work had its marks, and hostile work got nothing unless it is known that nothing stops it."""
        if self.case.honest:
            return self.points == self.max_points and not self.got
        return not self.got or not self.expected.stopped

    @property
    def as_expected(self) -> bool:
        """Whether the verdict and what the teacher is told are as the suite says, too."""
        return self.well and self.verdict in self.expected.verdicts and (bool(self.told) or not self.expected.told)


def fences_here(isolation: Isolation | None) -> tuple[str, frozenset[str]]:
    """The level of isolation that is reached, in words, and as fences: asked of a worker that has nothing to do."""
    ran = run_function("def f(a):\n    return a", "f", [Call((1.0,), {})], isolation=isolation)
    words = {
        "user": "a user of its own",
        "limits": "limits on memory",
        "landlock": "Landlock",
        "namespaces": "namespaces",
        "seccomp": "seccomp",
        "audit": "audit hook",
        "small folder": "MiB of files",
    }
    reached = ran.isolation.partition("; not prevented")[0]
    return ran.isolation, frozenset(fence for fence, word in words.items() if word in reached)


def weaker(isolation: Isolation) -> Isolation:
    """The same without the walls that only Linux has: what is left on other systems."""
    return replace(isolation, landlock=0, namespaces=False, system_calls=False)


def examine(case: Case, expected: Expected, isolation: Isolation | None) -> Outcome:
    """Try one case.

    Parameters
    ----------
    case : Case
    expected : Expected
        What must come of it.
    isolation : Isolation or None
    """
    exercise = exercise_named(EXERCISE)
    limits = Limits(seconds=case.seconds, cpu_seconds=case.seconds, memory=MEMORY)
    with Canaries() as canaries:
        file = canaries.handed_in / case.file
        content = canaries.filled(case.source)
        if case.link:
            file.symlink_to(content.decode())
        else:
            file.write_bytes(content)
        try:
            submission = read_submission(file)
        except ValueError as refused:
            made = Mark(exercise.name, "not-attempted", (), message=str(refused))
            verdict = "refused"
        else:
            made = mark(exercise, submission, rng=np.random.default_rng(_SEED), limits=limits, isolation=isolation)
            verdict = made.verdict
        said = [made.message, made.printed, *made.tampering, *(part for one in made.diagnoses for part in one[2:])]
        got = canaries.disturbed("\n".join(map(str, said)))
    if made.points and not case.honest:
        got.insert(0, f"it got {made.points} of {exercise.points} points")
    return Outcome(case, expected, verdict, made.points, exercise.points, made.tampering, made.message, tuple(got))


def examine_all(
    cases: Sequence[Case],
    isolation: Isolation | None,
    fences: frozenset[str],
) -> Iterator[Outcome]:
    """Try those of the cases that may be tried behind `fences`, a few at a time; their outcomes in order, as they are known."""
    tried = [(case, expected) for case in cases if (expected := case.expected(fences)) is not None]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda pair: examine(pair[0], pair[1], isolation), tried)
