"""Known mistakes of attention as a whole: scale, bias, mask and causality, and what each step takes from the one before.

Each is one wrong stage in the three steps. The mistakes that sit in a single step are those of that step's own function,
and are carried over in `attention_stages`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...functional import causal_mask
from ...functional._checks import Array
from ...functional.scores import default_scale
from .mistake import Mistakes
from .steps import (
    PATHS,
    Given,
    Steps,
    attention_backward_formula,
    attention_formula,
    right_logits,
    right_scores,
    steps_with,
)

known = Mistakes()


def wrong(
    stage: str, code: str, message: str, hint: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Write a wrong stage down for every result that it bears on, of the forward and the backward function."""

    def add(formula: Callable[..., Any]) -> Callable[..., Any]:
        steps = steps_with(stage, formula)
        if not stage.startswith("d_"):
            known.mistake("attention", "output", code, message, hint)(attention_formula(steps))
        for result in PATHS.get(stage, ()):
            known.mistake("attention_backward", result, code, message, hint)(
                attention_backward_formula(steps, result)
            )
        return formula

    return add


HINT_SCALE = "Double the scale: which arrays on the way change, and which do not?"
HINT_BIAS = "In softmax(β s + b), what does β multiply?"
HINT_CAUSAL = (
    "With a cache of earlier keys there are more keys than queries: which of them may the last query see?"
)
HINT_MASK = "Change a key that is hidden from a query: does anything of that query move?"


@wrong(
    "logits",
    "dropped-term",
    "the weights are a softmax of the scores without the scale β.",
    HINT_SCALE,
)
def without_scale(scores: Array, given: Given) -> Array:
    return scores + given.added


@wrong("logits", "wrong-operand", "the scores are divided by the scale β, which multiplies them.", HINT_SCALE)
def scale_divides(scores: Array, given: Given) -> Array:
    return scores / given.multiplier + given.added


@wrong(
    "logits",
    "constant-factor",
    "1/√d multiplies the scores beside a scale that was given; it should stand in its place.",
    "What does scale=None stand for, and what does a number?",
)
def default_scale_too(scores: Array, given: Given) -> Array:
    default = 1.0 if given.scale is None else default_scale(given.score, given.queries.shape[-1])
    return right_logits(scores * default, given)


@wrong(
    "logits",
    "constant-factor",
    "1/√d multiplies the scores whatever the score's name; None means 1 for cosine and dot.",
    "Which score has 1/√d in its name?",
)
def always_by_root(scores: Array, given: Given) -> Array:
    factor = given.queries.shape[-1] ** -0.5 if given.scale is None and given.score != "scaled_dot" else 1.0
    return scores * factor * given.multiplier + given.added


@wrong(
    "logits",
    "wrong-operand",
    "a scale that was given is ignored for 1/√d or 1.",
    HINT_SCALE,
)
def given_scale_ignored(scores: Array, given: Given) -> Array:
    return right_logits(scores, replace(given, scale=None))


@wrong("logits", "counted-twice", "the scale is applied twice, β² s.", HINT_SCALE)
def scale_squared(scores: Array, given: Given) -> Array:
    return scores * given.multiplier**2 + given.added


@wrong("logits", "dropped-term", "the bias is missing.", "Raise the bias of one pair: does its weight grow?")
def without_bias(scores: Array, given: Given) -> Array:
    return scores * given.multiplier


@wrong(
    "logits",
    "sign-flipped",
    "the bias is taken away, β s − b.",
    "Raise the bias of one pair: does its weight grow?",
)
def bias_taken_off(scores: Array, given: Given) -> Array:
    return scores * given.multiplier - given.added


@wrong("logits", "constant-factor", "the bias is scaled too: this is β (s + b).", HINT_BIAS)
def bias_scaled(scores: Array, given: Given) -> Array:
    return (scores + given.added) * given.multiplier


@wrong("logits", "wrong-operand", "the bias multiplies the scaled scores, β s b.", HINT_BIAS)
def bias_multiplies(scores: Array, given: Given) -> Array:
    return scores * given.multiplier * (1 if given.bias is None else given.bias)


