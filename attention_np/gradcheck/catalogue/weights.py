"""Known mistakes of the softmax, forwards: the axis, the mask, and scores for which an exponential is too large."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import sigmoid, softmax
from ...functional._checks import Array
from .mistake import Formula, Mistakes

known = Mistakes()
wrong = partial(known.mistake, "softmax", "output")


def _hidden(scores: Array, mask: Array | None) -> Array:
    return scores if mask is None else np.where(mask, scores, -np.inf)


def other_axis(array: Array, axis: int) -> int:
    """The axis that is most easily taken for `axis`: the last but one for the last, and the last for any other."""
    return -2 if axis % array.ndim == array.ndim - 1 else -1


@wrong(
    "wrong-axis",
    "the weights sum to one along another axis: over the targets (axis −2) where axis −1 was asked for, or −1 for another.",
    "Sum your weights along the axis that was asked for: is it one?",
)
def along_other_axis(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(scores, other_axis(scores, axis), mask)


@wrong(
    "wrong-axis",
    "the argument `axis` plays no part: the weights always sum to one along the last axis.",
    "Try axis=-2: which sums are one?",
)
def axis_ignored(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(scores, -1, mask)


@wrong(
    "wrong-axis",
    "the weights sum to one along axis 0.",
    "Which axis is 0 when there is a batch axis in front?",
)
def along_first_axis(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(scores, 0, mask)


@wrong(
    "wrong-axis",
    "the weights sum to one along axis 1.",
    "Which axis is 1 when there are two batch axes in front?",
)
def along_second_axis(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(scores, 1, mask)


@wrong(
    "wrong-axis",
    "all weights of the array together sum to one.",
    "How many sums should be one: one, or one for each row?",
)
def over_everything(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(_hidden(scores, mask).reshape(-1)).reshape(scores.shape)


@wrong(
    "wrong-axis",
    "all weights of a matrix (its last two axes) together sum to one.",
    "How many sums should be one: one for each matrix, or one for each row?",
)
def over_matrices(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(_hidden(scores, mask).reshape(*scores.shape[:-2], -1)).reshape(scores.shape)


def _plain(scores: Array, axis: int, mask: Array | None) -> tuple[Array, Array]:
    exponentials = np.exp(_hidden(scores, mask))
    return exponentials, exponentials.sum(axis=axis, keepdims=True)


@wrong(
    "unstable",
    "eˢ is taken of the scores as they are, and overflows from s = 710 on.",
    "Add the same number to every score of a row: what happens to the weights, and which number would help?",
)
def without_maximum(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    exponentials, normaliser = _plain(scores, axis, mask)
    return exponentials / np.where(normaliser == 0, 1, normaliser)


@wrong(
    "unstable",
    "eˢ is taken of the scores as they are: it overflows from s = 710 on, and below −745 a whole row of zeros gives 0/0.",
    "Add the same number to every score of a row: what happens to the weights, and which number would help?",
)
def without_maximum_and_guard(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    exponentials, normaliser = _plain(scores, axis, mask)
    return exponentials / normaliser


@wrong(
    "unstable",
    "the largest score of the whole array is subtracted from every row, and rows that lie far below it become 0/0.",
    "Whose largest score keeps a row's exponentials from all being 0?",
)
def one_maximum(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    exponentials, normaliser = _plain(scores - np.max(scores), axis, mask)
    return exponentials / normaliser


@wrong(
    "not-finite",
    "where nothing is allowed along the axis the weights are NaN: the largest score is −∞, and −∞ − (−∞) is not a number.",
    "What should the weights be where there is nothing to attend to?",
)
def nothing_allowed(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    weights = softmax(scores, axis, mask)
    return np.where(weights.any(axis=axis, keepdims=True), weights, np.nan)


def _with_epsilon(eps: float) -> None:
    @wrong(
        "unstable",
        f"ε = {eps:g} is added to the normaliser Σ eˢ, so the weights do not quite sum to one.",
        "Once the largest score is subtracted, how small can the normaliser get?",
    )
    def formula(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
        hidden = _hidden(scores, mask)
        maximum = np.max(hidden, axis=axis, keepdims=True)
        exponentials = np.exp(hidden - np.where(np.isfinite(maximum), maximum, 0))
        return exponentials / (exponentials.sum(axis=axis, keepdims=True) + eps)


for _eps in (1e-5, 1e-6, 1e-8):
    _with_epsilon(_eps)


@wrong(
    "missing-factor",
    "this is e^(s − max), which is not divided by its sum.",
    "What do the weights of a row sum to?",
)
def not_normalised(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    weights = softmax(scores, axis, mask)
    largest = weights.max(axis=axis, keepdims=True)
    return weights / np.where(largest == 0, 1, largest)


def _instead_of_softmax(message: str, hint: str, numerator: Formula) -> None:
    """Something else than eˢ is divided by its sum."""

    @wrong("wrong-values", message, hint)
    def formula(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
        parts = numerator(scores) if mask is None else np.where(mask, numerator(scores), 0)
        total = parts.sum(axis=axis, keepdims=True)
        return parts / np.where(total == 0, 1, total)


_instead_of_softmax("this is s / Σ s, without the exponential.", "Are your weights positive?", lambda s: s)
_instead_of_softmax(
    "this is |s| / Σ |s|, without the exponential.", "Which weight has a score of −5?", np.abs
)
_instead_of_softmax(
    "this is max(s, 0) / Σ max(s, 0).", "Which weight has a score of −5?", lambda s: np.maximum(s, 0)
)
_instead_of_softmax("this is s² / Σ s².", "Which weight has a score of −5?", np.square)
_instead_of_softmax("this is 2ˢ / Σ 2ˢ, with another base than e.", "Which base does exp have?", np.exp2)
_instead_of_softmax(
    "this is σ(s) / Σ σ(s), with the sigmoid for the exponential.", "Does a high score still win?", sigmoid
)


@wrong(
    "wrong-values", "this is σ(s), each score's sigmoid by itself.", "What do the weights of a row sum to?"
)
def sigmoids(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return np.where(True if mask is None else mask, sigmoid(scores), 0)


@wrong("wrong-values", "this is log p, the logarithm of the weights.", "Can a weight be negative?")
def logarithm(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return np.log(softmax(scores, axis, mask))


@wrong(
    "wrong-values", "the largest score has all the weight.", "The soft maximum: what do the others receive?"
)
def hard_maximum(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    hidden = _hidden(scores, mask)
    best = np.arange(scores.shape[axis]) == np.moveaxis(hidden, axis, -1).argmax(axis=-1)[..., None]
    return (np.moveaxis(best, -1, axis) & np.isfinite(hidden)).astype(scores.dtype)


@wrong("sign-flipped", "this is the softmax of −s.", "Which score should have the largest weight?")
def of_negative_scores(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(-scores, axis, mask)


@wrong(
    "counted-twice",
    "this is the softmax of the softmax.",
    "What do you do with the weights once you have them?",
)
def twice(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(softmax(scores, axis, mask), axis, mask)


@wrong(
    "wrong-operand",
    "the scores are divided by √n first, n being the length of the axis.",
    "Is scaling this function's business?",
)
def scaled(scores: Array, axis: int = -1, mask: Array | None = None) -> Array:
    return softmax(scores / np.sqrt(scores.shape[axis]), axis, mask)
