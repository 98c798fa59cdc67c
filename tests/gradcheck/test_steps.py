"""check_steps: the first wrong line of a long backward pass is found, and the lines after it are judged by their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import attention_np as anp
from attention_np.gradcheck import check_steps

Array = NDArray[Any]
STEPS: dict[str, Callable[..., Any]] = {
    "unit_queries": lambda queries: queries / np.linalg.norm(queries, axis=-1, keepdims=True),
    "unit_keys": lambda keys: keys / np.linalg.norm(keys, axis=-1, keepdims=True),
    "scores": lambda unit_queries, unit_keys: unit_queries @ unit_keys.T,
    "logits": lambda scores, beta: beta * scores,
    "weights": lambda logits: anp.softmax(logits),
    "result": lambda weights, keys: weights @ keys,
}


@pytest.fixture
def inputs() -> dict[str, Array]:
    rng = np.random.default_rng(8)
    return {"queries": rng.normal(size=(3, 4)), "keys": rng.normal(size=(5, 4)), "beta": np.array(2.5)}


def backward_pass(given: Mapping[str, Array]) -> dict[str, Array]:
    """A right backward pass through all steps, by hand."""
    q, k, beta = given["queries"], given["keys"], given["beta"]
    unit_q, unit_k = q / np.linalg.norm(q, axis=-1, keepdims=True), k / np.linalg.norm(k, axis=-1, keepdims=True)
    scores = unit_q @ unit_k.T
    weights = anp.softmax(beta * scores)
    d = {"result": np.random.default_rng(1).normal(size=(3, 4))}
    d["weights"] = d["result"] @ k.T
    d["logits"] = weights * (d["weights"] - (weights * d["weights"]).sum(axis=-1, keepdims=True))
    d["scores"] = beta * d["logits"]
    d["beta"] = np.sum(d["logits"] * scores)
    d["unit_queries"] = d["scores"] @ unit_k
    d["unit_keys"] = d["scores"].T @ unit_q

    def through(unit: Array, d_unit: Array, vector: Array) -> Array:
        across = d_unit - unit * np.sum(unit * d_unit, axis=-1, keepdims=True)
        return across / np.linalg.norm(vector, axis=-1, keepdims=True)

    d["queries"] = through(unit_q, d["unit_queries"], q)
    d["keys"] = through(unit_k, d["unit_keys"], k) + weights.T @ d["result"]
    return d


def test_a_right_backward_pass_passes(inputs: dict[str, Array]) -> None:
    report = check_steps(STEPS, inputs, backward_pass(inputs))
    report.raise_if_failed()
    assert list(report.errors) == ["weights", "logits", "scores", "unit_keys", "unit_queries", "queries", "keys", "beta"]


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("weights", lambda d, given: -d["weights"], "sign-flipped"),
        ("logits", lambda d, given: anp.softmax(given["beta"] * _scores(given)) * d["weights"], "dropped-term"),
        ("scores", lambda d, given: d["logits"], "constant-factor"),
        ("unit_keys", lambda d, given: 2 * d["unit_keys"], "constant-factor"),
        ("queries", lambda d, given: d["unit_queries"], None),
        ("beta", lambda d, given: np.asarray(0.0), None),
    ],
)
def test_one_wrong_line_is_the_first_diagnosis_and_the_only_one(
    inputs: dict[str, Array], name: str, change: Any, code: str | None
) -> None:
    d = backward_pass(inputs)
    # What comes after the wrong line is computed from it, as in a real backward pass.
    d[name] = change(d, inputs)
    after = list(d)[list(d).index(name) + 1 :]
    for later in after:
        d.pop(later)
    report = check_steps(STEPS, inputs, d)
    assert report.diagnoses[0].input == name
    assert {found.input for found in report.diagnoses} == {name}
    if code:
        assert report.diagnoses[0].code == code, str(report)


def test_a_mistake_is_not_held_against_the_lines_that_use_its_result(inputs: dict[str, Array]) -> None:
    d = backward_pass(inputs)
    d["logits"] = 3 * d["logits"]
    for later in ("scores", "beta", "unit_queries", "unit_keys", "queries"):
        d[later] = 3 * d[later]
    d["keys"] = d["keys"] + 2 * (d["keys"] - anp.softmax(inputs["beta"] * _scores(inputs)).T @ d["result"])
    report = check_steps(STEPS, inputs, d)
    assert [found.input for found in report.diagnoses] == ["logits"]


def test_a_path_that_is_missing_is_named_with_its_step(inputs: dict[str, Array]) -> None:
    d = backward_pass(inputs)
    through_weights = anp.softmax(inputs["beta"] * _scores(inputs)).T @ d["result"]
    for wrong, code, step in (
        (d["keys"] - through_weights, "overwritten", "result"),
        (d["keys"] + through_weights, "counted-twice", "result"),
        (d["keys"] - 2 * through_weights, "sign-flipped", "result"),
        (through_weights, "overwritten", "unit_keys"),
    ):
        report = check_steps(STEPS, inputs, {**d, "keys": wrong})
        assert (report.diagnoses[0].code, report.diagnoses[0].input) == (code, "keys")
        assert repr(step) in report.diagnoses[0].message


def test_a_loss_needs_no_upstream() -> None:
    rng = np.random.default_rng(0)
    inputs = {"logits": rng.normal(size=(4, 6)), "targets": rng.integers(0, 6, 4)}
    steps = {"loss": lambda logits, targets: anp.cross_entropy(logits, targets)}
    right = anp.cross_entropy_backward(*inputs.values())
    check_steps(steps, inputs, {"logits": right}).raise_if_failed()
    assert check_steps(steps, inputs, {"logits": 4 * right}).diagnoses[0].code == "constant-factor"


def test_what_cannot_be_checked_is_refused_in_a_sentence(inputs: dict[str, Array]) -> None:
    d = backward_pass(inputs)
    with pytest.raises(ValueError, match="everywhere, which hides mistakes"):
        check_steps(STEPS, inputs, {**d, "result": np.ones((3, 4))})
    with pytest.raises(ValueError, match="expected 'result' too"):
        check_steps(STEPS, inputs, {"weights": d["weights"]})
    with pytest.raises(ValueError, match="unknown d_weights"):
        check_steps(STEPS, inputs, {**d, "d_weights": d["weights"]})
    with pytest.raises(ValueError, match="'b' takes nobody"):
        check_steps({"b": lambda nobody: nobody}, inputs, {})
    with pytest.raises(ValueError, match="raised ZeroDivisionError"):
        check_steps({"b": lambda keys: keys / (1 // 0)}, inputs, {})
    with pytest.raises(TypeError, match="float64"):
        check_steps(STEPS, {**inputs, "keys": inputs["keys"].astype(np.float32)}, d)


def _scores(given: Mapping[str, Array]) -> Array:
    return anp.cosine_scores(given["queries"], given["keys"])
