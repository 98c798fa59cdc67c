"""Known mistakes of the gradients of the dot products: dw = Σᵢ ds vᵢ, and with the scale ds / √d in place of ds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional._checks import Array
from .mistake import Mistakes
from .sides import on_both_sides
from .vectors import directions

known = Mistakes()


def _of_both(function: str, factor: Callable[[Array], float], after: str) -> None:
    """The mistakes that both functions share; `after` is what their equation says of the scale."""
    wrong = on_both_sides(known, function)

    @wrong(
        "wrong-operand",
        f"this is Σ ds {{unit_v}}{after}, with unit vectors in the place of the {{keys}}.",
        "Does the forward pass divide by a norm?",
    )
    def of_unit_vectors(d_scores: Array, queries: Array, keys: Array) -> Array:
        return d_scores @ directions(keys) * factor(queries)

    @wrong(
        "wrong-operand",
        f"this is Σ ds {{w}}{after}, with the {{queries}} where the {{keys}} belong.",
        "In a product of two numbers, what is the derivative with respect to the first?",
    )
    def of_itself(d_scores: Array, queries: Array, keys: Array) -> Array:
        return d_scores @ queries * factor(queries)

    @wrong(
        "transposed",
        "ds is not turned to the {query}'s side: this sums over the {queries} where it should sum over the {keys}.",
        "Which index of ds belongs to {w}, and over which one does the sum run?",
    )
    def upstream_transposed(d_scores: Array, queries: Array, keys: Array) -> Array:
        return d_scores.swapaxes(-1, -2) @ keys * factor(queries)

    @wrong(
        "wrong-operand",
        f"the mean of the {{keys}} stands where each {{key}} belongs: this is Σ ds · mean({{v}}){after}.",
        "Which {key} does each entry of ds belong to?",
    )
    def of_mean_key(d_scores: Array, queries: Array, keys: Array) -> Array:
        mean = keys.mean(axis=-2, keepdims=True)
        return d_scores.sum(axis=-1, keepdims=True) * mean * factor(queries)

    @wrong(
        "wrong-operand",
        f"this is {{w}} Σ ds{after}: each {{query}} itself, times the sum of its row of ds; the {{keys}} do not occur.",
        "In a product of two numbers, what is the derivative with respect to the first?",
    )
    def itself_by_row_sums(d_scores: Array, queries: Array, keys: Array) -> Array:
        return queries * d_scores.sum(axis=-1, keepdims=True) * factor(queries)

    @wrong(
        "upstream-ignored",
        f"this is the sum of the {{keys}}, Σ {{v}}{after}, without ds.",
        "Double the upstream: does your gradient double?",
    )
    def without_upstream(d_scores: Array, queries: Array, keys: Array) -> Array:
        return np.ones_like(d_scores) @ keys * factor(queries)


_of_both("dot_scores_backward", lambda queries: 1.0, "")
_of_both("scaled_dot_scores_backward", lambda queries: 1 / float(np.sqrt(queries.shape[-1])), " / √d")

dot = on_both_sides(known, "dot_scores_backward")
scaled_dot = on_both_sides(known, "scaled_dot_scores_backward")


@dot(
    "constant-factor",
    "this is Σ ds {v} / √d, the gradient of the scaled dot product.",
    "Which of the two scores was asked for?",
)
def scaled_after_all(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / np.sqrt(queries.shape[-1])


@dot(
    "constant-factor",
    "this is a mean over the {keys}, where their gradients add up.",
    "Does a {query} feel each {key} less where there are more of them?",
)
def mean_over_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / keys.shape[-2]


@dot(
    "missing-factor",
    "this is Σ ds {v} divided by ‖{w}‖, as if the score were a cosine.",
    "Does the forward pass divide by a norm?",
)
def divided_by_norm(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / np.linalg.norm(queries, axis=-1, keepdims=True)


@scaled_dot(
    "constant-factor",
    "this is Σ ds {v}; the scale 1/√d of the forward pass is missing.",
    "The scores were multiplied by a constant: what does that do to their derivatives?",
)
def scale_forgotten(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys


@scaled_dot(
    "constant-factor",
    "this is Σ ds {v} / d; the scale 1/√d is applied twice.",
    "How many times did the forward pass scale the scores?",
)
def scaled_twice(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / queries.shape[-1]


@scaled_dot(
    "constant-factor",
    "this is Σ ds {v} · √d; the derivative of s / √d is multiplied by the root instead of divided.",
    "If y = x / c, what is dx, given dy?",
)
def scaled_the_other_way(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys * np.sqrt(queries.shape[-1])


@scaled_dot(
    "constant-factor",
    "the scale is one over the root of the number of {keys}, and not of the width d.",
    "Over which length does the sum in w·v run?",
)
def scaled_by_number_of_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / np.sqrt(keys.shape[-2])


@scaled_dot(
    "constant-factor",
    "the scale is one over the root of the number of {queries}, and not of the width d.",
    "Over which length does the sum in w·v run?",
)
def scaled_by_number_of_queries(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / np.sqrt(queries.shape[-2])
