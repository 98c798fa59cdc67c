"""Known mistakes of the softmax's gradient, ds = p ⊙ (dp − Σₖ pₖ dpₖ)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import softmax, softmax_backward
from ...functional._checks import Array
from .mistake import Mistakes
from .weights import other_axis

known = Mistakes()
wrong = partial(known.mistake, "softmax_backward", "d_scores")

HINT_OTHERS = (
    "Raising one score lowers every other weight of its row: where does your formula let the others speak?"
)
HINT_MEAN = "Add a constant to the upstream: the weights always sum to one, so what should happen to ds, and what does?"
HINT_SUM = "Add a constant to all scores of a row: nothing changes. What must a row of ds sum to?"


def _mean(d_weights: Array, weights: Array, axis: int) -> Array:
    """Σₖ pₖ dpₖ, the upstream's mean under the weights."""
    return np.sum(weights * d_weights, axis=axis, keepdims=True)


@known.sum_of("softmax_backward", "d_scores")
def terms(d_weights: Array, weights: Array, axis: int = -1) -> dict[str, Array]:
    return {
        "p dp (each weight's own score)": weights * d_weights,
        "−p Σ p dp (the softmax's mean)": -weights * _mean(d_weights, weights, axis),
    }


@wrong(
    "diagonal-only",
    "this is dp ⊙ p ⊙ (1 − p), the diagonal of the Jacobian; of −pᵢ Σₖ pₖ dpₖ only k = i is there.",
    HINT_OTHERS,
)
def diagonal(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights * weights * (1 - weights)


@wrong(
    "diagonal-only",
    "this is dp ⊙ (1 − p), the diagonal of the Jacobian of log p; the other scores of the row, and a factor p, are missing.",
    HINT_OTHERS,
)
def diagonal_of_logarithm(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights * (1 - weights)


@wrong("dropped-term", "this is dp ⊙ p; the term −pᵢ Σₖ pₖ dpₖ is missing.", HINT_OTHERS)
def without_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights * weights


@wrong(
    "dropped-term",
    "this is −pᵢ Σₖ pₖ dpₖ alone; the term pᵢ dpᵢ is missing.",
    "Raising a score raises its own weight: where does your formula say so?",
)
def mean_alone(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return -weights * _mean(d_weights, weights, axis)


@wrong(
    "dropped-term",
    "this is −pᵢ Σₖ pₖ dpₖ over k ≠ i alone; the diagonal pᵢ (1 − pᵢ) dpᵢ of the Jacobian is missing.",
    "Raising a score raises its own weight: where does your formula say so?",
)
def without_diagonal(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return -weights * (_mean(d_weights, weights, axis) - weights * d_weights)


@wrong(
    "counted-twice",
    "this is pᵢ (1 − pᵢ) dpᵢ − pᵢ Σₖ pₖ dpₖ with k over the whole row: its entry k = i is in the first term already.",
    HINT_SUM,
)
def diagonal_and_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * ((1 - weights) * d_weights - _mean(d_weights, weights, axis))


@wrong("sign-flipped", "this is p ⊙ (dp + Σ p dp); the mean is added where it is taken away.", HINT_SUM)
def mean_added(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights + _mean(d_weights, weights, axis))


@wrong(
    "wrong-operand",
    "this is p ⊙ (dp − mean(dp)), with the plain mean of dp where its mean under the weights, Σ p dp, belongs.",
    HINT_SUM,
)
def plain_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - d_weights.mean(axis=axis, keepdims=True))


@wrong("missing-factor", "this is p ⊙ (dp − Σ dp); the weights are missing inside the sum.", HINT_SUM)
def plain_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - d_weights.sum(axis=axis, keepdims=True))


@wrong(
    "constant-factor",
    "this is p ⊙ (dp − mean(p dp)); p dp is divided by the length of the row, though the weights sum to one already.",
    HINT_SUM,
)
def mean_of_products(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.mean(weights * d_weights, axis=axis, keepdims=True))


@wrong(
    "missing-factor",
    "this is dp − Σ p dp; the factor p in front is missing.",
    "How fast does a weight near 0 answer to its score?",
)
def without_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - _mean(d_weights, weights, axis)


@wrong("missing-factor", "this is p dp − Σ p dp; the second term lacks the factor p in front.", HINT_SUM)
def mean_without_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * d_weights - _mean(d_weights, weights, axis)


@wrong("missing-factor", "this is dp − p Σ p dp; the first term lacks its factor p.", HINT_SUM)
def upstream_without_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - weights * _mean(d_weights, weights, axis)


@wrong("missing-factor", "this is p dp − Σ dp; the second term lacks both factors p.", HINT_SUM)
def sum_without_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * d_weights - d_weights.sum(axis=axis, keepdims=True)


@wrong("wrong-operand", "this is p ⊙ (dp − p Σ dp), with pᵢ inside the sum where pₖ belongs.", HINT_MEAN)
def own_weight_in_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - weights * d_weights.sum(axis=axis, keepdims=True))


@wrong(
    "missing-factor",
    "this is p ⊙ (dp − p Σ p dp); there is a factor p too many in the second term.",
    HINT_SUM,
)
def weights_twice(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - weights * _mean(d_weights, weights, axis))


@wrong("missing-factor", "this is p ⊙ (dp − Σ p² dp); there is a factor p too many inside the sum.", HINT_SUM)
def squared_weights_in_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - _mean(d_weights, weights**2, axis))


