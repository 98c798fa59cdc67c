"""Every exercise of the catalogue: the blank has no points, the solution all, a named mistake fewer and by its name."""

from __future__ import annotations

import re

import numpy as np
import pytest

from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.classroom.proof import prove

ALL = {exercise.name: exercise for exercise in exercises()}
each = pytest.mark.parametrize("name", ALL)


def test_there_are_at_least_24() -> None:
    assert len(exercises()) >= 24


@each
def test_the_blank_has_no_points_the_solution_all_and_a_named_mistake_fewer_and_by_its_name(name: str) -> None:
    proof = prove(ALL[name], fresh=lambda: np.random.default_rng(3), isolation=None)
    assert proof.failures == ()
    assert proof.named == proof.mistakes >= 3


@each
def test_the_solution_is_cut_loose_from_the_package(name: str) -> None:
    assert not re.search(r"^\s*(from|import) +attention_np", ALL[name].solution, re.MULTILINE)


@each
def test_the_statement_names_every_argument_and_its_shape(name: str) -> None:
    exercise = ALL[name]
    _, _, shapes = exercise.statement.partition("**Shapes.**")
    for situation in exercise.draw(None, np.random.default_rng(0)):
        for argument in (*situation.arguments, *situation.options):
            assert f"`{argument}`" in shapes, argument
    assert "→" in shapes and "$" in exercise.statement


@each
def test_hints_are_three_and_differ_and_the_docstring_hides_the_derivation(name: str) -> None:
    exercise = ALL[name]
    assert len(set(exercise.hints)) == 3 and all(len(hint) > 9 for hint in exercise.hints)
    assert ".. math::" not in exercise.blank


@each
def test_the_example_is_right_for_the_reference_and_small(name: str) -> None:
    exercise = ALL[name]
    given = exercise.subject.reference(*exercise.example.values())
    assert all(np.isfinite(result).all() for result in (given if isinstance(given, tuple) else (given,)))
    assert all(np.size(value) <= 6 for value in exercise.example.values())


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(ValueError, match="softmax_backward"):
        exercise_named("softmax_backwards")
