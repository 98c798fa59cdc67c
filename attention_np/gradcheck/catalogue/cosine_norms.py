"""Known mistakes of the cosine's gradient in the norms and unit vectors, and in the sums."""

from __future__ import annotations

import numpy as np

from ...functional._checks import Array
from .cosine_parts import along, pull, wrong_of_cosine
from .mistake import Mistakes
from .vectors import directions, lengths

known = Mistakes()
wrong = wrong_of_cosine(known)

HINT = "Make all of w and v ten times as long: the scores stay. By what factor does d{w} change, and yours?"


@wrong(
    "dropped-term",
    "this is Σ ds {unit_v}, the gradient of {unit_w}; the way from {unit_w} to {w} (projection and 1/‖{w}‖) is missing.",
    "Your result is the gradient of a unit vector: what did the forward pass do to {w} before that?",
)
def gradient_of_unit(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys)


@wrong(
    "dropped-term",
    "this is Σ ds {v}, the gradient of the dot product; the norms are treated as if they were 1.",
    "Which function's derivative is this, and what does the cosine divide by?",
)
def gradient_of_dot(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys


@wrong("missing-factor", "the factor 1/‖{w}‖ is missing: a long vector turns less.", HINT)
def without_norm(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys) - along(d_scores, queries, keys)


@wrong("missing-factor", "this is divided by ‖{w}‖², by ‖{w}‖ once too often.", HINT)
def norm_squared(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) - along(d_scores, queries, keys)) / lengths(queries) ** 2


@wrong(
    "missing-factor", "1/‖{w}‖ is missing on the pull Σ ds {unit_v}, and stands only on the projection.", HINT
)
def pull_without_norm(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys) - along(d_scores, queries, keys) / lengths(queries)


@wrong(
    "wrong-operand",
    "{v} stands where {unit_v} belongs: this is (Σ ds {v} − {unit_w} ({unit_w} · Σ ds {v})) / ‖{w}‖.",
    "Make a {key} longer: its scores stay. Does your gradient?",
)
def raw_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
    pulled, unit = d_scores @ keys, directions(queries)
    return (pulled - unit * np.sum(unit * pulled, axis=-1, keepdims=True)) / lengths(queries)


@wrong(
    "wrong-operand",
    "neither is a unit vector: this is (Σ ds {v} − {w} ({w} · Σ ds {v})) / ‖{w}‖.",
    "The projection x − u (u·x) takes the part along u away only if u has a certain length: which?",
)
def raw_both(d_scores: Array, queries: Array, keys: Array) -> Array:
    pulled = d_scores @ keys
    return (pulled - queries * np.sum(queries * pulled, axis=-1, keepdims=True)) / lengths(queries)


@wrong(
    "wrong-operand",
    "{v} stands where {unit_v} belongs, in the pull alone: this is (Σ ds {v} − Σ ds s {unit_w}) / ‖{w}‖.",
    "Make a {key} longer: its scores stay. Does your gradient?",
)
def raw_keys_in_pull(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (d_scores @ keys - along(d_scores, queries, keys)) / lengths(queries)


@wrong(
    "wrong-operand",
    "this is divided by the {key}'s norm ‖{v}‖; it is ‖{w}‖ that belongs there.",
    HINT,
)
def norm_of_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
    shares = d_scores / lengths(keys).swapaxes(-1, -2)
    return pull(shares, keys) - along(shares, queries, keys)


def _with_norms_over(axis: tuple[int, ...] | None, words: str) -> None:
    @wrong(
        "wrong-axis",
        f"all norms are taken over {words} instead of over the components of each vector.",
        "How many norms do you expect, and how many does your code compute?",
    )
    def formula(d_scores: Array, queries: Array, keys: Array) -> Array:
        query_norms = np.linalg.norm(queries, axis=axis, keepdims=True)
        unit = queries / query_norms
        pulled = d_scores @ (keys / np.linalg.norm(keys, axis=axis, keepdims=True))
        return (pulled - unit * np.sum(unit * pulled, axis=-1, keepdims=True)) / query_norms


_with_norms_over((-2,), "the positions (axis −2)")
_with_norms_over((-2, -1), "a whole matrix")
_with_norms_over(None, "the whole array")


@wrong(
    "transposed",
    "ds is not turned to the {query}'s side: this sums over the {queries} where it should sum over the {keys}.",
    "Which index of ds belongs to {w}, and over which one does the sum run?",
)
def upstream_transposed(d_scores: Array, queries: Array, keys: Array) -> Array:
    turned = d_scores.swapaxes(-1, -2)
    return (pull(turned, keys) - along(turned, queries, keys)) / lengths(queries)


@wrong(
    "wrong-axis",
    "the lengths, and the projection, are taken down the {queries} and {keys}, where they belong along the width.",
    "How many lengths has a stack of five vectors?",
)
def down_the_rows(d_scores: Array, queries: Array, keys: Array) -> Array:
    norms, key_norms = (np.linalg.norm(x, axis=-2, keepdims=True) for x in (queries, keys))
    unit, pulled = queries / norms, d_scores @ (keys / key_norms)
    return (pulled - unit * np.sum(pulled * unit, axis=-2, keepdims=True)) / norms
