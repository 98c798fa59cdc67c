"""Exercises on sharpness: the number that multiplies the scores, forwards and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...functional.weights import softmax, softmax_backward
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, normal, special
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import LARGE_ARRAYS, Exercise
from .arguments import LARGE, LARGE_LENGTHS, own_pairing
from .build import PLAIN, Rng, numbers, own_exercise

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


def _scores(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"scores": away_from_zero(rng, *n.lead, n.L, n.S + 1), "scale": 1.7}


def _scores_back(rng: Rng, n: Lengths) -> dict[str, Any]:
    drawn = _scores(rng, n)
    return {"d_weights": normal(rng, *drawn["scores"].shape), **drawn}


def _sharpen_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _scores, _SIZES)


def _sharpen_back_cases(rng: Rng) -> Iterator[Drawn]:
    yield from layouts(rng, _scores_back, _SIZES)
    yield special(LARGE_ARRAYS, rng, _scores_back, {}, lengths=LARGE_LENGTHS)


def _back(p: Array, dp: Array) -> Array:
    return softmax_backward(dp, p)


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
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
                Mistake(
                    "sharpen",
                    "output",
                    "wrong-operand",
                    lambda s, b: softmax(s / b),
                    "this is softmax(s / β): β as a temperature.",
                    "Does a greater β sharpen or blur?",
                ),
                Mistake(
                    "sharpen",
                    "output",
                    "missing-factor",
                    lambda s, b: softmax(s),
                    "β plays no part.",
                    "In which line is it used?",
                ),
                Mistake(
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
            groups=(*PLAIN, LARGE),
            pairing=own_pairing(sharpen, _scores, "d_weights"),
            mistakes=(
                Mistake(
                    "sharpen_backward",
                    "d_scores",
                    "missing-factor",
                    lambda g, s, b: _back(softmax(b * s), g),
                    "the factor β is missing.",
                    _PATH,
                ),
                Mistake(
                    "sharpen_backward",
                    "d_scores",
                    "wrong-operand",
                    lambda g, s, b: b * _back(softmax(s), g),
                    "the weights are those of s, where those of βs belong.",
                    "Which weights came out of the forward pass?",
                ),
                Mistake(
                    "sharpen_backward",
                    "d_scale",
                    "wrong-operand",
                    lambda g, s, b: np.sum(g * s),
                    "this is Σ dp s: the softmax was passed by.",
                    _PATH,
                ),
                Mistake(
                    "sharpen_backward",
                    "d_scale",
                    "constant-factor",
                    lambda g, s, b: np.mean(_back(softmax(b * s), g) * s),
                    "this is a mean, where the sum over all scores belongs.",
                    _SUM,
                ),
            ),
        ),
    )
