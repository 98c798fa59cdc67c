"""One prediction of a translating model, opened for explanation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from ..functional._checks import Array
from ..layers import Layer
from .seq2seq import PairBatch


class PairModel(Protocol):
    """A model whose call gives the mean loss of the targets that count, as `Seq2Seq`."""

    def __call__(self, batch: Any, /) -> tuple[float, Callable[[], None]]: ...
    def weights(self, batch: Any, /) -> Array | None: ...
    def zero_grad(self) -> None: ...


class ExplainedPair:
    """A source and a target, seen through a model that attends from each target word to the source.

    Parameters
    ----------
    model : PairModel
        In evaluation mode. Its gradients are zero afterwards.
    batch : PairBatch
        Of one row. Its padding is left out of every result.
    source_layer : str
        The model's attribute that embeds the source: its first call, if it has several.
    """

    def __init__(self, model: PairModel, batch: PairBatch, source_layer: str = "source_embedding") -> None:
        if len(batch.source) != 1:
            raise ValueError(f"batch: expected one row, got {len(batch.source)}")
        self.model, self.batch, self.source_layer = model, batch, source_layer
        self._words = int(np.sum(batch.targets != batch.padding))
        self._inputs = int(batch.mask.sum())

    def attention(self) -> Array:
        """Weights (T, S).

        Raises
        ------
        ValueError
            If the model has no attention.
        """
        weights = self.model.weights(self.batch)
        if weights is None:
            raise ValueError("model: has no attention to explain")
        return weights[0, : self._words, : self._inputs]

    def log_probabilities(self, present: Array) -> Array:
        """Log-probabilities (T,) of the target words where the source has only the words that are `present` (S,)."""
        mask = self.batch.mask.copy()
        mask[0, : self._inputs] &= present
        return np.array([-self.model(self._only(word, mask))[0] for word in range(self._words)])

    def gradient_times_input(self) -> Array:
        """The gradient of each target word's log-probability times each embedded source word, (T, S)."""
        rows = []
        for word in range(self._words):
            with _tapped(self.model, self.source_layer) as tap:
                _, backward = self.model(self._only(word, self.batch.mask))
                backward()
            # The loss is minus the log-probability.
            rows.append(-np.sum(tap.outputs[0] * tap.d_outputs[0], axis=-1)[0, : self._inputs])
            self.model.zero_grad()
        return np.array(rows)

    def _only(self, word: int, mask: Array) -> PairBatch:
        """The batch in which this target word alone counts."""
        targets = np.full_like(self.batch.targets, self.batch.padding)
        targets[0, word] = self.batch.targets[0, word]
        return dataclasses.replace(self.batch, targets=targets, mask=mask)


class _Tap(Layer):
    """A layer that keeps what flows out of another one, and what flows back into it."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.outputs: list[Array] = []
        self.d_outputs: dict[int, Array] = {}

    def __getattr__(self, name: str) -> Any:
        # A table that words are also written with is asked for its weight.
        return getattr(vars(self)["layer"], name)

    def __call__(self, *inputs: Any) -> tuple[Array, Callable[[Array], Any]]:
        outputs, layer_backward = self.layer(*inputs)
        number = len(self.outputs)
        self.outputs.append(outputs)

        def backward(d_outputs: Array) -> Any:
            self.d_outputs[number] = d_outputs
            return layer_backward(d_outputs)

        return outputs, backward


@contextmanager
def _tapped(model: Any, name: str) -> Iterator[_Tap]:
    layer = getattr(model, name)
    tap = _Tap(layer)
    setattr(model, name, tap)
    try:
        yield tap
    finally:
        setattr(model, name, layer)
