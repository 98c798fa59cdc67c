"""A varied contract: proved like the usual one, told in words, drawn from the secret, known to the learner's own check."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from attention_np.classroom.assignment.variation import Variation, as_handed_out, chosen, varied
from attention_np.classroom.assignment.variation.variation import FEATURES_FIRST, SOURCES_FIRST
from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.classroom.exercise import Exercise
from attention_np.classroom.marking import mark_live
from attention_np.classroom.proof import Proof, prove

SECRETS = [bytes([number]) * 32 for number in range(12)]
VARIED = {
    "axes of arguments": ("dot_scores", Variation(axes=FEATURES_FIRST)),
    "axes of the result": ("dot_scores", Variation(axes=SOURCES_FIRST, times=3)),
    "order": ("context_backward", Variation(axes=SOURCES_FIRST, results=("d_values", "d_weights"))),
    "fewer": ("linear_backward", Variation(results=("d_inputs", "d_bias"))),
    "one": ("momentum_step", Variation(results=("new_value",))),
    "factor at the gradient": ("momentum_step", Variation(times=4)),
    "a mask that says what is hidden": ("causal_mask", Variation(axes=SOURCES_FIRST, hidden=True)),
    "a driver": ("numerical_gradient", Variation(times=2)),
    "code to be mended": ("repair_softmax_backward", Variation(times=5)),
}


@cache
def proof_of(case: str) -> Proof:
    name, variation = VARIED[case]
    usual = exercise_named(name)
    return prove(varied(usual, variation), fresh=lambda: np.random.default_rng(2), isolation=None, usual=usual)


@pytest.mark.parametrize("case", VARIED)
def test_blank_solution_and_known_mistakes_go_along_and_the_usual_function_is_no_answer(case: str) -> None:
    assert proof_of(case).failures == ()


@pytest.mark.parametrize("case", VARIED)
def test_what_is_different_is_said_in_the_statement_and_in_what_is_handed_out(case: str) -> None:
    name, variation = VARIED[case]
    usual = exercise_named(name)
    exercise = varied(usual, variation)
    words = exercise.statement.partition("**Different here.** ")[2].partition("\n\n")[0]
    assert words and words not in usual.statement
    if "raise NotImplementedError" in exercise.blank:
        assert words.split()[0] in exercise.blank.partition("Different here:")[2]
    for result in variation.results:
        assert f"`{result}`" in words


def test_shapes_and_example_are_those_of_the_varied_contract() -> None:
    exercise = varied(exercise_named("context"), Variation(axes=FEATURES_FIRST))
    assert exercise.statement.endswith("`weights` (..., L, S), `values` (..., e, S) → context (..., e, L)")
    usual = exercise_named("context").example
    np.testing.assert_array_equal(exercise.example["values"], usual["values"].T)
    np.testing.assert_array_equal(
        exercise.subject.reference(*exercise.example.values()), (usual["weights"] @ usual["values"]).T
    )


def test_a_case_in_ordinary_memory_is_so_still_and_one_in_another_order_too() -> None:
    exercise = varied(exercise_named("dot_scores"), Variation(axes=FEATURES_FIRST))
    for situation in exercise.draw(None, np.random.default_rng(0)):
        for value in situation.arguments.values():
            other = "memory in another order" in situation.features
            assert value.flags.f_contiguous if other else value.flags.c_contiguous


def test_a_known_mistake_is_named_by_its_own_words() -> None:
    exercise = varied(exercise_named("dot_scores_backward"), Variation(axes=SOURCES_FIRST, times=7))

    def wrong(d_scores: np.ndarray, queries: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -7 * d_scores.swapaxes(-1, -2) @ keys, 7 * d_scores @ queries

    found = mark_live(exercise, wrong, rng=np.random.default_rng(0)).diagnoses
    assert [(one.code, one.input) for one in found] == [("sign-flipped", "d_queries")]


def test_the_solution_is_the_packages_function_and_a_few_lines_around_it() -> None:
    usual = exercise_named("dot_scores_backward")
    solution = varied(usual, Variation(axes=FEATURES_FIRST, results=("d_keys", "d_queries"))).solution
    assert "return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries" in solution
    assert solution.endswith(
        """\
    queries = np.swapaxes(queries, -1, -2)
    keys = np.swapaxes(keys, -1, -2)
    d_queries, d_keys = usual_dot_scores_backward(d_scores, queries, keys)
    return np.swapaxes(d_keys, -1, -2), np.swapaxes(d_queries, -1, -2)
"""
    )


def test_the_choice_follows_from_the_secret() -> None:
    for exercise in exercises():
        found = {chosen(exercise, secret) for secret in SECRETS}
        assert found == {chosen(exercise, secret) for secret in SECRETS}
        assert Variation() not in found, exercise.name
    assert len({chosen(exercise_named("dot_scores_backward"), secret) for secret in SECRETS}) > 2


@pytest.mark.parametrize("secret", SECRETS[:4], ids=lambda secret: secret[0])
def test_all_exercises_of_an_assignment_agree_on_the_order_of_axes(secret: bytes) -> None:
    assert len({chosen(exercise, secret).axes for exercise in exercises()} - {""}) == 1


def test_what_the_exercise_is_most_about_is_always_returned() -> None:
    for exercise in exercises():
        for secret in SECRETS:
            returned = chosen(exercise, secret).results
            assert not returned or exercise.subject.results[0] in returned


@pytest.mark.parametrize("case", VARIED)
def test_a_learners_check_reads_the_contract_from_the_file(case: str) -> None:
    name, variation = VARIED[case]
    usual = exercise_named(name)
    handed_out = varied(usual, variation)
    assert same(as_handed_out(usual, f"x = 1\n\n\n{handed_out.blank}"), handed_out)
    assert same(as_handed_out(usual, '"' + handed_out.blank.replace("\n", '\\n",\n"') + '"'), handed_out)
    assert as_handed_out(usual, usual.blank) is usual


def same(one: Exercise, other: Exercise) -> bool:
    return (one.statement, one.blank, one.solution) == (other.statement, other.blank, other.solution)


@pytest.mark.parametrize(
    "text", ["times 0", "returns keys", "True is hidden", "a row for each column", "", "returns output, output"]
)
def test_a_comment_that_no_hand_out_has_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="dot_scores: expected a contract .*; copy the comment") as refused:
        as_handed_out(exercise_named("dot_scores"), f"# contract of dot_scores: {text}\n")
    assert "\n" not in str(refused.value)
