"""check_function: it knows every function of the contract, draws its inputs, and says what it found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import attention_np as anp
from attention_np.gradcheck import check_function

Array = NDArray[Any]
FORWARDS = (
    "cosine_scores dot_scores scaled_dot_scores additive_scores softmax context attention linear embedding cross_entropy "
    "layer_norm relu gelu tanh sigmoid"
).split()
FUNCTIONS = [name + ending for name in FORWARDS for ending in ("", "_backward")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_contract_passes_its_own_check(name: str) -> None:
    report = check_function(name, getattr(anp, name))
    report.raise_if_failed()
    assert report.diagnoses == ()
    assert report.subject == name


def test_the_results_are_called_as_in_the_contract() -> None:
    report = check_function("attention_backward", anp.attention_backward)
    assert list(report.errors) == ["d_queries", "d_keys", "d_values", "d_scale"]
    assert list(check_function("softmax", anp.softmax).errors) == ["output"]


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="name: expected one of additive_scores.*got 'softmin'"):
        check_function("softmin", anp.softmax)
    with pytest.raises(TypeError, match="function: expected a function, got int"):
        check_function("softmax", 3)  # type: ignore[arg-type]


def test_an_option_that_the_function_does_not_take_is_not_asked_for() -> None:
    def without_axis(d_weights: Array, weights: Array) -> Array:
        return weights * (d_weights - (weights * d_weights).sum(axis=-1, keepdims=True))

    check_function("softmax_backward", without_axis).raise_if_failed()


def test_a_mistake_in_one_result_leaves_the_other_unaccused() -> None:
    def forgets_to_turn(d_context: Array, weights: Array, values: Array) -> tuple[Array, Array]:
        d_weights, d_values = anp.context_backward(d_context, weights, values)
        return d_weights, d_values / 2

    report = check_function("context_backward", forgets_to_turn)
    assert {found.input for found in report.diagnoses} == {"d_values"}
    assert report.diagnoses[0].code == "constant-factor"
    assert [row.verdict for row in report.comparisons] == ["right", "wrong"]


def test_two_mistakes_in_one_function_are_both_named() -> None:
    def both(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
        d_queries, d_keys = anp.scaled_dot_scores_backward(d_scores, queries, keys)
        return -d_queries, d_keys * np.sqrt(queries.shape[-1])

    found = {(d.input, d.code) for d in check_function("scaled_dot_scores_backward", both).diagnoses}
    assert {("d_queries", "sign-flipped"), ("d_keys", "constant-factor")} <= found


def test_a_constant_is_named_by_the_size_that_it_is() -> None:
    def scaled(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
        d_queries, d_keys = anp.dot_scores_backward(d_scores, queries, keys)
        return d_queries * np.sqrt(keys.shape[-2]), d_keys

    messages = [found.message for found in check_function("dot_scores_backward", scaled).diagnoses]
    assert any("the root of S, the number of sources" in message for message in messages), messages


def test_a_row_that_was_drawn_is_in_the_report_with_its_case() -> None:
    def wrong_in_batches(inputs: Array) -> Array:
        return np.tanh(inputs) if inputs.ndim < 3 else inputs

    report = check_function("tanh", wrong_in_batches)
    assert report.diagnoses[0].code == "wrong-for-some-shapes"
    assert report.comparisons[0].case in ("a batch of one", "a batch of three", "two leading dimensions")


def test_a_function_that_raises_only_for_batches_is_told_so_with_its_line() -> None:
    def two_dimensional(d_scores: Array, queries: Array, keys: Array) -> tuple[Array, Array]:
        return d_scores @ keys, d_scores.T @ queries

    report = check_function("dot_scores_backward", two_dimensional)
    assert report.diagnoses[0].code == "wrong-for-some-shapes"
    assert "d_scores.T @ queries" in report.diagnoses[0].message


@pytest.mark.parametrize(
    ("returned", "code"),
    [(None, "wrong-dtype"), ([1.0, 2.0], "wrong-shape"), ("text", "wrong-dtype"), ((), "wrong-shape"), (1j, "wrong-dtype")],
)
def test_what_is_no_gradient_is_a_diagnosis(returned: Any, code: str) -> None:
    report = check_function("relu_backward", lambda d_outputs, inputs: returned)
    assert code in {found.code for found in report.diagnoses}


def test_the_functions_arguments_are_not_those_of_the_checker() -> None:
    kept: list[Array] = []

    def keeps(inputs: Array) -> Array:
        kept.append(inputs)
        result = np.tanh(inputs)
        inputs[...] = 0
        return result

    report = check_function("tanh", keeps)
    assert {found.code for found in report.diagnoses} == {"mutates-input"}


def test_the_first_diagnosis_is_what_the_readme_says() -> None:
    def my_softmax_backward(d_weights: Array, weights: Array) -> Array:
        return d_weights * weights * (1 - weights)

    report = check_function("softmax_backward", my_softmax_backward)
    assert report.diagnoses[0].code == "diagonal-only"
    assert "the diagonal of the Jacobian" in report.diagnoses[0].message
