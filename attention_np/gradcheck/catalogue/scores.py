"""Known mistakes of the three multiplicative scores, forwards: cosine, dot product, scaled dot product."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...functional import cosine_scores, dot_scores, scaled_dot_scores
from ...functional._checks import Array
from .mistake import Formula, Mistakes
from .vectors import directions, lengths

known = Mistakes()
cosine = partial(known.mistake, "cosine_scores", "output")
dot = partial(known.mistake, "dot_scores", "output")
scaled_dot = partial(known.mistake, "scaled_dot_scores", "output")


def _row(norms_of_keys: Array) -> Array:
    """The norms of the keys (..., S, 1) as a row (..., 1, S), to stand beside scores."""
    return norms_of_keys.swapaxes(-1, -2)


@cosine(
    "missing-factor",
    "this is w·v, the dot product; it is divided by neither norm.",
    "Make a key three times as long: does its angle to the query change?",
)
def without_norms(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, keys)


@cosine(
    "missing-factor",
    "this is w·v / ‖v‖; ‖w‖ is missing below.",
    "Make a query three times as long: does its angle to the keys change?",
)
def without_query_norm(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, directions(keys))


@cosine(
    "missing-factor",
    "this is w·v / ‖w‖; ‖v‖ is missing below.",
    "Make a key three times as long: does its angle to the query change?",
)
def without_key_norm(queries: Array, keys: Array) -> Array:
    return dot_scores(directions(queries), keys)


@cosine(
    "missing-factor",
    "this is w·v / (‖w‖² ‖v‖²); the square root of the sums of squares is missing.",
    "What is the cosine of a vector with itself, and what does yours give for one of length 2?",
)
def squared_norms(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys) / lengths(queries) / _row(lengths(keys))


@cosine(
    "wrong-operand",
    "this is w·v / ‖w‖²; the query's norm stands in the place of the key's.",
    "Which two lengths does the formula divide by?",
)
def query_norm_twice(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys) * _row(lengths(keys)) / lengths(queries)


@cosine(
    "wrong-operand",
    "this is w·v / ‖v‖²; the key's norm stands in the place of the query's.",
    "Which two lengths does the formula divide by?",
)
def key_norm_twice(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys) * lengths(queries) / _row(lengths(keys))


@cosine(
    "wrong-values",
    "this is w·v / (‖w‖ + ‖v‖), the sum of the norms instead of their product.",
    "What is the cosine of a vector with itself, and what does yours give?",
)
def sum_of_norms(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, keys) / (lengths(queries) + _row(lengths(keys)))


@cosine(
    "wrong-operand",
    "this is w·v / √d; the root of the width stands in the place of the two norms.",
    "What makes a score independent of how long the vectors are?",
)
def width_for_norms(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, keys) / np.sqrt(queries.shape[-1])


@cosine(
    "misplaced",
    "the norms of the keys divide the rows; each row belongs to a query.",
    "Write the shapes beside each other: along which axis of the scores do the keys lie?",
)
def key_norms_down_the_rows(queries: Array, keys: Array) -> Array:
    return dot_scores(directions(queries), keys) / lengths(keys)


@cosine(
    "wrong-axis",
    "the norms are taken over the positions (axis −2); a vector's components lie along axis −1.",
    "How many norms do you expect, one for each vector or one for each component?",
)
def norms_over_positions(queries: Array, keys: Array) -> Array:
    return dot_scores(
        queries / np.linalg.norm(queries, axis=-2, keepdims=True),
        keys / np.linalg.norm(keys, axis=-2, keepdims=True),
    )


@cosine(
    "wrong-axis",
    "each norm is that of the whole array, one number for all vectors.",
    "How many norms does your code compute, and how many vectors are there?",
)
def norms_of_everything(queries: Array, keys: Array) -> Array:
    return dot_scores(queries / np.linalg.norm(queries), keys / np.linalg.norm(keys))


@cosine(
    "wrong-axis",
    "each norm is that of a whole matrix (axes −2 and −1), one number for all vectors of an example.",
    "How many norms does your code compute, and how many vectors are there?",
)
def norms_of_matrices(queries: Array, keys: Array) -> Array:
    return dot_scores(
        queries / np.linalg.norm(queries, axis=(-2, -1), keepdims=True),
        keys / np.linalg.norm(keys, axis=(-2, -1), keepdims=True),
    )


@cosine(
    "wrong-values",
    "the vectors are divided by Σ|x|, their 1-norm, instead of their length √Σx².",
    "What is the cosine of a vector with itself, and what does yours give?",
)
def one_norm(queries: Array, keys: Array) -> Array:
    return dot_scores(
        queries / np.abs(queries).sum(axis=-1, keepdims=True), keys / np.abs(keys).sum(axis=-1, keepdims=True)
    )


@cosine(
    "wrong-values",
    "the vectors are divided by max|x|, their largest component, instead of their length √Σx².",
    "What is the cosine of a vector with itself, and what does yours give?",
)
def largest_component(queries: Array, keys: Array) -> Array:
    return dot_scores(
        queries / np.abs(queries).max(axis=-1, keepdims=True), keys / np.abs(keys).max(axis=-1, keepdims=True)
    )


@cosine(
    "wrong-values",
    "each vector's mean is subtracted first; this is Pearson's correlation.",
    "Does the formula move the vectors, or only measure the angle between them?",
)
def correlation(queries: Array, keys: Array) -> Array:
    return cosine_scores(
        queries - queries.mean(axis=-1, keepdims=True), keys - keys.mean(axis=-1, keepdims=True)
    )


@cosine(
    "wrong-values",
    "this is 1 − cos, a distance.",
    "Should the closest key have the highest score, or the lowest?",
)
def distance(queries: Array, keys: Array) -> Array:
    return 1 - cosine_scores(queries, keys)


@cosine("wrong-values", "this is |cos|.", "What should the score of two opposite vectors be?")
def without_sign(queries: Array, keys: Array) -> Array:
    return np.abs(cosine_scores(queries, keys))


@cosine("wrong-values", "this is max(cos, 0).", "What should the score of two opposite vectors be?")
def clipped_at_zero(queries: Array, keys: Array) -> Array:
    return np.maximum(cosine_scores(queries, keys), 0)


@cosine("wrong-values", "this is cos².", "What should the score of two opposite vectors be?")
def squared(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys) ** 2


@cosine(
    "wrong-values",
    "this is the angle itself, arccos of the cosine.",
    "Which of the two grows with the likeness?",
)
def angle(queries: Array, keys: Array) -> Array:
    return np.arccos(np.clip(cosine_scores(queries, keys), -1, 1))


@dot(
    "constant-factor",
    "this is w·v / √d, the scaled dot product.",
    "Which of the two scores was asked for?",
)
def scaled_after_all(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, keys) / np.sqrt(queries.shape[-1])


@scaled_dot(
    "constant-factor",
    "this is w·v; the 1/√d is missing.",
    "What is the variance of a dot product of d independent standard numbers?",
)
def not_scaled(queries: Array, keys: Array) -> Array:
    return dot_scores(queries, keys)


def _scaled_by(factor: Callable[[Array, Array], float], message: str, hint: str) -> None:
    @scaled_dot("constant-factor", message, hint)
    def formula(queries: Array, keys: Array) -> Array:
        return dot_scores(queries, keys) * factor(queries, keys)


_scaled_by(
    lambda queries, keys: 1 / queries.shape[-1],
    "this is w·v / d; the square root is missing.",
    "Which should stay at 1, the variance of a score or its square?",
)
_scaled_by(
    lambda queries, keys: float(np.sqrt(queries.shape[-1])),
    "this is w·v · √d; the root belongs below.",
    "Should the scores of wider vectors be larger?",
)
_scaled_by(
    lambda queries, keys: 1 / float(np.sqrt(keys.shape[-2])),
    "this is w·v / √S; the number of keys stands in the place of their width.",
    "Over which length does the sum in w·v run?",
)
_scaled_by(
    lambda queries, keys: 1 / float(np.sqrt(queries.shape[-2])),
    "this is w·v / √L; the number of queries stands in the place of their width.",
    "Over which length does the sum in w·v run?",
)


@scaled_dot(
    "wrong-operand",
    "these are cosines divided by √d; the vectors were made unit vectors first.",
    "Which of the two keeps the scores small, the norms or the root of the width?",
)
def of_unit_vectors(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys) / np.sqrt(queries.shape[-1])


@dot(
    "wrong-operand",
    "these are cosines; the vectors were made unit vectors first.",
    "Should a longer key have a larger dot product?",
)
def cosines(queries: Array, keys: Array) -> Array:
    return cosine_scores(queries, keys)


def _same_side_twice(written: Callable[..., Callable[[Formula], Formula]], score: Formula) -> None:
    @written(
        "wrong-operand",
        "the queries are scored against themselves; the keys play no part.",
        "Change a key: does any score of yours move?",
    )
    def of_queries(queries: Array, keys: Array) -> Array:
        return score(queries, queries)

    @written(
        "wrong-operand",
        "the keys are scored against themselves; the queries play no part.",
        "Change a query: does any score of yours move?",
    )
    def of_keys(queries: Array, keys: Array) -> Array:
        return score(keys, keys)


_same_side_twice(cosine, cosine_scores)
_same_side_twice(dot, dot_scores)
_same_side_twice(scaled_dot, scaled_dot_scores)
