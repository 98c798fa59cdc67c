"""The known mistakes of each single step, as they show in attention as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...functional._checks import Array
from . import (
    context,
    cosine_edges,
    cosine_norms,
    cosine_projection,
    dot_backward,
    scores,
    weights,
    weights_backward,
    weights_masked,
)
from .mistake import Formula, Mistake, Mistakes
from .steps import (
    PATHS,
    Given,
    attention_backward_formula,
    attention_formula,
    right_d_keys,
    right_d_queries,
    right_scores,
    steps_with,
)

known = Mistakes()

# Which scores a function gives.
_COSINE, _DOT = ("cosine",), ("dot", "scaled_dot")


def _mistakes(function: str, result: str, *files: Any) -> Iterable[Mistake]:
    for file in files:
        for mistake in file.known.mistakes:
            if (mistake.function, mistake.result) == (function, result):
                yield mistake


def _forward(stage: str, place: str, mistake: Mistake, formula: Callable[..., Any]) -> None:
    known.mistake("attention", "output", mistake.code, f"{place}: {mistake.message}", mistake.hint)(
        attention_formula(steps_with(stage, formula))
    )


def _backward(stage: str, place: str, mistake: Mistake, formula: Callable[..., Any]) -> None:
    for result in PATHS[stage]:
        known.mistake(
            "attention_backward", result, mistake.code, f"{place}: {mistake.message}", mistake.hint
        )(attention_backward_formula(steps_with(stage, formula), result))


def _as_weights(formula: Formula) -> Callable[..., Array]:
    return lambda logits, allowed, given: formula(logits, mask=allowed)


def _as_scores(formula: Formula, names: tuple[str, ...]) -> Callable[[Given], Array]:
    return lambda given: formula(given.queries, given.keys) if given.score in names else right_scores(given)


def _as_gradient(formula: Formula, names: tuple[str, ...], result: str) -> Callable[[Array, Given], Array]:
    right = right_d_queries if result == "d_queries" else right_d_keys
    return lambda d_scores, given: (
        formula(d_scores, given.queries, given.keys) if given.score in names else right(d_scores, given)
    )


# Attention takes the last axis and weights that sum to one, the softmax's backward takes off a mean and multiplies by the
# weights: behind these some mistakes have no effect. The last two are `attention`'s own.
_LEFT_OUT = {
    weights.axis_ignored,
    weights_backward.axis_ignored,
    context.normalised_again,
    context.context_taken_off,
    context.zero_where_weight_is,
    context.softmax_backward_too,
    weights_masked.ignored,
}
# A wrong softmax in the backward pass: of the forward pass's mistakes those that do not show in the forward pass's result.
_ON_THE_WAY_BACK = {"wrong-axis", "mask-ignored", "not-finite", "sign-flipped", "counted-twice"}

for _mistake in _mistakes("softmax", "output", weights, weights_masked):
    if _mistake.formula not in _LEFT_OUT:
        _forward("weights", "in the softmax", _mistake, _as_weights(_mistake.formula))
        if _mistake.code in _ON_THE_WAY_BACK:
            _backward(
                "weights", "in the softmax that is computed again", _mistake, _as_weights(_mistake.formula)
            )

for _mistake in _mistakes("context", "output", context):
    if _mistake.formula not in _LEFT_OUT:
        _forward("context", "in the weighted sum", _mistake, _mistake.formula)

for _function, _names, _words in (
    ("cosine_scores", _COSINE, "the cosine scores"),
    ("dot_scores", _DOT, "the dot products"),
):
    for _mistake in _mistakes(_function, "output", scores, cosine_edges):
        _forward("scores", f"in {_words}", _mistake, _as_scores(_mistake.formula, _names))
    for _result in ("d_queries", "d_keys"):
        for _mistake in _mistakes(
            f"{_function}_backward", _result, cosine_projection, cosine_norms, cosine_edges, dot_backward
        ):
            _backward(
                _result,
                f"in the backward of {_words}",
                _mistake,
                _as_gradient(_mistake.formula, _names, _result),
            )

for _stage in ("d_weights", "d_values"):
    for _mistake in _mistakes("context_backward", _stage, context):
        if _mistake.formula not in _LEFT_OUT:
            _backward(_stage, "in the weighted sum's backward", _mistake, _mistake.formula)

for _mistake in _mistakes("softmax_backward", "d_scores", weights_backward):
    if _mistake.formula not in _LEFT_OUT:
        _backward("d_logits", "in the softmax's backward", _mistake, _mistake.formula)