@wrong(
    "missing-factor",
    "this is p² ⊙ (dp − Σ p dp); there is a factor p too many in front.",
    "How fast does a weight near 1/2 answer to its score?",
)
def squared_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights**2 * (d_weights - _mean(d_weights, weights, axis))


@wrong(
    "missing-factor",
    "this is p ⊙ (1 − p) ⊙ (dp − Σ p dp); the factor 1 − p is in the second term already.",
    "Write one entry of the Jacobian for i = k and one for i ≠ k: where has each gone?",
)
def diagonal_factor(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (1 - weights) * (d_weights - _mean(d_weights, weights, axis))


@wrong(
    "missing-factor",
    "this is p ⊙ (dp − Σ p), and Σ p is 1; the upstream is missing inside the sum.",
    "Double the upstream: does all of your gradient double?",
)
def mean_without_upstream(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - weights.sum(axis=axis, keepdims=True))


@wrong(
    "wrong-operand",
    "this is p ⊙ (dp − max(dp)), with the largest upstream where its mean under the weights belongs.",
    "The largest is subtracted in the forward pass, and why: does that reason hold here?",
)
def largest_for_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - d_weights.max(axis=axis, keepdims=True))


@wrong(
    "wrong-operand",
    "this is p − dp, the short cut of softmax and cross-entropy in one; here the upstream is a gradient and no target.",
    "Which two functions together have the gradient p − y, and which one is asked for?",
)
def as_with_cross_entropy(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights - d_weights


@wrong(
    "wrong-operand",
    "the softmax is taken once more: `weights` are its result already.",
    "What does the argument hold, scores or weights?",
)
def softmax_of_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return softmax_backward(d_weights, softmax(weights, axis), axis)


@wrong(
    "wrong-operand",
    "p and dp are exchanged: this is dp ⊙ (p − Σ p dp).",
    "Double the upstream: does your gradient double?",
)
def exchanged(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights * (weights - _mean(d_weights, weights, axis))


def _along(weights: Array, d_weights: Array, axis: int | tuple[int, ...] | None) -> Array:
    return weights * (d_weights - np.sum(weights * d_weights, axis=axis, keepdims=True))


HINT_AXIS = "Along which axis do the weights sum to one?"


@wrong(
    "wrong-axis",
    "Σ p dp is taken along another axis: over the targets (axis −2) where axis −1 was asked for, or −1 for another.",
    HINT_AXIS,
)
def along_other_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, other_axis(weights, axis))


@wrong(
    "wrong-axis",
    "the argument `axis` plays no part: Σ p dp is always taken along the last axis.",
    "Try axis=-2: along which axis do the weights sum to one then?",
)
def axis_ignored(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, -1)


@wrong("wrong-axis", "Σ p dp is taken along axis 0.", HINT_AXIS)
def along_first_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, 0)


@wrong("wrong-axis", "Σ p dp is taken along axis 1.", HINT_AXIS)
def along_second_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, 1)


@wrong("wrong-axis", "Σ p dp is taken over the whole array.", HINT_AXIS)
def over_everything(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, None)


@wrong("wrong-axis", "Σ p dp is taken over whole matrices, axes −2 and −1.", HINT_AXIS)
def over_matrices(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return _along(weights, d_weights, (-2, -1))


@wrong(
    "wrong-axis",
    "the axis of Σ p dp is lost, so that NumPy lays each row's mean along the columns.",
    "Which shape has the sum, and with which axes of dp does NumPy line it up?",
)
def without_kept_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.sum(weights * d_weights, axis=axis))


@wrong(
    "wrong-operand",
    "this is dp − p Σ dp, the gradient of the softmax's logarithm.",
    "Is your upstream the gradient of p, or of log p?",
)
def of_the_logarithm(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - weights * d_weights.sum(axis=axis, keepdims=True)


@wrong(
    "overwritten",
    "the Jacobian of the last row serves for all rows.",
    "Your loop makes a Jacobian for each row: what is left of it after the loop?",
)
def last_jacobian(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    rows, upstream = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    last = rows.reshape(-1, rows.shape[-1])[-1]
    return np.moveaxis(softmax_backward(upstream, np.broadcast_to(last, rows.shape).copy()), -1, axis)
