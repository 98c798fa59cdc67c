"""Exercises on attention as a whole: the three steps in one, forwards and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...functional._checks import Array
from ...functional.context import context, context_backward
from ...functional.scores import dot_scores, dot_scores_backward
from ...functional.weights import softmax, softmax_backward
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, normal, special
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import LARGE_ARRAYS, Exercise
from .arguments import FEWER, LARGE, own_pairing
from .build import PLAIN, Rng, numbers, own_exercise

_TOPIC = "attention"
_SIZES = {"L": "L, the number of targets", "S": "S, the number of sources", "d": "d, the width"}
_PATH = "Go back through context, softmax, scale and scores, one line each: which line is missing?"


def attend(queries: Array, keys: Array, values: Array, scale: float) -> Array:
    """Attention in its three steps: scores, weights, context.

    Parameters
    ----------
    queries : array (..., L, d)
    keys : array (..., S, d)
    values : array (..., S, e)
    scale : float

    Returns
    -------
    array (..., L, e)
    """
    return context(softmax(scale * dot_scores(queries, keys)), values)


def attend_backward(
    d_context: Array, queries: Array, keys: Array, values: Array, scale: float
) -> tuple[Array, Array, Array]:
    """Gradients of `attend` with respect to queries, keys and values.

    Parameters
    ----------
    d_context : array (..., L, e)
    queries : array (..., L, d)
    keys : array (..., S, d)
    values : array (..., S, e)
    scale : float

    Returns
    -------
    d_queries : array (..., L, d)
    d_keys : array (..., S, d)
    d_values : array (..., S, e)
    """
    weights = softmax(scale * dot_scores(queries, keys))
    d_weights, d_values = context_backward(d_context, weights, values)
    d_scores = scale * softmax_backward(d_weights, weights)
    return *dot_scores_backward(d_scores, queries, keys), d_values


def _attend(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {
        "queries": away_from_zero(rng, *n.lead, n.L, n.d),
        "keys": away_from_zero(rng, *n.lead, n.S, n.d),
        "values": normal(rng, *n.lead, n.S, n.e),
        "scale": 0.6,
    }


def _attend_back(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"d_context": normal(rng, *n.lead, n.L, n.e), **_attend(rng, n)}


def _attend_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _attend, _SIZES)


def _attend_back_cases(rng: Rng) -> Iterator[Drawn]:
    yield from layouts(rng, _attend_back, _SIZES)
    yield special(LARGE_ARRAYS, rng, _attend_back, {}, lengths=FEWER)


def _d_scaled(g: Array, q: Array, k: Array, v: Array, b: float) -> Array:
    return softmax_backward(g @ v.swapaxes(-1, -2), softmax(b * dot_scores(q, k)))


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    example = {
        "queries": numbers([1, 2], [0, 1]),
        "keys": numbers([3, 4], [2, 0]),
        "values": numbers([1, 0], [0, 2]),
        "scale": 0.5,
    }
    upstream = numbers([1, 0], [2, -1])
    return (
        own_exercise(
            attend,
            ("output",),
            "Attention in its three steps",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Compute $c_j = \\sum_i p_{ji} v_i$ with $p = \\mathrm{softmax}_i(\\beta \\, w_j \\cdot k_i)$.",
            shapes="`queries` (..., L, d), `keys` (..., S, d), `values` (..., S, e), `scale` a number β → context (..., L, e)",
            example=example,
            hints=(
                "Three lines: scores, weights, context.",
                "The weights of one target sum to one: over which axis?",
                "softmax(scale * queries @ keys.swapaxes(-1, -2)) @ values",
            ),
            notebook="03",
            cases=_attend_cases,
            mistakes=(
                Mistake(
                    "attend",
                    "output",
                    "wrong-axis",
                    lambda q, k, v, b: softmax(b * dot_scores(q, k), -2) @ v,
                    "the softmax goes over the targets.",
                    "What do the weights of one target sum to?",
                ),
                Mistake(
                    "attend",
                    "output",
                    "missing-factor",
                    lambda q, k, v, b: softmax(dot_scores(q, k)) @ v,
                    "β plays no part.",
                    "In which line is it used?",
                ),
                Mistake(
                    "attend",
                    "output",
                    "wrong-values",
                    lambda q, k, v, b: b * dot_scores(q, k) @ v,
                    "there is no softmax.",
                    "Are the weights positive?",
                ),
            ),
        ),
        own_exercise(
            attend_backward,
            ("d_queries", "d_keys", "d_values"),
            "The whole backward pass of attention",
            _TOPIC,
            difficulty=5,
            minutes=45,
            statement="Of $c = \\mathrm{softmax}(\\beta \\, w k^\\top) v$ and the upstream $dc$, give $dw$, $dk$ and $dv$.",
            shapes="`d_context` (..., L, e), `queries` (..., L, d), `keys` (..., S, d), `values` (..., S, e), `scale` a number → "
            "`d_queries` (..., L, d), `d_keys` (..., S, d), `d_values` (..., S, e)",
            example={"d_context": upstream, **example},
            hints=(
                "Run the forward pass and keep the weights; then go back step by step.",
                "dp = dc vᵀ and dv = pᵀ dc; ds by the softmax; then the dot products.",
                "ds = β p ⊙ (dp − Σ p dp); dw = ds k, dk = dsᵀ w.",
            ),
            notebook="07",
            cases=_attend_back_cases,
            groups=(*PLAIN, LARGE),
            pairing=own_pairing(attend, _attend, "d_context"),
            mistakes=(
                Mistake(
                    "attend_backward",
                    "d_queries",
                    "missing-factor",
                    lambda g, q, k, v, b: _d_scaled(g, q, k, v, b) @ k,
                    "the factor β is missing.",
                    _PATH,
                ),
                Mistake(
                    "attend_backward",
                    "d_keys",
                    "missing-factor",
                    lambda g, q, k, v, b: _d_scaled(g, q, k, v, b).swapaxes(-1, -2) @ q,
                    "the factor β is missing.",
                    _PATH,
                ),
                Mistake(
                    "attend_backward",
                    "d_queries",
                    "dropped-term",
                    lambda g, q, k, v, b: b * (g @ v.swapaxes(-1, -2)) @ k,
                    "the softmax was passed by.",
                    _PATH,
                ),
                Mistake(
                    "attend_backward",
                    "d_values",
                    "wrong-operand",
                    lambda g, q, k, v, b: dot_scores(q, k).swapaxes(-1, -2) @ g,
                    "this is sᵀ dc, with scores where the weights belong.",
                    "What multiplied the values?",
                ),
            ),
        ),
    )
