"""Known mistakes on attention's way back: the scale that is forgotten, a wrong array in a stage, a stage left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...functional import softmax_backward
from ...functional._checks import Array
from .cosine_projection import terms_of_keys, terms_of_queries
from .mistake import Mistakes
from .steps import (
    PATHS,
    Given,
    attention_backward_formula,
    right_allowed,
    right_d_keys,
    right_d_queries,
    right_logits,
    right_scores,
    right_weights,
    steps_with,
    to_shape_of_scale,
)

known = Mistakes()


def wrong(
    stage: str, code: str, message: str, hint: str
) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Write a wrong stage of the way back down for every gradient that it bears on."""

    def add(formula: Callable[..., Array]) -> Callable[..., Array]:
        for result in PATHS[stage]:
            known.mistake("attention_backward", result, code, message, hint)(
                attention_backward_formula(steps_with(stage, formula), result)
            )
        return formula

    return add


HINT_SCALE = "Double the scale: the scores count double. What does that do to their gradient?"


@wrong(
    "d_scores",
    "missing-factor",
    "the scale β is missing between the softmax and the scores: dS = β dA.",
    HINT_SCALE,
)
def scale_forgotten(d_logits: Array, given: Given) -> Array:
    return d_logits


@wrong("d_scores", "missing-factor", "the scale is applied twice on the way back: dS = β² dA.", HINT_SCALE)
def scale_twice(d_logits: Array, given: Given) -> Array:
    return d_logits * given.multiplier**2


@wrong("d_scores", "missing-factor", "dA is divided by the scale β, which multiplies it.", HINT_SCALE)
def scale_divides(d_logits: Array, given: Given) -> Array:
    return d_logits / given.multiplier


@wrong(
    "d_scores",
    "missing-factor",
    "1/√d multiplies dA beside the scale in force.",
    "What did the forward pass multiply the scores by?",
)
def root_too(d_logits: Array, given: Given) -> Array:
    return d_logits * given.multiplier / np.sqrt(given.queries.shape[-1])


@wrong(
    "d_logits",
    "dropped-term",
    "the softmax's backward is left out: dP goes to the scores as it is.",
    "Three steps forwards: how many backwards?",
)
def softmax_left_out(d_weights: Array, weights: Array) -> Array:
    return d_weights


@wrong(
    "d_logits",
    "counted-twice",
    "the softmax's backward is applied twice.",
    "Three steps forwards: how many backwards?",
)
def softmax_twice(d_weights: Array, weights: Array) -> Array:
    return softmax_backward(softmax_backward(d_weights, weights), weights)


@wrong(
    "d_logits",
    "wrong-operand",
    "the weights stand where their gradient dP belongs: this is the softmax's backward of P itself.",
    "Double the upstream: does your gradient double?",
)
def weights_for_gradient(d_weights: Array, weights: Array) -> Array:
    return softmax_backward(weights, weights)


def _gradient_of(result: str, code: str, message: str, hint: str, other: Callable[[Given], Given]) -> None:
    """The right gradient of the scores, for other arguments."""
    right = right_d_queries if result == "d_queries" else right_d_keys

    @wrong(result, code, message, hint)
    def formula(d_scores: Array, given: Given) -> Array:
        return right(d_scores, other(given))


HINT_PRODUCT = "Which two arrays did the scores come from?"
_gradient_of(
    "d_queries",
    "wrong-operand",
    "the values stand where the keys belong.",
    HINT_PRODUCT,
    lambda given: replace(given, keys=given.values),
)
_gradient_of(
    "d_keys",
    "wrong-operand",
    "the values stand where the queries belong.",
    HINT_PRODUCT,
    lambda given: replace(given, queries=given.values),
)
_gradient_of(
    "d_queries",
    "wrong-operand",
    "the queries stand where the keys belong.",
    HINT_PRODUCT,
    lambda given: replace(given, keys=given.queries),
)
_gradient_of(
    "d_keys",
    "wrong-operand",
    "the keys stand where the queries belong.",
    HINT_PRODUCT,
    lambda given: replace(given, queries=given.keys),
)
for _result in ("d_queries", "d_keys"):
    _gradient_of(
        _result,
        "wrong-operand",
        "this is the cosine's gradient although the scores are dot products.",
        "Which function gave the scores, and does its backward stand here?",
        lambda given: replace(given, score="cosine"),
    )


HINT_BETA = "In A = β S + b, what does β multiply, and what comes out: how many numbers?"
DScale = Callable[[Array, Array, Given], Array]


def _scale(code: str, message: str, formula: DScale) -> None:
    """A wrong sum over the pairs, before the sum over the axes along which β was broadcast."""

    @wrong("d_scale", code, message, HINT_BETA)
    def d_scale(d_logits: Array, scores: Array, given: Given) -> Array:
        return to_shape_of_scale(formula(d_logits, scores, given), given)


