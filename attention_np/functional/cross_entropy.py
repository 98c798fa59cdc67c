"""The loss: how surprised the model is by the right answer."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_ids, require_shape


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
    rows, classes = logits[counted], targets[counted]
    log_weights = log_softmax(rows)
    loss = -(1 - label_smoothing) * log_weights[np.arange(len(classes)), classes]
    if label_smoothing:
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
    d_rows = np.exp(log_softmax(logits[counted]))
    classes = targets[counted]
    if label_smoothing:
        d_rows -= label_smoothing / max(logits.shape[-1], 1)
    d_rows[np.arange(len(classes)), classes] -= 1 - label_smoothing
    d_rows /= max(len(classes), 1)
    d_logits = np.zeros(logits.shape, logits.dtype)
    d_logits[counted] = d_rows
    return d_logits


def log_softmax(rows: Array) -> Array:
    """Logarithm of the softmax along the last axis, in one piece."""
    with np.errstate(over="ignore"):
        shifted = rows - np.max(rows, axis=-1, keepdims=True, initial=-np.inf)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def _check(logits: Array, targets: Array, ignore_index: int | None, label_smoothing: float) -> Array:
    require_floats(logits=logits)
    require_shape("logits", logits, ("...", "classes"), "with at least one dimension")
    require_ids("targets", targets, logits.shape[-1], ignore_index=ignore_index)
    require_shape("targets", targets, logits.shape[:-1], "with a class for each row of logits")
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing: expected a number in [0, 1), got {label_smoothing}")
    return np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
