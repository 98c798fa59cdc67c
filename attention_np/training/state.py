"""What a training must remember to continue to the same bits, and how it goes into a checkpoint and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .checkpoint import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint

Array = NDArray[Any]


class Stateful(Protocol):
    """What can be saved and restored exactly: a model or an optimiser."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any], /) -> None: ...


@dataclass
class TrainingState:
    """How far a training has come.

    Attributes
    ----------
    total_steps : int
        The number of steps of the whole training.
    threads : int
        The number of threads of the matrix products.
    step, epoch, position : int
        Steps done; epochs closed; batches done of the epoch under way.
    loss_sum, tokens, seconds : float, int, float
        Of the epoch under way: the losses weighted by their tokens, the tokens, and the time of the steps.
    epoch_rng, rng : dict
        The generator's state when the epoch under way began, from which its order follows, and after the last
        step.
    history : list of dict
        One entry for each closed epoch.
    best_epoch, best : int or None, float or None
        The epoch with the best validation, counted from 1, and its criterion.
    stopped : str or None
        Why the training is over; None while it is not.
    best_weights : dict of str to array
        The model's weights after `best_epoch`.
    """

    total_steps: int
    threads: int
    epoch_rng: dict[str, Any]
    rng: dict[str, Any]
    step: int = 0
    epoch: int = 0
    position: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    best: float | None = None
    stopped: str | None = None
    best_weights: dict[str, Array] = field(default_factory=dict)


def rng_state(rng: np.random.Generator) -> dict[str, Any]:
    """The generator's state, in what JSON can say; ``rng.bit_generator.state = …`` takes it back."""
    plain: dict[str, Any] = _plain(rng.bit_generator.state)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value


def save_training(
    path: Path, state: TrainingState, model: Stateful, optimizer: Stateful, about: Mapping[str, Any]
) -> None:
    """Save all that `restore_training` needs; `about` is what the training was started with."""
    kept = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": state.best_weights}
    arrays: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    for group, values in kept.items():
        for name, value in values.items():
            target = arrays if isinstance(value, np.ndarray) else numbers
            target[f"{group}/{name}"] = value
    training = {name: value for name, value in vars(state).items() if name != "best_weights"}
    save_checkpoint(path, arrays, {**about, "training": training, "numbers": numbers})


def restore_training(
    path: Path,
    saved: Checkpoint,
    model: Stateful,
    optimizer: Stateful,
    rng: np.random.Generator,
    about: Mapping[str, Any],
) -> TrainingState:
    """Put model, optimiser and generator, in place, where they were when `saved` was written.

    Raises
    ------
    CheckpointError
        If the training was started with something else than `about`, or its model, optimiser or generator
        does not fit; nothing has been changed then.
    """
    _refuse_differences(path, saved, about)
    weights, own_optimizer_state = model.state_dict(), optimizer.state_dict()
    numbers = saved.metadata["numbers"]
    state = TrainingState(**saved.metadata["training"], best_weights=saved.group("best"))
    optimizer_state = {name[len("optimizer/") :]: n for name, n in numbers.items()} | saved.group("optimizer")
    try:
        model.load_state_dict(saved.group("model"))
        optimizer.load_state_dict(optimizer_state)
        rng.bit_generator.state = state.rng
    except ValueError as error:
        model.load_state_dict(weights)
        optimizer.load_state_dict(own_optimizer_state)
        raise CheckpointError(f"{path}: does not fit this training ({error})") from error
    return state


def load_training(path: Path | str) -> Checkpoint:
    """Read the checkpoint of a training.

    Raises
    ------
    CheckpointError
        If the file cannot be used, or is a checkpoint of something else.
    """
    saved = load_checkpoint(path)
    if "training" not in saved.metadata:
        raise CheckpointError(f"{path}: is a checkpoint, but not of a training")
    return saved


def trained_weights(path: Path | str) -> dict[str, Array]:
    """The weights a training left in its checkpoint: the best by validation, or the last without one.

    ``model.load_state_dict(trained_weights(path))`` makes a model ready for use; what it was made with is in
    ``load_checkpoint(path).metadata["configuration"]``.

    Raises
    ------
    CheckpointError
        If the file cannot be used, or is a checkpoint of something else.
    """
    saved = load_training(path)
    return saved.group("best") or saved.group("model")


def _refuse_differences(path: Path, saved: Checkpoint, about: Mapping[str, Any]) -> None:
    differences = []
    for group, now in about.items():
        was = saved.metadata.get(group, {})
        for name in sorted(was.keys() | now.keys()):
            if (before := _said(was, name)) != (given := _said(now, name)):
                differences.append(f"{name} was {before} and is {given}")
    if differences:
        raise CheckpointError(
            f"{path}: belongs to a training that was started differently ({'; '.join(differences)}); "
            "resume it as it was started, or begin another one in another file"
        )


def _said(values: Mapping[str, Any], name: str) -> str:
    return json.dumps(values[name]) if name in values else "not given"
