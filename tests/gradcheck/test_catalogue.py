"""The catalogue of known mistakes: each of them is wrong, says so in a sentence, and is told from the others."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from attention_np import functional
from attention_np.gradcheck import CODES
from attention_np.gradcheck.catalogue import mistakes_of, terms_of
from attention_np.gradcheck.catalogue.mistake import Formula, Mistake

from ..functional.cases import Case, Sizes, cases, draw_upstream

Array = NDArray[Any]
FORWARD = (
    "cosine_scores dot_scores scaled_dot_scores additive_scores softmax context attention linear embedding "
    "cross_entropy layer_norm relu gelu tanh sigmoid"
).split()
FUNCTIONS = [name + ending for name in FORWARD for ending in ("", "_backward")]
RESULTS = {
    "cosine_scores_backward": "d_queries d_keys",
    "dot_scores_backward": "d_queries d_keys",
    "scaled_dot_scores_backward": "d_queries d_keys",
    "additive_scores_backward": "d_queries d_keys d_query_weight d_key_weight d_score_vector",
    "softmax_backward": "d_scores",
    "context_backward": "d_weights d_values",
    "attention_backward": "d_queries d_keys d_values d_scale",
    "linear_backward": "d_inputs d_weight d_bias",
    "embedding_backward": "d_table",
    "cross_entropy_backward": "d_logits",
    "layer_norm_backward": "d_inputs d_gain d_bias",
}
# Unequal lengths tell mix-ups apart; equal ones let those run that would fail otherwise.
SQUARE = Sizes(*[4] * 6)
SHAPES = [
    ((), SQUARE),
    ((3,), Sizes()),
    ((3,), SQUARE),
    ((2, 3), Sizes(targets=4, sources=3)),
    ((2, 3), SQUARE),
]
# Two ways to the same wrong numbers, a norm or σ that was forgotten and a vector that should be a unit vector: both are told.
TWO_WAYS = {
    (function, "missing-factor", "wrong-operand")
    for function in ("cosine_scores_backward", "attention_backward", "layer_norm_backward")
}


class Call(NamedTuple):
    """Arguments of a function in order, its options by name, and what it gives, by the results' names."""

    arguments: tuple[Any, ...]
    options: dict[str, Any]
    right: dict[str, Array]


@cache
def calls(function: str) -> list[Call]:
    """Calls of a function, ordinary and special, in which between them every mistake shows."""
    rng = np.random.default_rng(7)
    name = function.removesuffix("_backward")
    found = []
    for case in cases(name):
        for lead, sizes in SHAPES:
            if lead or case.options.get("axis") != 0:
                found.append(_call(function, case, case.draw(rng, lead, sizes), rng))
        for given in special(case, case.draw(rng, (2,), Sizes()), rng):
            found.append(_call(function, case, given, rng))
    return found


def _call(function: str, case: Case, given: dict[str, Any], rng: np.random.Generator) -> Call:
    # What the forward pass kept saves work and changes no number.
    arguments = {
        key: value for key, value in {**given, **case.options}.items() if key != "return_log_normaliser"
    }
    if function.endswith("_backward"):
        arguments = case.backward_arguments(draw_upstream(rng, case.forward(given)), given)
    public = getattr(functional, function)
    parameters = inspect.signature(public).parameters
    optional = {key for key, parameter in parameters.items() if parameter.default is not parameter.empty}
    options = {key: arguments.pop(key) for key in optional & arguments.keys()}
    results = public(**arguments, **options)
    names = RESULTS.get(function, "d_inputs" if function.endswith("_backward") else "output").split()
    in_order = tuple(arguments[key] for key in parameters if key in arguments)
    return Call(
        in_order,
        options,
        dict(zip(names, results if isinstance(results, tuple) else (results,), strict=True)),
    )


