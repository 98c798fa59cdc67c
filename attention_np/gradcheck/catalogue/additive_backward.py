"""Known mistakes of the additive score's gradients: dz = ds u ⊙ (1 − t²), dw = (Σᵢ dzⱼᵢ) Wᵀ, dW = Σⱼ wⱼᵀ Σᵢ dzⱼᵢ, du = Σ ds t.

Queries and keys stand in it alike, so all is written for the side of the queries and holds for the keys with the two exchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional._checks import Array
from .additive_sides import KEYS, QUERIES, OfSide, Side, formula_of, right_d_projected, to_vectors, to_weight
from .mistake import Formula, Mistakes
from .positions import wrong_sums

known = Mistakes()

VECTORS, WEIGHTS = ("d_queries", "d_keys"), ("d_query_weight", "d_key_weight")


def _both(results: tuple[str, str], code: str, message: str, hint: str) -> Callable[[OfSide], OfSide]:
    """Write a formula of a side down for the results of both, the queries' first."""

    def add(side: OfSide) -> OfSide:
        for result, names, of_keys in zip(results, (QUERIES, KEYS), (False, True), strict=True):
            known.mistake(
                "additive_scores_backward", result, code, message.format(**names), hint.format(**names)
            )(formula_of(side, of_keys))
        return side

    return add


def _summed(side: Side, slope: Array) -> Array:
    """dq for any slope (..., L, S, h) of the bend."""
    return (side.upstream[..., None] * side.u * slope).sum(axis=-2)


def _terms(results: tuple[str, str], to: Callable[[Array, Side], Array], one: str, square: str) -> None:
    """The two terms of the slope 1 − t², as they come out in the results of both sides."""
    for result, names, of_keys in zip(results, (QUERIES, KEYS), (False, True), strict=True):
        known.sum_of("additive_scores_backward", result)(
            _cut(to, one.format(**names), square.format(**names), of_keys)
        )


def _cut(to: Callable[[Array, Side], Array], one: str, square: str, of_keys: bool) -> Formula:
    return formula_of(
        lambda side: {
            one: to(_summed(side, np.ones_like(side.z)), side),
            square: to(_summed(side, -(side.t**2)), side),
        },
        of_keys,
    )


_terms(VECTORS, to_vectors, "Σ ds u {W}ᵀ (by the 1 of 1 − t²)", "−Σ ds u ⊙ t² {W}ᵀ (by the t² of 1 − t²)")
_terms(WEIGHTS, to_weight, "Σ {w}ᵀ ds u (by the 1 of 1 − t²)", "−Σ {w}ᵀ ds u ⊙ t² (by the t² of 1 − t²)")


def _wrong_projected(code: str, message: str, hint: str) -> Callable[[OfSide], OfSide]:
    """A wrong dq goes on into dw and into dW."""

    def add(d_projected: OfSide) -> OfSide:
        _both(VECTORS, code, message, hint)(lambda side: to_vectors(d_projected(side), side))
        _both(WEIGHTS, code, message, hint)(lambda side: to_weight(d_projected(side), side))
        return d_projected

    return add


def _wrong_slope(code: str, message: str, hint: str, slope: OfSide) -> None:
    """Another slope where 1 − t² belongs."""
    _wrong_projected(code, message, hint)(lambda side: _summed(side, slope(side)))


HINT_SLOPE = "What is the slope of the tanh at 0, and what far away from 0?"
_wrong_slope(
    "missing-factor", "the slope 1 − t² of the tanh is missing.", HINT_SLOPE, lambda s: np.ones_like(s.z)
)
_wrong_slope(
    "wrong-operand", "the tanh's slope is 1 − t; the square is missing.", HINT_SLOPE, lambda s: 1 - s.t
)
_wrong_slope("wrong-operand", "the slope is t (1 − t), the sigmoid's.", HINT_SLOPE, lambda s: s.t * (1 - s.t))
_wrong_slope("wrong-operand", "t stands where its slope 1 − t² belongs.", HINT_SLOPE, lambda s: s.t)
_wrong_slope("dropped-term", "the slope is −t²; its 1 is missing.", HINT_SLOPE, lambda s: -(s.t**2))
_wrong_slope("sign-flipped", "the slope is 1 + t².", HINT_SLOPE, lambda s: 1 + s.t**2)
_wrong_slope(
    "wrong-operand",
    "the slope is 1 − z², of the sum z = wW + vU and not of its tanh.",
    HINT_SLOPE,
    lambda s: 1 - s.z**2,
)
_wrong_slope(
    "wrong-operand",
    "the slope is 1 − tanh²(t): the tanh is taken once more, of what is its result already.",
    HINT_SLOPE,
    lambda s: 1 - np.tanh(s.t) ** 2,
)
_wrong_slope(
    "wrong-operand",
    "the slope is taken at {w}{W} alone, without the {key}'s part.",
    "At which point does the forward pass take the tanh?",
    lambda s: 1 - np.tanh(s.vectors @ s.weight)[..., :, None, :] ** 2 + 0 * s.z,
)
_wrong_slope(
    "wrong-operand",
    "the slope is taken at {v}{U} alone, without the {query}'s part.",
    "At which point does the forward pass take the tanh?",
    lambda s: 1 - np.tanh(s.others @ s.other_weight)[..., None, :, :] ** 2 + 0 * s.z,
)


@_wrong_projected(
    "missing-factor",
    "the score vector u is missing: dz is ds (1 − t²).",
    "What multiplies the tanh's result in the forward pass?",
)
def without_vector(side: Side) -> Array:
    return (side.upstream[..., None] * (1 - side.t**2)).sum(axis=-2)


