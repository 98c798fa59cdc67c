"""From what a function gave, wherever it was called, to points by group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from ...gradcheck.evidence import Evidence, Situation
from ...gradcheck.judge import Give, Judgement, judge
from ..exercise import LARGE_ARRAYS, Exercise, Group
from .failing import smallest_failing, steps_of
from .mark import GroupMark, Mark, Verdict

_NOT_THE_FORWARDS = {"mutates-input", "not-repeatable", "wrong-dtype", "wrong-shape", "imprecise"}
"""What no forward function excuses."""


def scored(
    exercise: Exercise, examples: Sequence[Situation], drawn: Sequence[Situation], answered: int, give: Give
) -> Mark:
    """Judge the first `answered` of the drawn cases, behind the examples, which were called first and have no points.

    The verdict is "pass" or "wrong".
    """
    tried = judge(exercise.subject, examples if answered else [], give)
    made = judge(exercise.subject, [case for case in drawn[:answered] if not _is_large(case)], give)
    # Apart: what is wrong is explained by the small ones, and no known mistake is computed on large arrays for nothing.
    large = judge(exercise.subject, [_unexplained(case) for case in drawn[:answered] if _is_large(case)], give)
    right = [well for judged in (made, large) for _, well in judged.outcomes] + [False] * (len(drawn) - answered)
    groups = tuple(_group_mark(exercise, group, drawn, right) for group in exercise.groups)
    sane = [_is_sane(items) for judged in (made, large) for items in judged.seen] + [False] * (len(drawn) - answered)
    sound = {group.name for group in exercise.groups if _group_mark(exercise, group, drawn, sane).points}
    full = all(group.points == group.max_points for group in groups)
    report = made.report if large.report.passed or not made.report.passed else large.report
    return Mark(
        exercise.name,
        "pass" if full and answered and report.passed else "wrong",
        groups,
        report if answered else None,
        steps_of((made, large), len(drawn)),
        smallest_failing(exercise, tried, made),
        frozenset(sound),
    )


def _is_large(situation: Situation) -> bool:
    return LARGE_ARRAYS in situation.features


def _unexplained(situation: Situation) -> Situation:
    return replace(situation, function="", mistakes=())


def raised(found: Mark, own: Judgement, forward: str) -> Mark:
    """The mark of a backward function that was found right for the learner's own forward function.

    The groups have their points whose cases gave finite numbers of the right shapes: with a right forward function these would be right.
    """
    if {diagnosis.code for diagnosis in found.diagnoses} & _NOT_THE_FORWARDS:
        return found
    groups = tuple(
        group._replace(points=group.max_points) if group.name in found.sound else group for group in found.groups
    )
    full = all(group.points == group.max_points for group in groups)
    said = f"It is right for your own {forward}, which is wrong, and keeps its points; it has to follow when {forward} is mended."
    message = " ".join(part for part in (said, found.message) if part)
    if not full:
        return replace(found, groups=groups, message=message)
    return replace(found, verdict="pass", groups=groups, report=own.report, failing=None, message=message)


def without_points(exercise: Exercise, verdict: Verdict, message: str) -> Mark:
    """A mark of what was not judged."""
    groups = tuple(GroupMark(group.name, 0, group.points) for group in exercise.groups)
    return Mark(exercise.name, verdict, groups, message=message)


def not_taken(exercise: Exercise, takes: Collection[str] | None) -> str:
    """Which of the cases' options a function does not take, in a sentence; empty if it takes all."""
    if takes is None:
        return ""
    options = {option for situation in exercise.draw(None, np.random.default_rng(0)) for option in situation.options}
    missing = sorted(options - set(takes))
    return (
        f"It does not take {', '.join(missing)}: the cases with it were not asked, and have no points."
        if missing
        else ""
    )


def _is_sane(items: Sequence[Evidence]) -> bool:
    """Whether a case gave all results, of the right shapes, and finite numbers wherever these are right."""
    return bool(items) and all(
        item.given.shape == item.expected.shape
        and bool(np.all(np.isfinite(item.given) | ~np.isfinite(item.others[item.name])))
        for item in items
    )


def _group_mark(exercise: Exercise, group: Group, drawn: Sequence[Situation], right: Sequence[bool]) -> GroupMark:
    own = [well for situation, well in zip(drawn, right, strict=True) if exercise.group_of(situation) is group]
    return GroupMark(group.name, group.points * bool(own and all(own)), group.points)