@wrong("allowed", "mask-ignored", "mask and causality play no part.", HINT_MASK)
def nothing_hidden(given: Given) -> Array | None:
    return None


@wrong("allowed", "mask-ignored", "the mask plays no part; only causality does.", HINT_MASK)
def without_mask(given: Given) -> Array | None:
    return causal_mask(*given.lengths) if given.causal else None


@wrong("allowed", "mask-ignored", "causality plays no part: a query sees later keys.", HINT_CAUSAL)
def without_causality(given: Given) -> Array | None:
    return given.mask


@wrong(
    "allowed", "mask-ignored", "the mask is read the other way round: what is allowed is hidden.", HINT_MASK
)
def mask_inverted(given: Given) -> Array | None:
    return _with_mask(given, None if given.mask is None else ~given.mask, causal_mask(*given.lengths))


@wrong(
    "allowed",
    "mask-ignored",
    "mask and causality are joined by or: a key is seen that either of them allows.",
    "Two reasons to hide a key: must both hold, or is one enough?",
)
def either(given: Given) -> Array | None:
    if given.mask is None or not given.causal:
        return _with_mask(given, given.mask, causal_mask(*given.lengths))
    return given.mask | causal_mask(*given.lengths)


def _with_mask(given: Given, mask: Array | None, no_later: Array) -> Array | None:
    """Where attending is allowed by a mask and some form of causality."""
    if not given.causal:
        return mask
    return no_later if mask is None else mask & no_later


def _causality(message: str, hint: str, no_later: Callable[[Array, Array, int], Array]) -> None:
    """Another order of query i, key j and the difference S − L."""

    @wrong("allowed", "mask-ignored", message, hint)
    def allowed(given: Given) -> Array | None:
        targets, sources = given.lengths
        i, j = np.arange(targets)[:, None], np.arange(sources)
        return _with_mask(given, given.mask, no_later(i, j, sources - targets))


_causality(
    "causality aligns the beginnings, j ≤ i: it should align the ends, j ≤ i + S − L.",
    HINT_CAUSAL,
    lambda i, j, more: j <= i,
)
_causality(
    "causality is j ≤ i − (S − L), shifted the wrong way.", HINT_CAUSAL, lambda i, j, more: j <= i - more
)
_causality(
    "causality is strict, j < i + S − L: a query does not see the key of its own position.",
    "May a position attend to itself?",
    lambda i, j, more: j < i + more,
)
_causality(
    "causality looks ahead, j ≥ i + S − L: a query sees later keys, and not the earlier ones.",
    "Lower or upper triangle: which keys come before a query?",
    lambda i, j, more: j >= i + more,
)
_causality(
    "causality hides the earlier keys, j ≥ i.",
    "Lower or upper triangle: which keys come before a query?",
    lambda i, j, more: j >= i,
)
_causality(
    "causality lets each query see one key too many, j ≤ i + S − L + 1.",
    "May a position attend to the next one?",
    lambda i, j, more: j <= i + more + 1,
)


def _instead_of_values(message: str, array: Callable[[Given], Array]) -> None:
    @known.mistake(
        "attention", "output", "wrong-operand", message, "Which of the three arrays does the context average?"
    )
    def formula(
        queries: Array, keys: Array, values: Array, *, return_log_normaliser: bool = False, **options: Any
    ) -> Array:
        given = Given(queries, keys, values, **options)
        return Steps().forward(replace(given, values=array(given)))


_instead_of_values(
    "this is the mean of the keys, weighted by attention, and not of the values.", lambda given: given.keys
)
_instead_of_values(
    "this is the mean of the queries, weighted by attention, and not of the values.",
    lambda given: given.queries,
)


@wrong(
    "scores",
    "wrong-operand",
    "the queries are scored against the values, and not against the keys.",
    "Which of the arrays do you never use?",
)
def against_values(given: Given) -> Array:
    return right_scores(replace(given, keys=given.values))


@wrong(
    "scores",
    "wrong-operand",
    "the queries are scored against themselves, and not against the keys.",
    "Which of the arrays do you never use?",
)
def against_queries(given: Given) -> Array:
    return right_scores(replace(given, keys=given.queries))
