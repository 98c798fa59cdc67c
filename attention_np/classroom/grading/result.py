"""What came of one exercise, of one student and of a class: plain data that can be written down and read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, get_args

from ...gradcheck.diagnosis import Diagnosis
from ..exercise import Exercise
from ..marking import GroupMark, Mark, Verdict
from .lists import Correction

_VERDICTS = get_args(Verdict)
_MOST_PRINTED = 4000


@dataclass(frozen=True)
class Result:
    """One exercise of one student, without any array that was expected.

    Attributes
    ----------
    name, verdict, groups, message, diagnoses, tampering, printed, isolation, seconds
        As of a `Mark`.
    correction : Correction or None
        What the teacher made of it.
    """

    name: str
    verdict: Verdict
    groups: tuple[GroupMark, ...]
    message: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    tampering: tuple[str, ...] = ()
    printed: str = ""
    isolation: str = ""
    seconds: float = 0.0
    correction: Correction | None = None

    @property
    def points(self) -> float:
        """The teacher's, where there is a correction."""
        return sum(group.points for group in self.groups) if self.correction is None else self.correction.points

    @property
    def max_points(self) -> int:
        """For everything right."""
        return sum(group.max_points for group in self.groups)

    @property
    def complete(self) -> bool:
        """Whether the points are known: a grader's error is no zero."""
        return self.verdict != "grader-error" or self.correction is not None

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `result_from` reads all of it but the correction."""
        corrected = {} if self.correction is None else {
            "corrected": {"points": sum(group.points for group in self.groups), "reason": self.correction.reason}
        }  # fmt: skip
        return {
            "name": self.name,
            "verdict": self.verdict,
            "points": self.points,
            "max_points": self.max_points,
            "diagnoses": [diagnosis._asdict() for diagnosis in self.diagnoses],
            "tampering": list(self.tampering),
            "message": self.message,
            "groups": [group._asdict() for group in self.groups],
            "printed": self.printed,
            "seconds": self.seconds,
            "isolation": self.isolation,
            **corrected,
        }


def result_of(mark: Mark) -> Result:
    """What is kept of a mark."""
    return Result(
        mark.exercise,
        mark.verdict,
        mark.groups,
        mark.message,
        mark.diagnoses,
        mark.tampering,
        mark.printed[-_MOST_PRINTED:],
        mark.isolation,
        round(mark.seconds, 3),
    )


def result_without_run(exercise: Exercise, verdict: Verdict, message: str) -> Result:
    """No points, and why."""
    return Result(exercise.name, verdict, tuple(GroupMark(one.name, 0, one.points) for one in exercise.groups), message)


def result_from(kept: Any) -> Result:
    """Read what `Result.as_dict` gave; ValueError, TypeError or KeyError if it is anything else."""
    if kept["verdict"] not in _VERDICTS:
        raise ValueError(f"verdict: expected one of {', '.join(_VERDICTS)}, got {kept['verdict']!r}")
    return Result(
        str(kept["name"]),
        kept["verdict"],
        tuple(GroupMark(str(one["name"]), int(one["points"]), int(one["max_points"])) for one in kept["groups"]),
        str(kept["message"]),
        tuple(Diagnosis(*(str(one[part]) for part in Diagnosis._fields)) for one in kept["diagnoses"]),
        tuple(map(str, kept["tampering"])),
        str(kept["printed"]),
        str(kept["isolation"]),
        float(kept["seconds"]),
    )


@dataclass(frozen=True)
class Graded:
    """All exercises of one student.

    Attributes
    ----------
    name, id, email, number : str
        The student's; id and email are the roster's, the number is the platform's.
    file : str
        What was handed in; "" if nothing was.
    results : tuple of Result
        In the order of the exercises; empty if nothing was handed in.
    max_score : int
    notes : tuple of str
        Sentences for the student.
    late : timedelta or None
        How late it was; zero if a platform said so without saying how much.
    """

    name: str
    id: str
    email: str
    number: str
    file: str
    results: tuple[Result, ...]
    max_score: int
    notes: tuple[str, ...] = ()
    late: timedelta | None = None

    @property
    def missing(self) -> bool:
        """Whether nothing was handed in."""
        return not self.file

    @property
    def complete(self) -> bool:
        """Whether every result is known."""
        return all(result.complete for result in self.results)

    @property
    def score(self) -> float:
        """The points that are known."""
        return sum(result.points for result in self.results)

    @property
    def verdicts(self) -> Counter[str]:
        """How many exercises came to each verdict."""
        return Counter(result.verdict for result in self.results)


class Likeness(NamedTuple):
    """A function that is much like another one: a flag for the teacher's eye, never a grade.

    Attributes
    ----------
    exercise, student : str
    other : str
        Another student, or "the solution in this package".
    share : float
        Of the smaller one's code, in (0, 1].
    """

    exercise: str
    student: str
    other: str
    share: float


@dataclass(frozen=True)
class Class:
    """A whole batch, as every output shows it.

    Attributes
    ----------
    title : str
    exercises : mapping of str to int
        Name and points of each.
    students : tuple of Graded
    isolation : str
        The level that was reached.
    likenesses : tuple of Likeness
    remarks : tuple of str
        Sentences for the teacher.
    """

    title: str
    exercises: Mapping[str, int]
    students: tuple[Graded, ...]
    isolation: str
    likenesses: tuple[Likeness, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def max_score(self) -> int:
        """For everything right."""
        return sum(self.exercises.values())


def points_text(points: float) -> str:
    """Without decimals where there are none."""
    return f"{points:g}"


def lateness(late: timedelta) -> str:
    """In words, as "late by 2 days and 3 hours, by the file's time": some platforms give a file the time of the download."""
    minutes = int(late.total_seconds() // 60)
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    largest = next((place for place, (count, _) in enumerate(parts) if count), len(parts))
    words = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts[largest : largest + 2] if count]
    return f"late by {' and '.join(words)}, by the file's time" if words else "late"
