"""The cosine of the zero vector and of very long or short ones: epsilons, 0/0, and squares that overflow."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional._checks import Array
from .mistake import Formula, Mistakes
from .sides import on_both_sides
from .vectors import directions, lengths

known = Mistakes()
forward = partial(known.mistake, "cosine_scores", "output")
backward = on_both_sides(known, "cosine_scores_backward")


def _norms(vectors: Array) -> Array:
    return np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))


def _product_of_norms(queries: Array, keys: Array) -> Array:
    return _norms(queries) * _norms(keys).swapaxes(-1, -2)


def _dot(queries: Array, keys: Array) -> Array:
    return queries @ keys.swapaxes(-1, -2)


@forward(
    "zero-vector",
    "each vector is divided by its norm √Σx², which for the zero vector is 0/0.",
    "What is the score of a padding vector of zeros, and what happens to a NaN in a softmax?",
)
def zero_by_zero(queries: Array, keys: Array) -> Array:
    return _dot(queries / _norms(queries), keys / _norms(keys))


@forward(
    "zero-vector",
    "w·v is divided by ‖w‖ ‖v‖, which for a zero vector is 0/0.",
    "What is the score of a padding vector of zeros, and what happens to a NaN in a softmax?",
)
def quotient_of_zeros(queries: Array, keys: Array) -> Array:
    return _dot(queries, keys) / _product_of_norms(queries, keys)


@forward(
    "unstable",
    "the squares of √Σx² leave the range of a float: very long vectors have norm ∞, very short ones norm 0.",
    "The direction does not depend on the unit of length: which unit would keep the squares moderate?",
)
def squares_overflow(queries: Array, keys: Array) -> Array:
    query_norms, key_norms = _norms(queries), _norms(keys)
    return _dot(
        queries / np.where(query_norms == 0, 1, query_norms), keys / np.where(key_norms == 0, 1, key_norms)
    )


@forward(
    "unstable",
    "w·v and ‖w‖ ‖v‖ leave the range of a float for very long or very short vectors, though their quotient does not.",
    "In which order could you divide and multiply, so that no number on the way is large?",
)
def product_overflows(queries: Array, keys: Array) -> Array:
    product = _product_of_norms(queries, keys)
    return _dot(queries, keys) / np.where(product == 0, 1, product)


@forward(
    "zero-vector",
    "a zero vector has score 1; by convention it is 0.",
    "A vector without a direction: is it like every other vector, or like none?",
)
def one_for_zeros(queries: Array, keys: Array) -> Array:
    both = _product_of_norms(queries, keys) > 0
    return np.where(both, _dot(directions(queries), directions(keys)), 1)


def _with_epsilon(eps: float) -> None:
    """An epsilon keeps the zero vector from 0/0, and moves every other cosine."""
    ways: list[tuple[str, str, Formula]] = [
        (
            "zero-vector",
            f"ε = {eps:g} is added to each norm, which makes every cosine a little too small.",
            lambda queries, keys: _dot(queries / (_norms(queries) + eps), keys / (_norms(keys) + eps)),
        ),
        (
            "zero-vector",
            f"ε = {eps:g} is added to ‖w‖ ‖v‖, which makes every cosine a little too small.",
            lambda queries, keys: _dot(queries, keys) / (_product_of_norms(queries, keys) + eps),
        ),
        (
            "zero-vector",
            f"ε = {eps:g} is added under the root of each norm, which makes every cosine a little too small.",
            lambda queries, keys: _dot(
                queries / np.sqrt(_norms(queries) ** 2 + eps), keys / np.sqrt(_norms(keys) ** 2 + eps)
            ),
        ),
        (
            "unstable",
            f"each norm is at least ε = {eps:g}, so shorter vectors lose their cosine.",
            lambda queries, keys: _dot(
                queries / np.maximum(_norms(queries), eps), keys / np.maximum(_norms(keys), eps)
            ),
        ),
        (
            "unstable",
            f"‖w‖ ‖v‖ is at least ε = {eps:g}, so shorter vectors lose their cosine.",
            lambda queries, keys: _dot(queries, keys) / np.maximum(_product_of_norms(queries, keys), eps),
        ),
    ]
    for code, message, formula in ways:
        forward(code, message, "One vector of all is special; which others does your remedy touch?")(formula)


def _backward_with_epsilon(eps: float) -> None:
    ways = [
        (f"ε = {eps:g} is added to each norm", lambda norms: norms + eps),
        (f"ε = {eps:g} is added under the root of each norm", lambda norms: np.sqrt(norms**2 + eps)),
        (f"each norm is at least ε = {eps:g}", lambda norms: np.maximum(norms, eps)),
    ]
    for words, norm in ways:
        backward(
            "zero-vector",
            words + ": a zero {query} receives Σ ds {unit_v} / ε, and by convention it receives 0.",
            "What does the division by ‖{w}‖ do to the gradient of a vector of zeros?",
        )(partial(_across, norm=norm))


def _across(d_scores: Array, queries: Array, keys: Array, norm: Formula) -> Array:
    query_norms = norm(_norms(queries))
    unit_queries, unit_keys = queries / query_norms, keys / norm(_norms(keys))
    d_unit = d_scores @ unit_keys
    return (d_unit - unit_queries * np.sum(d_unit * unit_queries, axis=-1, keepdims=True)) / query_norms


backward(
    "zero-vector",
    "‖{w}‖ or ‖{v}‖ is 0 for a zero vector, and the gradient is 0/0 there.",
    "What is the gradient of a padding vector of zeros, by the convention of the forward pass?",
)(partial(_across, norm=lambda norms: norms))


@backward(
    "zero-vector",
    "a zero {query} receives Σ ds {unit_v}, and by convention it receives 0.",
    "A zero vector has no direction that could turn: what can its gradient be?",
)
def pulls_zeros(d_scores: Array, queries: Array, keys: Array) -> Array:
    unit_queries = directions(queries)
    d_unit = d_scores @ directions(keys)
    along = np.sum(d_unit * unit_queries, axis=-1, keepdims=True)
    return (d_unit - unit_queries * along) / lengths(queries)


for _eps in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12):
    _with_epsilon(_eps)
    _backward_with_epsilon(_eps)
