"""What the training loop needs of a model and of its data, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

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
    """A batch knows how many tokens it has: speed is told in them, and an epoch's loss is weighted by them."""

    @property
    def tokens(self) -> int: ...


@runtime_checkable
class ShardedBatch(Protocol):
    """A batch that several processes can divide, as every `models.rows.RowBatch`.

    `counted` is the number of terms that the loss is the mean of: the loss of the whole is the mean of the
    parts' losses, weighted by it. `shard` gives the part of process `rank` of `size`, which may be empty.
    """

    @property
    def tokens(self) -> int: ...
    @property
    def counted(self) -> int: ...
    def shard(self, rank: int, size: int, /) -> Self: ...


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
