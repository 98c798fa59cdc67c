"""Every exercise of the catalogue: the blank has no points, the solution all, a named mistake fewer and by its name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.classroom.exercise import Exercise
from attention_np.classroom.marking import Mark, mark_live

ALL = {exercise.name: exercise for exercise in exercises()}
each = pytest.mark.parametrize("name", ALL)


def marked(exercise: Exercise, function: Any) -> Mark:
    drawn = list(exercise.draw(None, np.random.default_rng(3)))
    for group in exercise.groups:
        assert any(exercise.group_of(situation) is group for situation in drawn), f"{group.name} holds nothing"
    # The function comes with its driver.
    return mark_live(replace(exercise, driver=""), function, rng=np.random.default_rng(3))


def source_function(exercise: Exercise, source: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(source, f"{exercise.name}.py", "exec"), namespace)
    assert not any(line.lstrip().startswith(("from attention_np", "import attention_np")) for line in source.splitlines())
    if exercise.driver:
        exec(compile(exercise.driver, "driver.py", "exec"), namespace)
        return partial(namespace["drive"], namespace[exercise.name])
    return namespace[exercise.name]


def planted(exercise: Exercise, mistake: Any) -> Any:
    def wrong(*arguments: Any, **options: Any) -> Any:
        right = exercise.subject.reference(*arguments, **options)
        spoiled = mistake.formula(*arguments, **options)
        if not isinstance(right, tuple):
            return spoiled
        position = exercise.subject.results.index(mistake.result)
        return (*right[:position], spoiled, *right[position + 1 :])

    return wrong


def test_there_are_at_least_24() -> None:
    assert len(exercises()) >= 24


@each
def test_the_blank_has_no_points(name: str) -> None:
    exercise = ALL[name]
    assert marked(exercise, source_function(exercise, exercise.blank)).points == 0


@each
def test_the_solution_needs_numpy_alone_and_has_all_points(name: str) -> None:
    exercise = ALL[name]
    mark = marked(exercise, source_function(exercise, exercise.solution))
    assert mark.verdict == "pass", str(mark.report)
    assert mark.points == exercise.points


@each
def test_every_named_mistake_loses_marks_and_is_named(name: str) -> None:
    exercise = ALL[name]
    assert len(exercise.mistakes) >= 3
    for mistake in exercise.mistakes:
        mark = marked(exercise, planted(exercise, mistake))
        assert mark.points < exercise.points, mistake.message
        assert mistake.code in {found.code for found in mark.diagnoses}, (mistake.message, str(mark.report))


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
