"""`mark`: one exercise of one submission, run in a process that knows no answer, and compared when that process is dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..exercise import Exercise
from ..run import Call, Limits, Raised, Ran
from ..submission import Submission
from ..worker import Isolation, WorkerFailed, run_function
from .failing import worked_examples
from .mark import Mark, Verdict
from .own_forward import by_own_forward
from .recorded import calls_of, giver
from .score import not_taken, raised, scored, without_points

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
        return without_points(exercise, "not-attempted", f"There is no function {name} in {submission.name}.")
    takes = submission.functions[name].takes
    drawn = list(exercise.draw(takes, rng))
    examples = worked_examples(exercise, drawn)
    calls = [calls_of(situation) for situation in (*examples, *drawn)]
    try:
        source = submission.source_for(name)
        ran = run_function(source, name, sum(calls, []), driver=exercise.driver, limits=limits, isolation=isolation)
    except WorkerFailed as failed:
        return without_points(exercise, "grader-error", str(failed))
    if ran.status in ("tampered", "not-attempted"):
        return _with_what_was_seen(without_points(exercise, ran.status, ran.message), ran)
    answered = max(0, _answered(calls, len(ran.outcomes)) - len(examples))
    found = scored(exercise, examples, drawn, answered, giver(name, calls, ran.outcomes, submission.where))
    message = ran.message or not_taken(exercise, takes)
    found = _with_what_was_seen(replace(found, verdict=_verdict(found, ran), message=message), ran)
    if found.verdict == "wrong" and exercise.pairing is not None and exercise.pairing.forward in submission.functions:
        return _by_own_forward(exercise, exercise.pairing.forward, submission, found, rng, limits, isolation)
    return found


def _by_own_forward(
    exercise: Exercise,
    forward: str,
    submission: Submission,
    found: Mark,
    rng: np.random.Generator,
    limits: Limits,
    isolation: Isolation | None,
) -> Mark:
    """The mark, raised where the backward function is right for the forward function of the same file."""
    names = [submission.functions[name].takes for name in (exercise.name, forward)]

    def takes(options: Sequence[str]) -> bool:
        return all(taken is None or set(options) <= set(taken) for taken in names)

    def run(name: str, calls: Sequence[Call]) -> Ran:
        return run_function(submission.source_for(name), name, calls, limits=limits, isolation=isolation)

    try:
        judged = by_own_forward(exercise, takes, run, rng)
    except (WorkerFailed, ValueError):
        # Then it is judged by the contract alone.
        return found
    return found if judged is None else raised(found, judged, forward)


def _answered(calls: Sequence[Sequence[Call]], outcomes: int) -> int:
    """How many cases were answered in full."""
    done = np.cumsum([len(case) for case in calls])
    return int(np.searchsorted(done, outcomes, side="right"))


def _verdict(found: Mark, ran: Ran) -> Verdict:
    if ran.status != "done":
        return ran.status
    return "crashed" if all(isinstance(outcome, Raised) for outcome in ran.outcomes) else found.verdict


def _with_what_was_seen(found: Mark, ran: Ran) -> Mark:
    return replace(found, tampering=ran.tampering, printed=ran.printed, isolation=ran.isolation, seconds=ran.seconds)
