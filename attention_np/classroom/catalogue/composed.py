"""Exercises on attention as a whole: sharpness, the three steps in one, forwards and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...functional.context import context, context_backward
from ...functional.scores import dot_scores, dot_scores_backward
from ...functional.weights import softmax, softmax_backward
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, normal
from ..exercise import Exercise
from .build import Rng, mistake, numbers, own_exercise

_TOPIC = "attention"
_SIZES = {"L": "L, the number of targets", "S": "S, the number of sources", "d": "d, the width"}
_SUM = "The one number multiplied every score: over what is its gradient summed?"
_PATH = "Go back through context, softmax, scale and scores, one line each: which line is missing?"


def sharpen(scores: Array, scale: float) -> Array:
    """Weights of scores that a sharpness multiplies.

    Parameters
    ----------
    scores : array (..., L, S)
    scale : float

    Returns
    -------
    array (..., L, S)
    """
    return softmax(scale * scores)


def sharpen_backward(d_weights: Array, scores: Array, scale: float) -> tuple[Array, Array]:
    """Gradients of `sharpen` with respect to scores and scale.

    Parameters
    ----------
    d_weights, scores : array (..., L, S)
    scale : float

    Returns
    -------
    d_scores : array (..., L, S)
    d_scale : array ()
    """
    d_scaled = softmax_backward(d_weights, softmax(scale * scores))
    return scale * d_scaled, np.sum(d_scaled * scores)


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


def _scores(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"scores": away_from_zero(rng, *n.lead, n.L, n.S + 1), "scale": 1.7}


def _scores_back(rng: Rng, n: Lengths) -> dict[str, Any]:
    drawn = _scores(rng, n)
    return {"d_weights": normal(rng, *drawn["scores"].shape), **drawn}


def _attend(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {
        "queries": away_from_zero(rng, *n.lead, n.L, n.d),
        "keys": away_from_zero(rng, *n.lead, n.S, n.d),
        "values": normal(rng, *n.lead, n.S, n.e),
        "scale": 0.6,
    }


def _attend_back(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"d_context": normal(rng, *n.lead, n.L, n.e), **_attend(rng, n)}


def _sharpen_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _scores, _SIZES)


def _sharpen_back_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _scores_back, _SIZES)


def _attend_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _attend, _SIZES)


def _attend_back_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _attend_back, _SIZES)


def _back(p: Array, dp: Array) -> Array:
    return softmax_backward(dp, p)


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
    upstream, scores = numbers([1, 0], [2, -1]), numbers([1, 2], [0, 1])
    return (
        own_exercise(
            sharpen,
            ("output",),
            "Weights with a sharpness",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Compute $p_{ji} = \\mathrm{softmax}_i(\\beta s_{ji})$ along the last axis.",
            shapes="`scores` (..., L, S), `scale` a number β → weights (..., L, S)",
            example={"scores": scores, "scale": 2.0},
            hints=(
                "β multiplies; a temperature would divide.",
                "It stands inside the exponential.",
                "The softmax of scale * scores, along the last axis.",
            ),
            notebook="02",
            cases=_sharpen_cases,
            mistakes=(
                mistake(
                    "sharpen",
                    "output",
                    "wrong-operand",
                    lambda s, b: softmax(s / b),
                    "this is softmax(s / β): β as a temperature.",
                    "Does a greater β sharpen or blur?",
                ),
                mistake(
                    "sharpen",
                    "output",
                    "missing-factor",
                    lambda s, b: softmax(s),
                    "β plays no part.",
                    "In which line is it used?",
                ),
                mistake(
                    "sharpen",
                    "output",
                    "constant-factor",
                    lambda s, b: b * softmax(s),
                    "this is β softmax(s): the rows sum to β.",
                    "What must a row sum to?",
                ),
            ),
        ),
        own_exercise(
            sharpen_backward,
            ("d_scores", "d_scale"),
            "Back through the sharpness",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Of $p_{ji} = \\mathrm{softmax}_i(\\beta s_{ji})$ and the upstream $dp$, give $ds$ and $d\\beta$; β is one number for all scores.",
            shapes="`d_weights` (..., L, S), `scores` (..., L, S), `scale` a number → `d_scores` (..., L, S), `d_scale` ()",
            example={"d_weights": upstream, "scores": scores, "scale": 2.0},
            hints=(
                "First back through the softmax, to βs.",
                "βs is a product: each factor's gradient is the upstream times the other.",
                "With d = p ⊙ (dp − Σ p dp): scale * d, and the sum of d * scores over everything.",
            ),
            notebook="06",
            cases=_sharpen_back_cases,
            mistakes=(
                mistake(
                    "sharpen_backward",
                    "d_scores",
                    "missing-factor",
                    lambda g, s, b: _back(softmax(b * s), g),
                    "the factor β is missing.",
                    _PATH,
                ),
                mistake(
                    "sharpen_backward",
                    "d_scores",
                    "wrong-operand",
                    lambda g, s, b: b * _back(softmax(s), g),
                    "the weights are those of s, where those of βs belong.",
                    "Which weights came out of the forward pass?",
                ),
                mistake(
                    "sharpen_backward",
                    "d_scale",
                    "wrong-operand",
                    lambda g, s, b: np.sum(g * s),
                    "this is Σ dp s: the softmax was passed by.",
                    _PATH,
                ),
                mistake(
                    "sharpen_backward",
                    "d_scale",
                    "constant-factor",
                    lambda g, s, b: np.mean(_back(softmax(b * s), g) * s),
                    "this is a mean, where the sum over all scores belongs.",
                    _SUM,
                ),
            ),
        ),
        own_exercise(
            attend,
            ("output",),
            "Attention in its three steps",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Compute $c_j = \\sum_i p_{ji} v_i$ with $p = \\mathrm{softmax}_i(\\beta \\, w_j \\cdot k_i)$, for scores that may be large.",
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
                mistake(
                    "attend",
                    "output",
                    "wrong-axis",
                    lambda q, k, v, b: softmax(b * dot_scores(q, k), -2) @ v,
                    "the softmax goes over the targets.",
                    "What do the weights of one target sum to?",
                ),
                mistake(
                    "attend",
                    "output",
                    "missing-factor",
                    lambda q, k, v, b: softmax(dot_scores(q, k)) @ v,
                    "β plays no part.",
                    "In which line is it used?",
                ),
                mistake(
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
            mistakes=(
                mistake(
                    "attend_backward",
                    "d_queries",
                    "missing-factor",
                    lambda g, q, k, v, b: _d_scaled(g, q, k, v, b) @ k,
                    "the factor β is missing.",
                    _PATH,
                ),
                mistake(
                    "attend_backward",
                    "d_keys",
                    "missing-factor",
                    lambda g, q, k, v, b: _d_scaled(g, q, k, v, b).swapaxes(-1, -2) @ q,
                    "the factor β is missing.",
                    _PATH,
                ),
                mistake(
                    "attend_backward",
                    "d_queries",
                    "dropped-term",
                    lambda g, q, k, v, b: b * (g @ v.swapaxes(-1, -2)) @ k,
                    "the softmax was passed by.",
                    _PATH,
                ),
                mistake(
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
