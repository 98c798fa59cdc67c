"""A model of classes: with its loss for training, and with the likeliest class for prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..functional import cross_entropy, cross_entropy_backward
from ..functional._checks import Array
from ..layers import Layer
from ..layers.module import called_once
from .article import ArticleModel, FormulaModel
from .rows import RowBatch


@dataclass(frozen=True)
class ClassBatch(RowBatch):
    """Sequences of one length, and the class of each.

    Attributes
    ----------
    ids : integer array (B, T)
    targets : integer array (B,)
    """

    ids: Array
    targets: Array

    @property
    def tokens(self) -> int:
        """What the loss is the mean of: one class per sequence."""
        return len(self.targets)


class Classifier(Layer):
    """A model with mean cross-entropy behind it.

    Parameters
    ----------
    model : ArticleModel or FormulaModel
        Its parameters keep their names, behind ``model.``.
    """

    def __init__(self, model: ArticleModel | FormulaModel) -> None:
        self.model = model

    def __call__(self, batch: ClassBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss of the batch, and the backward pass, which takes nothing: the loss ends the line."""
        logits, model_backward = self.model(batch.ids)
        loss = cross_entropy(logits, batch.targets)

        @called_once
        def backward() -> None:
            model_backward(cross_entropy_backward(logits, batch.targets))

        return float(loss), backward

    def predict(self, ids: Array) -> Array:
        """The likeliest class of each sequence of `ids` (B, T), as integers (B,)."""
        logits, _ = self.model(ids)
        return np.argmax(logits, axis=-1)
