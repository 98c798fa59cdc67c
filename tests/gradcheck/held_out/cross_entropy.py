"""Wrong gradients of the cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]

catalogue = Catalogue()


def probabilities(logits: Array, axis: int = -1) -> Array:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def counts(targets: Array, ignore_index: int | None) -> Array:
    return np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index


def wanted(logits: Array, targets: Array, epsilon: float) -> Array:
    """The smoothed target distribution; a target out of range has no class."""
    size = logits.shape[-1]
    return (1 - epsilon) * (targets[..., None] == np.arange(size)) + epsilon / size


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_of_the_sum(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)[..., None]
    return (probabilities(logits) - wanted(logits, targets, label_smoothing)) * keep


@catalogue.wrong("cross_entropy_backward", "constant-factor", "mask-ignored")
def cross_entropy_padding_in_the_mean(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    d = probabilities(logits) - wanted(logits, targets, label_smoothing)
    d[~counts(targets, ignore_index)] = 0
    return d / max(targets.size, 1)


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def cross_entropy_padding_still_pulled(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    n = max(int(counts(targets, ignore_index).sum()), 1)
    return (probabilities(logits) - wanted(logits, targets, label_smoothing)) / n


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def cross_entropy_without_smoothing(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = np.zeros_like(logits)
    for where in np.argwhere(keep):
        at = tuple(where)
        d[at] = probabilities(logits[at])
        d[(*at, targets[at])] -= 1.0
    return d / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_smoothing_over_the_others(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    one_hot = targets[..., None] == np.arange(logits.shape[-1])
    q = np.where(one_hot, 1 - label_smoothing, label_smoothing / max(logits.shape[-1] - 1, 1))
    return np.where(keep[..., None], probabilities(logits) - q, 0.0) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_whole_one_hot(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    flat, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    keep = np.flatnonzero(counts(ids, ignore_index))
    d = np.zeros_like(flat)
    d[keep] = probabilities(flat[keep])
    d[keep, ids[keep]] -= 1
    d[keep] -= label_smoothing / flat.shape[1]
    return (d / max(len(keep), 1)).reshape(logits.shape)


@catalogue.wrong("cross_entropy_backward", "sign-flipped")
def cross_entropy_target_minus_prediction(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    error = wanted(logits, targets, label_smoothing) - probabilities(logits)
    return error * keep[..., None] / max(np.count_nonzero(keep), 1)


@catalogue.wrong("cross_entropy_backward", "wrong-axis")
def cross_entropy_softmax_down_the_batch(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = probabilities(logits, axis=0) - wanted(logits, targets, label_smoothing)
    return d * keep[..., None] / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "dropped-term", "diagonal-only")
def cross_entropy_only_the_target_class(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep, p = counts(targets, ignore_index), probabilities(logits)
    q = wanted(logits, targets, label_smoothing)
    one_hot = targets[..., None] == np.arange(logits.shape[-1])
    return np.where(one_hot & keep[..., None], p - q, 0) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor", "wrong-for-some-shapes")
def cross_entropy_mean_over_the_first_axis(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = (probabilities(logits) - wanted(logits, targets, label_smoothing)) * keep[..., None]
    return d / (logits.shape[0] if ignore_index is None else max(keep.sum(), 1))


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def cross_entropy_smooths_the_padding(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    size = logits.shape[-1]
    hard = keep[..., None] * (probabilities(logits) - wanted(logits, targets, 0.0))
    # (1 - e) (p - one_hot) + e (p - 1/V)
    soft = probabilities(logits) - 1 / size
    return ((1 - label_smoothing) * hard + label_smoothing * soft) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "misplaced", "wrong-operand", "wrong-for-some-shapes")
def cross_entropy_targets_column_by_column(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    rows = logits.reshape(-1, logits.shape[-1])
    ids = targets.T.reshape(-1)
    keep = counts(ids, ignore_index)
    d = (probabilities(rows) - wanted(rows, ids, label_smoothing)) * keep[:, None]
    return (d / max(keep.sum(), 1)).reshape(logits.shape)


@catalogue.wrong("cross_entropy_backward", "imprecise")
def cross_entropy_by_differences(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    q = wanted(logits, targets, label_smoothing)

    def loss(z: Array) -> float:
        log_p = z - z.max(-1, keepdims=True)
        log_p = log_p - np.log(np.exp(log_p).sum(-1, keepdims=True))
        return float(-(q * log_p).sum(-1)[keep].sum() / max(keep.sum(), 1))

    d, base, h = np.zeros_like(logits), loss(logits), 1e-6
    for at in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[at] += h
        d[at] = (loss(moved) - base) / h
    return d


@catalogue.wrong("cross_entropy_backward", "mutates-input")
def cross_entropy_shifts_in_place(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    logits -= logits.max(axis=-1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=-1, keepdims=True)
    return (p - wanted(logits, targets, label_smoothing)) * keep[..., None] / max(keep.sum(), 1)
