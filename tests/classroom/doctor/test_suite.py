"""The suite: on each level of isolation every case comes to what is expected of it there."""

from __future__ import annotations

import sys

import pytest

from attention_np.classroom.doctor import FAMILIES, Outcome, examine_all, fences_here, weaker
from attention_np.classroom.worker import Isolation, isolation_here

CASES = {case.name: case for cases in FAMILIES.values() for case in cases}
LEVELS = {"own machine": None, "limits": weaker(isolation_here()), "graded": isolation_here()}
FENCES = {level: fences_here(isolation)[1] for level, isolation in LEVELS.items()}


def _is_tried(level: str, name: str) -> bool:
    """Whether it may be tried, and whether the level below the last may make a difference to it."""
    expected, graded = (CASES[name].expected(FENCES[one]) for one in (level, "graded"))
    return expected is not None and (level != "limits" or CASES[name].honest or expected != graded)


TRIED = [(level, name) for level in LEVELS for name in CASES if _is_tried(level, name)]
REAL = [name for name, case in CASES.items() if case.stopped_by and case.through]


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    """What came of all cases, by level and name."""
    return {
        (level, outcome.case.name): outcome
        for level, isolation in LEVELS.items()
        for outcome in examine_all([CASES[name] for one, name in TRIED if one == level], isolation, FENCES[level])
    }


@pytest.mark.parametrize(("level", "name"), TRIED)
def test_a_case_comes_to_what_is_expected_of_it(outcomes, level, name):
    outcome = outcomes[level, name]
    assert outcome.verdict in outcome.expected.verdicts, outcome
    assert outcome.well, outcome
    assert outcome.told or not outcome.expected.told, outcome


@pytest.mark.parametrize("name", REAL)
def test_an_attack_is_real_it_gets_through_where_nothing_stops_it(outcomes, name):
    # What is stopped elsewhere is stopped by a fence, not by a mistake in the attack.
    outcome = outcomes["own machine", name]
    assert outcome.got or "wrong" in outcome.case.through and len(outcome.case.through) > 1


@pytest.mark.parametrize("level", LEVELS)
def test_honest_work_is_tried_on_every_level_and_accused_on_none(outcomes, level):
    honest = [name for name, case in CASES.items() if case.honest]
    assert len(honest) >= 15
    assert [outcomes[level, name].told for name in honest] == [()] * len(honest)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")
@pytest.mark.parametrize("wall", ["landlock", "namespaces", "seccomp"])
def test_each_wall_alone_stops_what_the_suite_says_that_it_stops(wall):
    here = isolation_here()
    alone = {"landlock": here.landlock, "namespaces": here.namespaces, "seccomp": here.system_calls}
    alone = {name: there if name == wall else 0 for name, there in alone.items()}
    isolation = Isolation(
        alone["landlock"], False, namespaces=bool(alone["namespaces"]), system_calls=bool(alone["seccomp"])
    )
    fences = fences_here(isolation)[1]
    if wall not in fences:
        pytest.skip("this machine does not give it")
    outcomes = list(examine_all(FAMILIES["behind the hook"], isolation, fences))
    assert any(wall in outcome.case.stopped_by for outcome in outcomes)
    assert [outcome.case.name for outcome in outcomes if not outcome.as_expected] == []


def test_the_suite_is_large_and_its_names_are_its_own():
    assert len(CASES) == sum(map(len, FAMILIES.values()))
    assert sum(not case.honest for case in CASES.values()) >= 45
