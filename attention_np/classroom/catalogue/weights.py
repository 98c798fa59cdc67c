"""Exercises on the distribution and the result: softmax and context, forwards and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...gradcheck.evidence import Situation
from ..exercise import Exercise
from .build import numbers, package_exercise, special

_TOPIC = "weights and context"
_AXIS = special("another axis", 2, "another axis")
_WEIGHTS, _VALUES = numbers([0.75, 0.25], [0.5, 0.5]), numbers([1, 2], [3, 4])
_UPSTREAM = numbers([1, 0], [2, -1])


def _with_weights_of_zero(situation: Situation) -> Iterator[Situation]:
    """The plain arrays once more, with weights that a mask has made 0."""
    if situation.features:
        return
    weights = np.tril(situation.arguments["weights"])
    words = "weights of 0"
    yield replace(
        situation,
        words=words,
        features=frozenset({words}),
        arguments={**situation.arguments, "weights": weights},
        jacobian=lambda name: None,
    )


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        package_exercise(
            "softmax",
            "Scores become weights: stable, masked, along any axis",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Compute $p_i = e^{s_i} / \\sum_k e^{s_k}$ along `axis`. Scores of 1000 must not overflow. `mask` is True where "
            "attending is allowed; what is forbidden has weight 0, and a row with nothing allowed is all zeros. A score of −∞ has weight 0.",
            shapes="`scores` (..., L, S); `axis` a number; `mask` boolean, broadcasts to (..., L, S) → weights (..., L, S)",
            example={"scores": numbers([1, 2], [0, 0])},
            hints=(
                "Adding one number to all scores of a row changes no weight: which number keeps e^s finite?",
                "Put −∞ where the mask forbids, and think of what max and sum are where nothing is allowed.",
                "e = np.exp(s − max); e / sum, with keepdims=True, the max 0 where it is −∞ and the sum 1 where it is 0.",
            ),
            notebook="02",
            specials=(
                _AXIS,
                special("masks", 2, "masked", "scores of -inf"),
                special("large scores", 2, "large numbers"),
            ),
        ),
        package_exercise(
            "context",
            "The weighted sum of the values",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Compute $c_j = \\sum_i p_{ji} v_i$: each target's mean of the values, weighted by its attention.",
            shapes="`weights` (..., L, S), `values` (..., S, e) → context (..., L, e)",
            example={"weights": _WEIGHTS, "values": _VALUES},
            hints=(
                "Which index is summed over, and where does it stand in each of the two?",
                "Rows of weights with columns of values: there is an operator for that.",
                "weights @ values",
            ),
            notebook="03",
        ),
        package_exercise(
            "softmax_backward",
            "Back through the softmax",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Of $p_i = e^{s_i} / \\sum_k e^{s_k}$ along `axis` and the upstream $dp = \\partial L / \\partial p$, give $ds$; "
            "you are given the weights p.",
            shapes="`d_weights` (..., L, S), `weights` (..., L, S); `axis` a number → `d_scores` (..., L, S)",
            example={"d_weights": _UPSTREAM, "weights": _WEIGHTS},
            hints=(
                "Raising one score lowers the weight of all others in its row.",
                "∂p_k/∂s_i is p_k (1 − p_i) for k = i and −p_k p_i for k ≠ i; sum over k with the upstream.",
                "p ⊙ (dp − the sum of p ⊙ dp along the axis), with keepdims=True.",
            ),
            notebook="06",
            specials=(_AXIS, special("masks and large scores", 2, "masked", "scores of -inf", "large numbers")),
        ),
        package_exercise(
            "context_backward",
            "Back through the weighted sum",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Of $c_j = \\sum_i p_{ji} v_i$ and the upstream $dc$, give $dp$ and $dv$.",
            shapes="`d_context` (..., L, e), `weights` (..., L, S), `values` (..., S, e) → `d_weights` (..., L, S), `d_values` (..., S, e)",
            example={"d_context": _UPSTREAM, "weights": _WEIGHTS, "values": _VALUES},
            hints=(
                "The sum is linear in the weights, and linear in the values.",
                "A weight matters as much as its value agrees with the upstream; a value is pulled by every target.",
                "d_context @ values transposed, and weights transposed @ d_context; transposed in the last two axes.",
            ),
            notebook="06",
            specials=(special("weights of 0", 2, "weights of 0"),),
            more=_with_weights_of_zero,
        ),
    )
