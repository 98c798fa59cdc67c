"""A whole class: every exercise of everybody, some at a time, each result kept as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ..assignment import Assignment
from ..exercise import Exercise
from ..marking import mark
from ..worker import Isolation
from .counting import holding
from .handed_in import Read
from .kept import Kept, fingerprints, key_of
from .people import Person
from .result import Class, Graded, Result, result_of, result_without_run
from .similarity import likenesses

PUBLIC_SECRET = b"attention-np grade"
"""The secret of what is graded without an assignment: everybody may know it, so everybody can draw the same cases."""

Progress = Callable[[int, int], None]
"""Told how many of the exercises that have to be run are done."""


class _Work(NamedTuple):
    """One exercise of one student, still to be graded."""

    student: int
    place: int
    exercise: Exercise
    read: Read
    key: str


def without_assignment(exercises: Sequence[Exercise], title: str) -> Assignment:
    """Exercises that no teacher handed out, with cases that follow from `PUBLIC_SECRET`."""
    return Assignment(title, tuple(exercises), PUBLIC_SECRET, None, tuple(exercises))


def grade(
    people: Sequence[Person],
    assignment: Assignment,
    *,
    isolation: Isolation,
    kept: Kept,
    jobs: int,
    progress: Progress = lambda done, count: None,
    remarks: Sequence[str] = (),
) -> Class:
    """Grade everybody.

    Parameters
    ----------
    people : sequence of Person
    assignment : Assignment
    isolation : Isolation
    kept : Kept
        Results in it are not graded again.
    jobs : int
        So many processes of students at a time.
    progress : callable
    remarks : sequence of str
        What the teacher should know already.
    """
    exercises = assignment.exercises
    results: list[list[Result | None]] = [[None] * len(exercises) for _ in people]
    work: list[_Work] = []
    notes: list[list[str]] = [[] for _ in people]
    prints = fingerprints(assignment)
    for student, person in enumerate(people):
        for place, exercise in enumerate(exercises):
            found = _prepared(person, exercise, prints[exercise.name], isolation, notes[student])
            if isinstance(found, Result):
                results[student][place] = found
                continue
            read, key = found
            results[student][place] = kept.find(key)
            if results[student][place] is None:
                work.append(_Work(student, place, exercise, read, key))

    def one(item: _Work) -> Result:
        rng = assignment.rng_for(people[item.student].key, item.exercise.name)
        try:
            result = result_of(mark(item.exercise, item.read.submission, rng=rng, isolation=isolation))
        except Exception as error:
            # Not the student's doing, and nobody else's trouble.
            return result_without_run(item.exercise, "grader-error", f"The grader failed: {type(error).__name__}: {error}")
        kept.keep(item.key, result)
        return result

    for item, result in _done(work, one, jobs, progress):
        results[item.student][item.place] = result
    graded = tuple(
        _graded(person, [one for one in own if one is not None], notes[student], assignment)
        for student, (person, own) in enumerate(zip(people, results, strict=True))
    )
    points = {exercise.name: exercise.points for exercise in exercises}
    levels = dict.fromkeys(result.isolation for one in graded for result in one.results if result.isolation)
    level = " / ".join(levels) or "nothing was run"
    return Class(assignment.title, points, graded, level, tuple(likenesses(people, exercises, assignment.usual)), tuple(remarks))


def _prepared(
    person: Person, exercise: Exercise, fingerprint: str, isolation: Isolation, notes: list[str]
) -> Result | tuple[Read, str]:
    """The file to be graded and its result's key; or the result, where nothing needs to be run."""
    name = exercise.name
    handed_in = person.handed_in
    if handed_in is None:
        return result_without_run(exercise, "not-attempted", "Nothing was handed in.")
    found = holding(handed_in, exercise)
    if not found:
        if handed_in.broken:
            return result_without_run(exercise, "grader-error", "The grader failed to read a file that may hold it.")
        return result_without_run(exercise, "not-attempted", f"There is no function {name} in what was handed in.")
    if len(found) > 1:
        names = ", ".join(read.shown for read in found[1:])
        notes.append(f"{name} is in {len(found)} files: the latest, {found[0].shown}, counts, not {names}.")
    try:
        return found[0], key_of(exercise, fingerprint, found[0].submission, person.key, isolation)
    except ValueError as error:
        return result_without_run(exercise, "not-attempted", str(error))
    except Exception as error:
        return result_without_run(exercise, "grader-error", f"The grader failed: {type(error).__name__}.")


def _done(
    work: Sequence[_Work], one: Callable[[_Work], Result], jobs: int, progress: Progress
) -> Iterator[tuple[_Work, Result]]:
    """Each piece of work with its result, when it is done; threads suffice: students' code runs in processes of its own."""
    progress(0, len(work))
    with ThreadPoolExecutor(jobs) as pool:
        pieces = {pool.submit(one, item): item for item in work}
        try:
            for done, future in enumerate(as_completed(pieces), 1):
                yield pieces[future], future.result()
                progress(done, len(work))
        finally:
            # Where the batch is stopped, what has not begun must not begin.
            pool.shutdown(wait=False, cancel_futures=True)


def _graded(person: Person, results: Sequence[Result], notes: Sequence[str], assignment: Assignment) -> Graded:
    handed_in = person.handed_in
    points = sum(exercise.points for exercise in assignment.exercises)
    if handed_in is None:
        return Graded(person.name, person.id, person.email, "", "", (), points, ("Nothing was handed in.",))
    return Graded(
        person.name,
        person.id,
        person.email,
        handed_in.number,
        handed_in.shown,
        tuple(results),
        points,
        (*handed_in.notes, *notes),
        _late(handed_in.files, assignment.due),
    )


def _late(files: Sequence[Read], due: datetime | None) -> timedelta | None:
    """By the latest file; a platform may say that it is late without saying how much."""
    if not files:
        return None
    after = timedelta(0)
    if due is not None:
        after = datetime.fromtimestamp(max(read.time for read in files), UTC) - due
    said = any(read.whose.late for read in files)
    return max(after, timedelta(0)) if said or after > timedelta(0) else None
