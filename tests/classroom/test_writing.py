"""A teacher's own exercise in a file: read, proved, and varied like the package's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_np.classroom.assignment.variation import Variation, varied
from attention_np.classroom.exercise import Exercise
from attention_np.classroom.own import own_exercises
from attention_np.classroom.proof import prove

FOLDER = Path(__file__).parent / "own_exercises"


@pytest.fixture(scope="module")
def centred() -> Exercise:
    (exercise,) = own_exercises(FOLDER)
    return exercise


@pytest.mark.parametrize(
    "variation",
    [Variation(), Variation(times=3), Variation(results=("mean", "centred"))],
    ids=["usual", "times", "order"],
)
def test_it_is_proved_as_the_packages_own_are(centred: Exercise, variation: Variation) -> None:
    usual = None if variation == Variation() else centred
    proof = prove(varied(centred, variation), fresh=lambda: np.random.default_rng(1), isolation=None, usual=usual)
    assert proof.failures == ()
    assert (proof.points, proof.mistakes) == (10, 3)


def test_the_solution_brings_helpers_of_the_file_and_functions_of_the_package_and_needs_numpy_alone(
    centred: Exercise,
) -> None:
    for name in ("def centred(", "def weighted_mean(", "def softmax("):
        assert name in centred.solution
    assert "attention_np" not in centred.solution


def test_the_blank_has_the_first_paragraph_and_not_the_others(centred: Exercise) -> None:
    assert "less their weighted mean" in centred.blank and "mean : array (..., 1)" in centred.blank
    assert "is not handed out" not in centred.blank
