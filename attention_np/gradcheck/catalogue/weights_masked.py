"""Known mistakes of the softmax with a mask: a forbidden score gets weight 0, and so does a row of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...functional import softmax
from ...functional._checks import Array
from .mistake import Formula, Mistakes

known = Mistakes()
wrong = partial(known.mistake, "softmax", "output", "mask-ignored")


def _where_masked(formula: Formula) -> Formula:
    """A formula of a mask, which is right where there is none."""

    def of_any(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
        return softmax(scores, axis) if mask is None else formula(scores, axis, mask)

    return of_any


def masked(message: str, hint: str) -> Callable[[Formula], Formula]:
    """Write down a wrong formula that is called only where there is a mask."""
    return lambda formula: wrong(message, hint)(_where_masked(formula))


@masked(
    "the mask plays no part: what is forbidden has weight too.",
    "Change a forbidden score: do the weights move?",
)
def ignored(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(scores, axis)


@masked(
    "the mask is read the other way round: what is allowed has weight 0.",
    "True: may this key be seen, or must it be hidden?",
)
def inverted(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(scores, axis, ~mask)


@masked(
    "the mask is applied after normalising: the weights that remain do not sum to one.",
    "What do the weights of a row sum to once you have hidden some?",
)
def after_normalising(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(scores, axis) * mask


@masked(
    "forbidden scores are set to 0, and e⁰ is 1.",
    "Which score has weight 0?",
)
def zero_scores(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(np.where(mask, scores, 0), axis)


@masked(
    "the mask is added to the scores, 1 where allowed and 0 where not.",
    "By what factor does a score that is smaller by 1 change the weight?",
)
def added(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(scores + mask, axis)


@masked(
    "where nothing is allowed the row attends to everything forbidden alike, as where forbidden scores become a large "
    "negative number in place of −∞.",
    "Large, but not infinite: what if all scores of a row are that number?",
)
def large_negative(scores: Array, axis: int, mask: Array) -> Array:
    return softmax(np.where(mask, scores, -1e9), axis)


def _added_penalty(penalty: float) -> None:
    @masked(
        f"{penalty:g} is added to forbidden scores: where nothing is allowed it cancels, and the row attends as if "
        "there were no mask.",
        "Add the same number to all scores of a row: what happens to the weights?",
    )
    def formula(scores: Array, axis: int, mask: Array) -> Array:
        return softmax(scores + np.where(mask, 0, penalty), axis)


for _penalty in (-1e4, -1e8, -1e9, -1e10, -1e12):
    _added_penalty(_penalty)


def _weak_penalty(score: float) -> None:
    @masked(
        f"forbidden scores become {score:g}, which still has some weight.",
        "How small is e to that power, beside the others?",
    )
    def formula(scores: Array, axis: int, mask: Array) -> Array:
        return softmax(np.where(mask, scores, score), axis)


for _score in (-1.0, -5.0, -10.0, -20.0):
    _weak_penalty(_score)
