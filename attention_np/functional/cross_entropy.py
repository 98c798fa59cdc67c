"""The loss: how surprised the model is by the right answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array, require_floats, require_ids, require_shape
from .workers import share

BLOCK = 65_536
"""Logits that are worked on at a time: 256 KB of float32 stay in a core's cache from the difference to the sum."""
ALONE = 4 * BLOCK
"""Logits up to which threads cost more than they bring."""


def cross_entropy(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    r"""Mean cross-entropy of the softmax of `logits` against the target classes.

    .. math:: L = \frac{1}{N} \sum_n \Bigl[ (1-\varepsilon)\,(-\log p_{n,y_n}) + \frac{\varepsilon}{V} \sum_v (-\log p_{n,v}) \Bigr],
              \qquad \log p = z - \log \sum_k e^{z_k}

    N counts the targets that are not ignored. The logarithm of the softmax is taken in one piece, so a probability too
    small for a float still has a finite logarithm.

    Parameters
    ----------
    logits : array (..., V)
        z.
    targets : integer array (...)
        y, from 0 to V - 1.
    ignore_index : int, optional
        Targets of this value do not count (padding).
    label_smoothing : float
        :math:`\varepsilon` in [0, 1): the share of the target distribution spread evenly over all V classes (Szegedy et al. 2016).

    Returns
    -------
    array ()
        The loss in nats per counted target; 0 if all are ignored.

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes do not fit, a target is out of range, or `label_smoothing` is not in [0, 1).
    """
    counted = _check(logits, targets, ignore_index, label_smoothing)
    rows, classes = _counted_rows(logits, targets, counted)
    maximum, total = softmax_parts(rows)
    loss = -(1 - label_smoothing) * log_softmax_at(rows, classes, maximum, total)
    if label_smoothing:
        with np.errstate(over="ignore"):
            log_weights = rows - maximum
        log_weights -= np.log(total)
        loss -= label_smoothing / max(logits.shape[-1], 1) * log_weights.sum(axis=-1)
    return np.asarray(loss.sum() / max(len(classes), 1), dtype=logits.dtype)


def cross_entropy_backward(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    r"""Gradient of the mean cross-entropy with respect to the logits; the end of the line, so it takes no upstream.

    For one target, :math:`L = -\sum_v q_v \log p_v` with :math:`q = (1-\varepsilon)\,\mathrm{onehot}(y) + \varepsilon / V`. As
    :math:`\partial \log p_v / \partial z_k = \delta_{vk} - p_k` and q sums to one,

    .. math:: dz_k = -\sum_v q_v (\delta_{vk} - p_k) = p_k - q_k ,

    divided by N for the mean. Ignored targets receive zero; each row sums to zero.

    Parameters
    ----------
    logits, targets, ignore_index, label_smoothing
        As in `cross_entropy`.

    Returns
    -------
    array (..., V)
        ``d_logits``.

    Raises
    ------
    TypeError, ValueError
        As `cross_entropy`.
    """
    counted = _check(logits, targets, ignore_index, label_smoothing)
    rows, classes = _counted_rows(logits, targets, counted)
    d_rows = scaled_softmax(rows, np.full(len(rows), 1 / max(len(rows), 1), rows.dtype))
    if label_smoothing:
        d_rows -= label_smoothing / max(logits.shape[-1], 1) / max(len(rows), 1)
    d_rows[np.arange(len(classes)), classes] -= (1 - label_smoothing) / max(len(rows), 1)
    if counted.all():
        return d_rows.reshape(logits.shape)
    d_logits = np.zeros(logits.shape, logits.dtype)
    d_logits[counted] = d_rows
    return d_logits


def softmax_parts(rows: Array) -> tuple[Array, Array]:
    """What the softmax needs to know of each row z of (N, V): its maximum m and the sum of e^(z - m), both (N, 1).

    The exponentials are made for some rows at a time, in the cache, and only their sum is kept.
    """
    maximum = np.empty((len(rows), 1), rows.dtype)
    total = np.empty_like(maximum)

    def sum_exponentials(blocks: Iterator[slice]) -> None:
        for block in blocks:
            np.max(rows[block], axis=-1, keepdims=True, initial=-np.inf, out=maximum[block])
            with np.errstate(over="ignore", under="ignore"):
                exponentials = rows[block] - maximum[block]
                np.exp(exponentials, out=exponentials)
            np.sum(exponentials, axis=-1, keepdims=True, out=total[block])

    share(_blocks(rows), sum_exponentials, alone=rows.size <= ALONE)
    return maximum, total


def log_softmax_at(rows: Array, classes: Array, maximum: Array, total: Array) -> Array:
    """Logarithm of each row's softmax at its class, in one piece: (N,)."""
    with np.errstate(over="ignore"):
        shifted = rows[np.arange(len(classes)), classes] - maximum[:, 0]
    return shifted - np.log(total[:, 0])


def scaled_softmax(rows: Array, scales: Array) -> Array:
    """The softmax of each row times a number of its own from `scales` (N,): (N, V)."""
    scaled = np.empty_like(rows)

    def scale(blocks: Iterator[slice]) -> None:
        for block in blocks:
            part = scaled[block]
            with np.errstate(over="ignore", under="ignore"):
                np.subtract(rows[block], np.max(rows[block], axis=-1, keepdims=True, initial=-np.inf), out=part)
                np.exp(part, out=part)
                part *= scales[block, None] / part.sum(axis=-1, keepdims=True)

    share(_blocks(rows), scale, alone=rows.size <= ALONE)
    return scaled


def _counted_rows(logits: Array, targets: Array, counted: Array) -> tuple[Array, Array]:
    """The logits (N, V) and the classes (N,) that count; no copy where all do."""
    if counted.all():
        return logits.reshape(targets.size, logits.shape[-1]), targets.reshape(-1)
    return logits[counted], targets[counted]


def _blocks(rows: Array) -> list[slice]:
    height = max(1, BLOCK // max(1, rows.shape[-1]))
    return [slice(first, first + height) for first in range(0, len(rows), height)]


def _check(logits: Array, targets: Array, ignore_index: int | None, label_smoothing: float) -> Array:
    require_floats(logits=logits)
    require_shape("logits", logits, ("...", "classes"), "with at least one dimension")
    require_ids("targets", targets, logits.shape[-1], ignore_index=ignore_index)
    require_shape("targets", targets, logits.shape[:-1], "with a class for each row of logits")
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing: expected a number in [0, 1), got {label_smoothing}")
    return np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
