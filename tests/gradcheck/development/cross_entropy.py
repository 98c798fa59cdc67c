"""Mistakes in the gradient of the cross-entropy."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, safe_softmax

catalogue = Catalogue()


def _one_hot(targets: Array, classes: int) -> Array:
    return (targets[..., None] == np.arange(classes)).astype(float)


def _counted(targets: Array, ignore_index: int | None) -> Array:
    return np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index


def _wanted(targets: Array, classes: int, smoothing: float) -> Array:
    return (1 - smoothing) * _one_hot(targets, classes) + smoothing / classes


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def sum_for_the_mean(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (safe_softmax(logits) - q) * _counted(targets, ignore_index)[..., None]


@catalogue.wrong("cross_entropy_backward", "constant-factor", "wrong-for-some-shapes")
def divided_by_the_first_dimension(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """Right for one row per element of the batch, where all targets count."""
    counted = _counted(targets, ignore_index)
    n = max(counted.sum(), 1) if targets.ndim < 2 else targets.shape[0]
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (safe_softmax(logits) - q) * counted[..., None] / n


@catalogue.wrong("cross_entropy_backward", "constant-factor", "mask-ignored")
def ignored_targets_counted(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (safe_softmax(logits) - q) * counted[..., None] / max(targets.size, 1)


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def one_hot_forgotten(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    p = safe_softmax(logits)
    return np.where(counted[..., None], p, 0) / max(np.count_nonzero(counted), 1)


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def smoothing_forgotten(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    d_logits = np.zeros_like(logits)
    for index in np.argwhere(counted):
        row = tuple(index)
        d_logits[row] = safe_softmax(logits[row])
        d_logits[row][targets[row]] -= 1
    return d_logits / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def padding_trained_on(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (safe_softmax(logits) - q) / max(targets.size, 1)


@catalogue.wrong("cross_entropy_backward", "sign-flipped")
def wanted_minus_predicted(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (q - safe_softmax(logits)) * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "wrong-axis")
def softmax_over_the_first_axis(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (safe_softmax(logits, axis=0) - q) * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "not-finite", "unstable")
def exponentials_unshifted(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (p - q) * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "diagonal-only")
def logarithm_through_the_diagonal(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """-q/p from the logarithm, and then p (1 - p), the diagonal of the softmax's Jacobian."""
    counted = _counted(targets, ignore_index)
    p = safe_softmax(logits)
    d_p_times_p = -_wanted(targets, logits.shape[-1], label_smoothing)
    return d_p_times_p * (1 - p) * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "wrong-operand")
def logits_for_probabilities(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    difference = logits - _wanted(targets, logits.shape[-1], label_smoothing)
    return difference * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "not-finite")
def nothing_counted_is_nan(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    with np.errstate(all="ignore"):
        return (safe_softmax(logits) - q) * counted[..., None] / np.float64(counted.sum())


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def target_not_lowered_by_smoothing(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    V = logits.shape[-1]
    counted = _counted(targets, ignore_index)
    d_logits = safe_softmax(logits) - label_smoothing / V - _one_hot(targets, V)
    return d_logits * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "mutates-input")
def softmax_written_over_the_logits(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    logits -= logits.max(axis=-1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=-1, keepdims=True)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (p - q) * counted[..., None] / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def divided_by_the_classes_too(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return (
        np.where(counted[..., None], safe_softmax(logits) - q, 0) / max(counted.sum(), 1) / logits.shape[-1]
    )


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def only_the_target_is_raised(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    q = _wanted(targets, logits.shape[-1], label_smoothing)
    return -q * counted[..., None] / max(counted.sum(), 1)
