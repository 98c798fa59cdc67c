"""`mark`: one exercise of one submission, run in a process that knows no answer, and compared when that process is dead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...gradcheck.evidence import Situation
from ...gradcheck.judge import judge
from ..exercise import Exercise, Group
from ..run import Call, Limits, Raised, Ran
from ..submission import Submission
from ..worker import Isolation, WorkerFailed, run_function
from .mark import GroupMark, Mark, Verdict
from .recorded import giver

_TWICE = 2
_USUAL = Limits()


def mark(
    exercise: Exercise,
    submission: Submission,
    *,
    rng: np.random.Generator,
    limits: Limits = _USUAL,
    isolation: Isolation | None = None,
) -> Mark:
    """Mark one exercise of a submission.

    The inputs are drawn, the learner's function is called with them in a process of its own, that process and all that came of it
    is killed, and only then is the right result computed and compared.

    Parameters
    ----------
    exercise : Exercise
    submission : Submission
    rng : numpy.random.Generator
        Of the cases.
    limits : Limits
    isolation : Isolation or None
        None: one's own code on one's own machine.
    """
    name = exercise.name
    if name not in submission.functions:
        return _without_points(exercise, "not-attempted", f"There is no function {name} in {submission.name}.")
    takes = submission.functions[name].takes
    drawn = list(exercise.draw(takes, rng))
    # Each case is called twice: a function must give the same again.
    calls = [
        Call(tuple(situation.arguments.values()), situation.options) for situation in drawn for _ in range(_TWICE)
    ]
    try:
        source = submission.source_for(name)
        ran = run_function(source, name, calls, driver=exercise.driver, limits=limits, isolation=isolation)
    except WorkerFailed as failed:
        return _without_points(exercise, "grader-error", str(failed))
    if ran.status in ("tampered", "not-attempted"):
        return _with_what_was_seen(_without_points(exercise, ran.status, ran.message), ran)
    return _judged(exercise, submission, drawn, ran, takes)


def _judged(
    exercise: Exercise, submission: Submission, drawn: Sequence[Situation], ran: Ran, takes: Sequence[str] | None
) -> Mark:
    answered = drawn[: len(ran.outcomes) // _TWICE]
    made = judge(exercise.subject, answered, giver(exercise.name, ran.outcomes, submission.where))
    right = [well for _, well in made.outcomes] + [False] * (len(drawn) - len(answered))
    groups = tuple(_group_mark(exercise, group, drawn, right) for group in exercise.groups)
    found = Mark(exercise.name, "pass", groups, made.report if answered else None)
    return _with_what_was_seen(found, ran, _verdict(found, ran), _message(exercise, ran, takes))


def _group_mark(exercise: Exercise, group: Group, drawn: Sequence[Situation], right: Sequence[bool]) -> GroupMark:
    own = [well for situation, well in zip(drawn, right, strict=True) if exercise.group_of(situation) is group]
    return GroupMark(group.name, group.points * bool(own and all(own)), group.points)


def _verdict(found: Mark, ran: Ran) -> Verdict:
    if ran.status != "done":
        return ran.status
    if found.points == found.max_points and found.report is not None and found.report.passed:
        return "pass"
    return "crashed" if all(isinstance(outcome, Raised) for outcome in ran.outcomes) else "wrong"


def _message(exercise: Exercise, ran: Ran, takes: Sequence[str] | None) -> str:
    """Why the process ended early, or which of the function's options it does not take."""
    if ran.message or takes is None:
        return ran.message
    options = {option for situation in exercise.draw(None, np.random.default_rng(0)) for option in situation.options}
    missing = sorted(options - set(takes))
    return f"It does not take {', '.join(missing)}: the cases with it were not asked, and have no points." if missing else ""


def _with_what_was_seen(found: Mark, ran: Ran, verdict: Verdict | None = None, message: str | None = None) -> Mark:
    return Mark(
        found.exercise,
        found.verdict if verdict is None else verdict,
        found.groups,
        found.report,
        found.message if message is None else message,
        ran.tampering,
        ran.printed,
        ran.isolation,
        ran.seconds,
    )


def _without_points(exercise: Exercise, verdict: Verdict, message: str) -> Mark:
    return Mark(
        exercise.name,
        verdict,
        tuple(GroupMark(group.name, 0, group.points) for group in exercise.groups),
        message=message,
    )
