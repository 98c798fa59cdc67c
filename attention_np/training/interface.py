"""What the training loop needs of a model and of its data, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..layers.module import Parameter

Metrics = Callable[[], Mapping[str, float]]


class Model(Protocol):
    """A `Layer` whose call gives the mean loss of a batch and its backward pass."""

    def __call__(self, batch: Any, /) -> tuple[float, Callable[[], Any]]: ...
    def named_parameters(self) -> Iterator[tuple[str, Parameter]]: ...
    def zero_grad(self) -> None: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Mapping[str, Any], /) -> None: ...
    def train(self) -> None: ...
    def eval(self) -> None: ...


class Batch(Protocol):
    """A batch knows the number of tokens that its loss is the mean of."""

    @property
    def tokens(self) -> int: ...


class Batches(Protocol):
    """`epoch` yields ``len(batches)`` batches, in an order drawn from `rng` before the first."""

    def __len__(self) -> int: ...
    def epoch(self, rng: np.random.Generator, /) -> Iterator[Batch]: ...


@dataclass(frozen=True)
class TrainingResult:
    """What a training gives.

    Attributes
    ----------
    history : list of dict
        For each epoch "epoch" and "step" (both count from 1), "train_loss" (the mean over the epoch's
        tokens), "seconds" (of its steps) and "tokens_per_second", and what `watch` and `validate` gave.
    steps : int
        The steps done.
    best_epoch : int or None
        The epoch whose weights the model has now; None without `validate`, when it has the last.
    best : float or None
        The criterion in that epoch.
    stopped : str
        "finished" if all steps were done, "no improvement" if patience ended.
    """

    history: list[dict[str, Any]]
    steps: int
    best_epoch: int | None
    best: float | None
    stopped: str
