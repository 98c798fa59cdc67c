"""What a proof finds: a blank that does something, a solution that is wrong, a mistake that is none or has another name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.classroom.catalogue import exercise_named
from attention_np.classroom.exercise import Exercise, Group
from attention_np.classroom.proof import Proof, prove

EXERCISE = exercise_named("sgd_step")


def proof_of(exercise: Exercise, usual: Exercise | None = None) -> Proof:
    return prove(exercise, fresh=lambda: np.random.default_rng(4), isolation=None, usual=usual)


def test_a_right_exercise_is_proved_and_counted() -> None:
    proof = proof_of(EXERCISE)
    assert proof.failures == ()
    assert (proof.blank, proof.solution) == (0, EXERCISE.points)
    assert proof.mistakes == proof.named == len(EXERCISE.mistakes)
    assert proof.cases > 5 and proof.seconds > 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"blank": EXERCISE.solution}, f"the blank has {EXERCISE.points} points, expected 0"),
        ({"solution": EXERCISE.solution.replace("value -", "value +")}, "[sign-flipped]"),
        ({"solution": EXERCISE.blank}, "still raises NotImplementedError"),
        (
            {"solution": "import attention_np\n" + EXERCISE.solution.replace("value -", "attention_np.relu(value) -")},
            "attention_np",
        ),
        ({"mistakes": ()}, "there is no named mistake"),
        ({"mistakes": (EXERCISE.mistakes[0]._replace(formula=EXERCISE.subject.reference),)}, "has all points"),
        (
            {"mistakes": (EXERCISE.mistakes[0]._replace(code="transposed"),)},
            "(transposed in output) is named sign-flipped",
        ),
        ({"groups": (Group("none", 1, lambda case: False), *EXERCISE.groups)}, "no case belongs to none"),
    ],
    ids=["blank", "wrong", "not done", "imports", "no mistake", "harmless", "other name", "empty group"],
)
def test_what_is_not_as_the_exercise_says_is_told_in_a_sentence(changed: dict, words: str) -> None:
    failures = proof_of(replace(EXERCISE, **changed)).failures
    assert words in failures[0], failures


def test_an_exercise_that_is_not_varied_after_all_is_found_out() -> None:
    assert proof_of(EXERCISE, usual=EXERCISE).failures == ("the function of the usual contract has all points",)
