"""Known mistakes of the cosine's gradient in the projection: what lies along the query cannot turn it."""

from __future__ import annotations

import numpy as np

from ...functional import cosine_scores
from ...functional._checks import Array
from .cosine_parts import along, pull, wrong_of_cosine
from .mistake import Mistakes
from .sides import exchanged
from .vectors import directions, lengths

known = Mistakes()
wrong = wrong_of_cosine(known)

HINT = "Make a {query} longer: its scores stay. What is {w} · d{w} then, and what is it in your formula?"


def terms_of_queries(d_scores: Array, queries: Array, keys: Array) -> dict[str, Array]:
    return {
        "Σ ds v̂ / ‖w‖ (the pull of the keys)": np.where(
            queries.any(axis=-1, keepdims=True), pull(d_scores, keys) / lengths(queries), 0
        ),
        "−Σ ds s ŵ / ‖w‖ (the projection)": -along(d_scores, queries, keys) / lengths(queries),
    }


@known.sum_of("cosine_scores_backward", "d_keys")
def terms_of_keys(d_scores: Array, queries: Array, keys: Array) -> dict[str, Array]:
    pulled, projected = exchanged(terms_of_queries)(d_scores, queries, keys).values()
    return {
        "Σ ds ŵ / ‖v‖ (the pull of the queries)": pulled,
        "−Σ ds s v̂ / ‖v‖ (the projection)": projected,
    }


known.sum_of("cosine_scores_backward", "d_queries")(terms_of_queries)


@wrong(
    "dropped-term", "this is Σ ds {unit_v} / ‖{w}‖; the projection −Σ ds s {unit_w} / ‖{w}‖ is missing.", HINT
)
def without_projection(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys) / lengths(queries)


@wrong(
    "dropped-term",
    "this is Σ ds {v} / ‖{w}‖; the projection is missing and {v} stands where {unit_v} belongs.",
    HINT,
)
def raw_without_projection(d_scores: Array, queries: Array, keys: Array) -> Array:
    return d_scores @ keys / lengths(queries)


@wrong(
    "dropped-term",
    "this is −Σ ds s {unit_w} / ‖{w}‖, the projection alone; the pull Σ ds {unit_v} / ‖{w}‖ is missing.",
    HINT,
)
def projection_alone(d_scores: Array, queries: Array, keys: Array) -> Array:
    return -along(d_scores, queries, keys) / lengths(queries)


@wrong(
    "sign-flipped",
    "this is (Σ ds {unit_v} + Σ ds s {unit_w}) / ‖{w}‖; the projection is added where it is taken away.",
    HINT,
)
def projection_added(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) + along(d_scores, queries, keys)) / lengths(queries)


@wrong(
    "missing-factor", "1/‖{w}‖ is missing on the projection, and stands only on the pull Σ ds {unit_v}.", HINT
)
def projection_without_norm(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys) / lengths(queries) - along(d_scores, queries, keys)


@wrong(
    "wrong-operand",
    "the projection is Σ ds s {w} / ‖{w}‖, with {w} itself in place of the unit vector {unit_w}; by the quotient rule it is "
    "{w} / ‖{w}‖².",
    HINT,
)
def projection_on_raw(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) - along(d_scores, queries, keys) * lengths(queries)) / lengths(queries)


@wrong(
    "wrong-operand",
    "the projection is {w} ({w} · Σ ds {unit_v}), with {w} itself twice in place of the unit vector {unit_w}.",
    HINT,
)
def projection_on_raw_twice(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) - along(d_scores, queries, keys) * lengths(queries) ** 2) / lengths(queries)


@wrong(
    "missing-factor",
    "the projection is divided by ‖{w}‖ once too often: with ({w}·{v}) {w} the quotient rule gives ‖{w}‖³, not ‖{w}‖⁴.",
    HINT,
)
def fourth_power(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) - along(d_scores, queries, keys) / lengths(queries)) / lengths(queries)


@wrong(
    "wrong-operand",
    "{v} stands where {unit_v} belongs, in the projection alone: 1/‖{v}‖ is missing there.",
    "Make a {key} longer: its scores stay. Does your gradient?",
)
def raw_keys_in_projection(d_scores: Array, queries: Array, keys: Array) -> Array:
    unit = directions(queries)
    projected = unit * np.sum(unit * (d_scores @ keys), axis=-1, keepdims=True)
    return (pull(d_scores, keys) - projected) / lengths(queries)


@wrong(
    "wrong-operand",
    "w·v stands where the cosine s belongs: the projection is Σ ds (w·v) {unit_w} / ‖{w}‖.",
    "Is the factor of the projection a dot product or a cosine?",
)
def dot_for_cosine(d_scores: Array, queries: Array, keys: Array) -> Array:
    dots = queries @ keys.swapaxes(-1, -2)
    projected = directions(queries) * np.sum(d_scores * dots, axis=-1, keepdims=True)
    return (pull(d_scores, keys) - projected) / lengths(queries)


@wrong(
    "wrong-operand",
    "the projection is Σ ds s {unit_v}, along the {key} instead of along the {query}.",
    HINT,
)
def projection_on_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores * (1 - cosine_scores(queries, keys)), keys) / lengths(queries)


@wrong(
    "missing-factor",
    "the upstream ds is missing in the projection: this is (Σ ds {unit_v} − Σ s {unit_w}) / ‖{w}‖.",
    "Double the upstream: does all of your gradient double?",
)
def projection_without_upstream(d_scores: Array, queries: Array, keys: Array) -> Array:
    return (pull(d_scores, keys) - along(np.ones_like(d_scores), queries, keys)) / lengths(queries)


@wrong(
    "missing-factor",
    "the score s is missing in the projection: this is (Σ ds {unit_v} − Σ ds {unit_w}) / ‖{w}‖.",
    HINT,
)
def projection_without_score(d_scores: Array, queries: Array, keys: Array) -> Array:
    projected = directions(queries) * d_scores.sum(axis=-1, keepdims=True)
    return (pull(d_scores, keys) - projected) / lengths(queries)


@wrong(
    "diagonal-only",
    "this is (1 − {unit_w}²) ⊙ Σ ds {unit_v} / ‖{w}‖, the diagonal of the projection; each component of {w} also bears on the others.",
    "The norm is made of all components: what does one of them do to the others' share?",
)
def diagonal(d_scores: Array, queries: Array, keys: Array) -> Array:
    return pull(d_scores, keys) * (1 - directions(queries) ** 2) / lengths(queries)


@wrong(
    "wrong-axis",
    "the projection sums {unit_w} ⊙ Σ ds {unit_v} over the positions (axis −2) instead of the components.",
    "A projection needs the dot product of which two vectors?",
)
def projection_over_positions(d_scores: Array, queries: Array, keys: Array) -> Array:
    unit, pulled = directions(queries), pull(d_scores, keys)
    return (pulled - unit * np.sum(unit * pulled, axis=-2, keepdims=True)) / lengths(queries)


@wrong(
    "wrong-axis",
    "the projection sums {unit_w} ⊙ Σ ds {unit_v} over the whole array instead of the components of each vector.",
    "A projection needs the dot product of which two vectors?",
)
def projection_over_everything(d_scores: Array, queries: Array, keys: Array) -> Array:
    unit, pulled = directions(queries), pull(d_scores, keys)
    return (pulled - unit * np.sum(unit * pulled)) / lengths(queries)
