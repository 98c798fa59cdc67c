"""A mark: what one exercise of one learner came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...gradcheck.diagnosis import Diagnosis
from ...gradcheck.report import Report
from .failing import Failing, Steps

Verdict = Literal[
    "pass",
    "wrong",
    "crashed",
    "timeout",
    "out-of-memory",
    "no-answer",
    "not-attempted",
    "tampered",
    "grader-error",
]


class GroupMark(NamedTuple):
    """The points of one group of cases: all of them, if every case of the group is right, else none."""

    name: str
    points: int
    max_points: int


@dataclass(frozen=True, eq=False)
class Mark:
    """What one exercise of one learner came to.

    Attributes
    ----------
    exercise : str
        Its name.
    verdict : str
        One of `Verdict`.
    groups : tuple of GroupMark
    report : Report or None
        Every result beside the true one, and the diagnoses; None where no call gave anything to compare.
    steps : Steps or None
        In how many cases it ran, gave the right shapes, and was right; None where it was not judged.
    failing : Failing or None
        The smallest case in which numbers are wrong. It shows what is right: for the learner's own eyes, where the cases are no
        secret.
    sound : frozenset of str
        The groups in all of whose cases it gave finite numbers of the right shapes.
    message : str
        One sentence for the learner where the diagnoses do not say all: why there is no result, or what was not asked.
    tampering : tuple of str
        Evidence that the code reached for what is none of its business; for the teacher.
    printed : str
        The end of what it printed.
    isolation : str
        The level that was reached.
    seconds : float
        By the clock, for all calls.
    """

    exercise: str
    verdict: Verdict
    groups: tuple[GroupMark, ...]
    report: Report | None = None
    steps: Steps | None = None
    failing: Failing | None = None
    sound: frozenset[str] = frozenset()
    message: str = ""
    tampering: tuple[str, ...] = ()
    printed: str = ""
    isolation: str = ""
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """Of all groups together."""
        return sum(group.points for group in self.groups)

    @property
    def max_points(self) -> int:
        """For everything right."""
        return sum(group.max_points for group in self.groups)

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What is wrong, the likeliest explanation first."""
        return () if self.report is None else self.report.diagnoses