@_wrong_projected(
    "constant-factor",
    "dz is averaged over the {keys}, where it adds up.",
    "Each {query} meets every {key}: does it feel each of them less where there are more?",
)
def mean_over_others(side: Side) -> Array:
    return right_d_projected(side) / side.others.shape[-2]


@_wrong_projected(
    "wrong-axis",
    "dz is summed over the {queries}, and not over the {keys}.",
    "To how many {keys} was each {query} added in the forward pass?",
)
def over_own_index(side: Side) -> Array:
    return (side.upstream[..., None] * side.u * (1 - side.t**2)).sum(axis=-3)


@_wrong_projected(
    "overwritten",
    "only the last {key}'s dz is there.",
    "After the first turn of your loop over the {keys}, where has its result gone?",
)
def last_of_others(side: Side) -> Array:
    return (side.upstream[..., None] * side.u * (1 - side.t**2))[..., -1, :]


@_wrong_projected(
    "dropped-term",
    "only the first {key}'s dz is there.",
    "To how many {keys} was each {query} added in the forward pass?",
)
def first_of_others(side: Side) -> Array:
    return (side.upstream[..., None] * side.u * (1 - side.t**2))[..., 0, :]


@_wrong_projected(
    "wrong-operand",
    "ds and the slope are each summed over the {keys} before they are multiplied.",
    "Which upstream goes with which slope?",
)
def product_of_sums(side: Side) -> Array:
    return side.upstream.sum(axis=-1)[..., None] * side.u * (1 - side.t**2).sum(axis=-2)


@_both(
    VECTORS,
    "transposed",
    "this is d({w}{W}) {W} where d({w}{W}) {W}ᵀ belongs; it has a shape at all only for a square {W}.",
    "Which index of {W} does the sum run over, that of the {query} or the hidden one?",
)
def weight_not_transposed(side: Side) -> Array:
    return right_d_projected(side) @ side.weight


@_both(
    VECTORS,
    "wrong-operand",
    "{U} stands where {W} belongs.",
    "Through which of the two weights did the {query} go in the forward pass?",
)
def other_weight(side: Side) -> Array:
    return right_d_projected(side) @ side.other_weight.T


@_both(
    VECTORS,
    "dropped-term",
    "this is the gradient of {w}{W}; the way on through {W} is missing.",
    "What lies between the {query} and the sum in the tanh?",
)
def without_weight(side: Side) -> Array:
    return right_d_projected(side)


@_both(
    WEIGHTS,
    "wrong-operand",
    "the {keys} stand where the {queries} belong: this is Σ {v}ᵀ d({w}{W}).",
    "What does {W} multiply in the forward pass?",
)
def of_others(side: Side) -> Array:
    return to_weight(right_d_projected(side), side._replace(vectors=side.others))


@_both(
    WEIGHTS,
    "wrong-operand",
    "the projected {queries} {w}{W} stand where the {queries} belong.",
    "What does {W} multiply in the forward pass?",
)
def of_projected(side: Side) -> Array:
    return to_weight(right_d_projected(side), side._replace(vectors=side.vectors @ side.weight))


for _result, _names, _of_keys in zip(WEIGHTS, (QUERIES, KEYS), (False, True), strict=True):
    wrong_sums(
        known,
        "additive_scores_backward",
        _result,
        "d{W} = Σ{j} {w}{j}ᵀ Σ{i} dz{j}{i}".format(**_names),
        axes=2,
    )(formula_of(lambda side: side.vectors[..., :, None] * right_d_projected(side)[..., None, :], _of_keys))


def _vector(code: str, message: str, hint: str, hidden: OfSide) -> None:
    """Another array where t belongs in du = Σ ds t."""

    def of_side(side: Side) -> Array:
        return np.einsum("...ls,...lsh->h", side.upstream, hidden(side))

    known.mistake("additive_scores_backward", "d_score_vector", code, message, hint)(
        formula_of(of_side, False)
    )


HINT_VECTOR = "What does u multiply in the forward pass?"
_vector("wrong-operand", "this is Σ ds z, of the sum before the tanh.", HINT_VECTOR, lambda s: s.z)
_vector("wrong-operand", "this is Σ ds (1 − t²), of the tanh's slope.", HINT_VECTOR, lambda s: 1 - s.t**2)
_vector(
    "missing-factor",
    "this is Σ ds u ⊙ t; u itself is not in its own derivative.",
    HINT_VECTOR,
    lambda s: s.u * s.t,
)
_vector(
    "missing-factor", "this is Σ ds in every entry; t is missing.", HINT_VECTOR, lambda s: np.ones_like(s.z)
)
_vector("wrong-operand", "this is Σ ds tanh(t), with a tanh too many.", HINT_VECTOR, lambda s: np.tanh(s.t))
_vector(
    "missing-factor",
    "this is Σ ds t ⊙ (1 − t²); u stands after the tanh, and needs no slope.",
    HINT_VECTOR,
    lambda s: s.t * (1 - s.t**2),
)
_vector(
    "wrong-operand",
    "t is tanh(wW) alone, without the keys.",
    HINT_VECTOR,
    lambda s: np.tanh(s.vectors @ s.weight)[..., :, None, :] + 0 * s.z,
)
_vector(
    "wrong-operand",
    "t is tanh(vU) alone, without the queries.",
    HINT_VECTOR,
    lambda s: np.tanh(s.others @ s.other_weight)[..., None, :, :] + 0 * s.z,
)
wrong_sums(known, "additive_scores_backward", "d_score_vector", "du = Σⱼᵢ dsⱼᵢ tⱼᵢ")(
    formula_of(lambda side: side.upstream[..., None] * side.t, False)
)
