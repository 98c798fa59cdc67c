"""The pieces of the cross-entropy and of its gradient, for their wrong formulas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...functional import softmax
from ...functional._checks import Array


class Classes(NamedTuple):
    """What both formulas are made of.

    Attributes
    ----------
    weights, log_weights : array (..., V)
        p and log p.
    one_hot : array (..., V)
        1 at the target's class; of an ignored target, at the class that its number indexes.
    even : array (..., V)
        1/V everywhere.
    counted : boolean array (..., 1)
    number : int
        N, how many targets count; 1 if none does, as the sum is 0 then.
    smoothing : float
        ε.
    """

    weights: Array
    log_weights: Array
    one_hot: Array
    even: Array
    counted: Array
    number: int
    smoothing: float

    @property
    def wanted(self) -> Array:
        """q = (1 − ε) onehot + ε / V."""
        return (1 - self.smoothing) * self.one_hot + self.smoothing * self.even

    def loss(self, log_weights: Array, wanted: Array) -> Array:
        """−(1/N) Σ q log p over the targets that count."""
        return np.asarray(-np.sum(wanted * log_weights, where=self.counted) / self.number)

    def gradient(self, weights: Array, wanted: Array) -> Array:
        """(p − q) / N where the target counts."""
        return np.where(self.counted, weights - wanted, 0) / self.number


def classes_of(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Classes:
    counted = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return Classes(
        weights=softmax(logits),
        log_weights=shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)),
        one_hot=np.eye(logits.shape[-1], dtype=logits.dtype)[targets],
        even=np.full_like(logits, 1 / logits.shape[-1]),
        counted=counted[..., None],
        number=max(int(counted.sum()), 1),
        smoothing=label_smoothing,
    )