_scale(
    "missing-factor",
    "there is a factor β too many: the scores in Σ dA s are scaled already, or dA is, or this is the derivative in log β.",
    lambda d, s, given: np.sum(d * s * given.multiplier, axis=(-2, -1)),
)
_scale(
    "missing-factor",
    "this is Σ dA s / β, with a factor β too few.",
    lambda d, s, given: np.sum(d * s / given.multiplier, axis=(-2, -1)),
)
_scale(
    "wrong-operand",
    "this is Σ dA (β s + b), with the scaled and biased scores where the scores s belong.",
    lambda d, s, given: np.sum(d * (s * given.multiplier + given.added), axis=(-2, -1)),
)
_scale(
    "wrong-operand",
    "this is Σ dA (s + b), with the biased scores where the scores s belong.",
    lambda d, s, given: np.sum(d * (s + given.added), axis=(-2, -1)),
)
_scale(
    "missing-factor",
    "this is Σ dA; the scores are missing, and each row of dA sums to 0.",
    lambda d, s, given: np.sum(d, axis=(-2, -1)),
)
_scale(
    "constant-factor",
    "this is a mean over the pairs, where Σ dA s is a sum.",
    lambda d, s, given: np.mean(d * s, axis=(-2, -1)),
)
_scale(
    "constant-factor",
    "this is a mean over the sources, where Σ dA s is a sum.",
    lambda d, s, given: np.sum(d * s, axis=(-2, -1)) / s.shape[-1],
)
_scale(
    "constant-factor",
    "this is a mean over the targets, where Σ dA s is a sum.",
    lambda d, s, given: np.sum(d * s, axis=(-2, -1)) / s.shape[-2],
)
_scale(
    "wrong-operand",
    "this is (Σ dA) (mean s), a product of sums where the products are summed.",
    lambda d, s, given: np.sum(d, axis=(-2, -1)) * np.mean(s, axis=(-2, -1)),
)
_scale(
    "missing-factor",
    "this is −β² Σ dA s, the derivative in the temperature 1/β; β is a multiplier.",
    lambda d, s, given: -np.sum(d * s * given.multiplier**2, axis=(-2, -1)),
)
_scale(
    "wrong-operand",
    "this is Σ dA p, with the weights where the scores belong.",
    lambda d, s, given: np.sum(d * _weights(given), axis=(-2, -1)),
)
_scale(
    "wrong-operand",
    "this is Σ p s, with the weights where the gradient dA belongs.",
    lambda d, s, given: np.sum(_weights(given) * s, axis=(-2, -1)),
)
_scale(
    "not-finite",
    "hidden scores are −∞ in Σ dA s, and 0 · −∞ is not a number.",
    lambda d, s, given: np.sum(d * np.where(_allowed(given), s, -np.inf), axis=(-2, -1)),
)


def _allowed(given: Given) -> Array:
    allowed = right_allowed(given)
    return np.full((), True) if allowed is None else allowed


def _weights(given: Given) -> Array:
    return right_weights(right_logits(right_scores(given), given), right_allowed(given), given)


def _cut(result: str, first: str, second: str) -> None:
    """A gradient by the two terms of the softmax's backward."""
    paths = {
        first: steps_with("d_logits", lambda d_weights, weights: weights * d_weights),
        second: steps_with(
            "d_logits",
            lambda d_weights, weights: -weights * np.sum(weights * d_weights, axis=-1, keepdims=True),
        ),
    }

    @known.sum_of("attention_backward", result)
    def terms(*arguments: Array, **options: Any) -> dict[str, Array]:
        return {
            name: attention_backward_formula(steps, result)(*arguments, **options)
            for name, steps in paths.items()
        }


for _result in ("d_queries", "d_keys", "d_scale"):
    _cut(_result, "by p dp (the softmax's first term)", "by −p Σ p dp (the softmax's mean)")


def _cut_cosine(result: str, parts: Callable[..., dict[str, Array]]) -> None:
    """A gradient by the two terms of the cosine's backward; other scores have one."""

    def path(name: str) -> Callable[..., Array]:
        def stage(d_scores: Array, given: Given) -> Any:
            return parts(d_scores, given.queries, given.keys)[name]

        return attention_backward_formula(steps_with(result, stage), result)

    names = list(parts(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1))))

    @known.sum_of("attention_backward", result)
    def terms(*arguments: Array, **options: Any) -> dict[str, Array]:
        if options.get("score", "cosine") != "cosine":
            raise ValueError("score: expected cosine, whose gradient has two terms")
        return {name: path(name)(*arguments, **options) for name in names}


_cut_cosine("d_queries", terms_of_queries)
_cut_cosine("d_keys", terms_of_keys)


def _values_by_scores(d_context: Array, queries: Array, keys: Array, values: Array, **options: Any) -> Array:
    options.pop("context", None), options.pop("log_normaliser", None)
    return right_scores(Given(queries, keys, values, **options)).swapaxes(-1, -2) @ d_context


known.mistake(
    "attention_backward",
    "d_values",
    "wrong-operand",
    "dV = Sᵀ dC, with the scores S where the weights P belong.",
    "By what does a value enter the context: by its score, or by its weight?",
)(_values_by_scores)