def special(case: Case, given: dict[str, Any], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Arguments as few people think of: zeros, the very large and small, nothing that counts."""
    name = case.name.split(" ")[0]
    cosine = (
        name == "cosine_scores" or case.options.get("score", "cosine") == "cosine" and name == "attention"
    )
    if cosine:
        for vectors in ("queries", "keys"):
            zeros = given[vectors].copy()
            zeros[0, 1] = 0
            yield {**given, vectors: zeros}
        for size in (1e-4, 1e-9, 1e-11, 1e-13):
            yield {**given, "queries": size * given["queries"], "keys": size * given["keys"]}
        for size in (1e-200, 1e200):
            yield {**given, "queries": size * given["queries"], "keys": given["keys"]}
            yield {**given, "queries": size * given["queries"], "keys": size * given["keys"]}
    if name == "softmax":
        for shift in (2000.0, -2000.0):
            yield {**given, "scores": 300 * given["scores"] + shift}
        mask = rng.random(given["scores"].shape) < 0.7
        mask[0, 1] = False
        mask[:, 1, 0] = False
        yield {**given, "mask": mask}
    if name == "attention":
        mask = rng.random((3, 4)) < 0.7
        mask[1] = False
        yield {**given, "mask": mask}
        yield {**given, "scale": None}
        yield {**given, "scale": np.array(2000.0)}
    if name == "context":
        yield {**given, "weights": np.where(given["weights"] < 0, 0, given["weights"])}
    if name == "cross_entropy":
        for size in (10, 500):
            yield {**given, "logits": size * given["logits"]}
        if "ignore_index" in case.options:
            yield {**given, "targets": np.full_like(given["targets"], case.options["ignore_index"])}
    if name in ("relu", "tanh", "sigmoid"):
        yield {"inputs": 1000 * given["inputs"]}
    if name == "gelu":
        yield {"inputs": 1e160 * given["inputs"]}


def evaluate(formula: Formula, call: Call) -> Any:
    """What a formula gives, as the learner would get it; None where the shapes do not fit."""
    try:
        with np.errstate(all="ignore"):
            return formula(*call.arguments, **call.options)
    except (ValueError, IndexError):
        return None


def is_wrong(given: Array, right: Array) -> bool:
    given = np.asarray(given)
    if given.shape != right.shape:
        return True
    error = np.abs(given - right)
    return bool(np.any(~(error <= 2e-9 * np.max(np.abs(right), initial=0))))


@cache
def numbers(function: str) -> list[tuple[Mistake, list[Any]]]:
    """Every known mistake, with what it gives in each call."""
    return [
        (mistake, [evaluate(mistake.formula, call) for call in calls(function)])
        for mistake in mistakes_of(function)
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_result_of_every_function_has_known_mistakes(function: str) -> None:
    expected = set(calls(function)[0].right)
    assert {mistake.result for mistake in mistakes_of(function)} == expected


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_mistake_is_wrong_somewhere(function: str) -> None:
    harmless = [
        f"{mistake.result}: {mistake.message}"
        for mistake, given in numbers(function)
        if not any(
            array is not None and is_wrong(array, call.right[mistake.result])
            for array, call in zip(given, calls(function), strict=True)
        )
    ]
    assert harmless == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_mistake_has_the_shape_of_the_result_unless_it_is_one_of_shapes(function: str) -> None:
    of_shapes = {"not-summed", "wrong-axis", "wrong-operand", "transposed", "dropped-term", "misplaced"}
    misshapen = [
        f"{mistake.result}: {mistake.message}"
        for mistake, given in numbers(function)
        if mistake.code not in of_shapes
        if any(
            array is not None and np.shape(array) != call.right[mistake.result].shape
            for array, call in zip(given, calls(function), strict=True)
        )
    ]
    assert misshapen == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_two_mistakes_give_the_same_numbers(function: str) -> None:
    by_result: dict[str, list[tuple[Mistake, Array]]] = {}
    for mistake, given in numbers(function):
        digest = np.concatenate([_digest(array) for array in given])
        by_result.setdefault(mistake.result, []).append((mistake, digest))
    same = [
        f"{mistake.result}: {other.message} = {mistake.message}"
        for group in by_result.values()
        for (other, other_digest), (mistake, digest) in combinations(group, 2)
        if np.all(np.abs(digest - other_digest) <= 1e-12 + 1e-9 * np.abs(digest))
        if (function, *sorted([mistake.code, other.code])) not in TWO_WAYS
    ]
    assert same == []


def _digest(array: Any) -> Array:
    """A few numbers that tell two arrays apart; NaN and infinity have their own."""
    if array is None:
        return np.array([1e6, 1e6])
    flat = np.nan_to_num(np.asarray(array, float).ravel(), nan=1e3, posinf=2e3, neginf=3e3)
    size = max(np.max(np.abs(flat), initial=0), 1e-300)
    return np.array([np.cos(np.arange(flat.size)) @ (flat / size), np.log(size) + 10 * np.ndim(array)])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_mistake_is_told_in_a_sentence_with_a_code_and_a_hint(function: str) -> None:
    for mistake in mistakes_of(function):
        assert mistake.function == function
        assert mistake.code in CODES
        assert mistake.message.endswith(".") and ". " not in mistake.message, mistake.message
        assert mistake.hint.endswith(("?", ".")), mistake.hint
        assert "{" not in mistake.message + mistake.hint


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if terms_of(name)])
def test_the_terms_of_a_formula_sum_to_its_result(function: str) -> None:
    for terms in terms_of(function):
        compared = 0
        for call in calls(function):
            parts = evaluate(terms.formula, call)
            right = call.right[terms.result]
            if parts is None or not np.all(np.isfinite(right)):
                continue
            assert all(part.shape == right.shape for part in parts.values())
            size = max(np.max(np.abs(part), initial=0) for part in parts.values())
            assert np.max(np.abs(sum(parts.values()) - right), initial=0) <= 1e-12 * max(size, 1)
            compared += 1
        assert compared >= len(SHAPES)


def test_a_sum_of_several_ways_is_cut_into_its_terms() -> None:
    cut = {(terms.function, terms.result) for name in FUNCTIONS for terms in terms_of(name)}
    assert cut >= {
        ("softmax_backward", "d_scores"),
        ("cosine_scores_backward", "d_queries"),
        ("cosine_scores_backward", "d_keys"),
        ("layer_norm_backward", "d_inputs"),
        ("gelu_backward", "d_inputs"),
        ("tanh_backward", "d_inputs"),
        ("sigmoid_backward", "d_inputs"),
        ("cross_entropy_backward", "d_logits"),
        ("additive_scores_backward", "d_queries"),
        ("additive_scores_backward", "d_key_weight"),
        ("attention_backward", "d_queries"),
        ("attention_backward", "d_keys"),
        ("attention_backward", "d_scale"),
    }


def test_an_unknown_function_has_no_known_mistakes() -> None:
    assert mistakes_of("dropout") == [] and terms_of("dropout") == []
