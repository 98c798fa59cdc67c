"""The training loop, one for all models."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np

from ..optim import Constant, Optimizer, Schedule
from .arguments import as_json, check_arguments
from .budget import steps_in_minutes
from .checkpoint import Checkpoint
from .gradients import compute_gradients
from .interface import Batch, Batches, Metrics, Model, TrainingResult
from .interrupt import uninterrupted
from .progress import Progress
from .state import TrainingState, load_training, restore_training, rng_state, save_training
from .threads import blas_threads
from .validation import is_better, run_validation


def train(
    model: Model,
    optimizer: Optimizer,
    batches: Batches,
    *,
    rng: np.random.Generator,
    epochs: int | None = None,
    minutes: float | None = None,
    schedule: Callable[[int], Schedule] | None = None,
    clip: float | None = None,
    validate: Metrics | None = None,
    criterion: str = "loss",
    better: Literal["lower", "higher"] = "lower",
    patience: int | None = None,
    watch: Metrics | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    configuration: Mapping[str, Any] | None = None,
    threads: int = 1,
    progress: bool | TextIO = True,
) -> TrainingResult:
    """Train `model` in place; at the end it has its best weights and is in evaluation mode.

    A step: the gradients are set to zero, ``loss, backward = model(batch)``, ``backward()``, the norm of all
    gradients is limited, and the optimiser changes the parameters. After every epoch, and after the last
    step, there is a validation, then a checkpoint.

    Parameters
    ----------
    model : Model
        A `Layer`; ``model(batch)`` gives the mean loss and a backward pass that takes nothing.
    optimizer : Optimizer
        Of the model's parameters, or of some of them: the others stay as they are.
    batches : Batches
        The training data.
    rng : numpy.random.Generator
        Draws the order of every epoch. A model with dropout must draw from this very object: its state is
        saved, and set in place on resuming.
    epochs, minutes : int, float
        How long to train; one of the two. The minutes, measuring and validation included, are turned into a
        number of steps at the start, with a tenth kept back: a few steps and a validation are tried and
        undone.
    schedule : callable or None
        From the total number of steps to a `Schedule`, as ``lambda total: WarmupCosine(total // 20, total)``.
    clip : float or None
        The largest norm of all gradients together.
    validate : callable or None
        Gives metrics by name, among them `criterion`; called in evaluation mode.
    criterion, better : str, "lower" or "higher"
        Which metric decides which epoch is the best, and how.
    patience : int or None
        Stop after so many epochs in a row without a better one.
    watch : callable or None
        Gives values to show and record beside the loss, by name, as a learned sharpness; called often.
    checkpoint : path or None
        Where the training is saved: at the start, after every epoch, and on Ctrl-C. There must be no such
        file yet, unless the training is resumed.
    resume : bool
        Continue from `checkpoint`, to the same bits as a training that was never interrupted. Where there is
        no such file yet, begin.
    configuration : mapping or None
        What model and data were made with, as JSON can say it. A training is only resumed with the same.
    threads : int
        The number of threads of the matrix products; a resumed training uses the number it began with.
    progress : bool or text stream
        Whether, or where, to show progress; True is standard error.

    Raises
    ------
    FloatingPointError
        If the loss or a gradient is NaN or infinite, naming the step and the parameter. The optimiser has
        changed nothing in that step.
    CheckpointError
        If the checkpoint cannot be written, read or resumed. A file that is refused is left as it is.
    KeyboardInterrupt
        On Ctrl-C, after the step under way was finished or undone and the checkpoint written; its message
        says how to go on.
    TypeError, ValueError
        If an argument is wrong.
    """
    check_arguments(model, optimizer, batches, epochs, minutes, clip, validate, better, patience)
    configuration = as_json(configuration or {})
    path = None if checkpoint is None else Path(checkpoint)
    saved = _saved(path, resume)
    stream = sys.stderr if progress is True else None if progress is False else progress
    with blas_threads(threads if saved is None else saved.metadata["training"]["threads"]):
        if saved is not None:
            total = saved.metadata["training"]["total_steps"]
        elif minutes is not None:
            total = steps_in_minutes(minutes, model, optimizer, batches, rng, clip, validate)
        else:
            total = (epochs or 0) * len(batches)
        planned = _planned(schedule, total)
        settings = {
            "epochs": epochs,
            "minutes": minutes,
            "batches": len(batches),
            "optimizer": repr(optimizer),
            "schedule": repr(planned),
            "clip": clip,
            "criterion": criterion,
            "better": better,
            "patience": patience,
        }
        about = {"settings": settings, "configuration": configuration}
        if saved is not None and path is not None:
            state = restore_training(path, saved, model, optimizer, rng, about)
        else:
            state = TrainingState(total, threads, rng_state(rng), rng_state(rng))
            if path is not None:
                save_training(path, state, model, optimizer, about)
        with Progress(stream, total, state.step, watch) as shown:
            training = _Training(
                model, optimizer, batches, rng, planned, clip, validate, criterion, better, patience, watch,
                path, about, state, shown,
            )  # fmt: skip
            try:
                training.run()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(training.interrupted()) from None
    if state.best_weights:
        model.load_state_dict(state.best_weights)
    model.eval()
    return TrainingResult(state.history, state.step, state.best_epoch, state.best, str(state.stopped))


@dataclass
class _Training:
    model: Model
    optimizer: Optimizer
    batches: Batches
    rng: np.random.Generator
    schedule: Schedule
    clip: float | None
    validate: Metrics | None
    criterion: str
    better: str
    patience: int | None
    watch: Metrics | None
    path: Path | None
    about: dict[str, Any]
    state: TrainingState
    progress: Progress

    def run(self) -> None:
        while self.state.stopped is None:
            self.model.train()
            self._rest_of_epoch()
            self._close_epoch()
            self._save()

    def _rest_of_epoch(self) -> None:
        state, length = self.state, len(self.batches)
        remaining = self._remaining_batches()
        while state.position < length and state.step < state.total_steps:
            batch = next(remaining, None)
            if batch is None:
                raise ValueError(f"batches: len() is {length}, but epoch() gave only {state.position}")
            self._step(batch)

    def _remaining_batches(self) -> Iterator[Batch]:
        """What is left of the epoch under way, in the order that was drawn at its start."""
        state = self.state
        if state.position == 0:
            return iter(self.batches.epoch(self.rng))
        self.rng.bit_generator.state = state.epoch_rng
        remaining = iter(self.batches.epoch(self.rng))
        for _ in islice(remaining, state.position):
            pass
        self.rng.bit_generator.state = state.rng
        return remaining

    def _step(self, batch: Batch) -> None:
        started, state = time.perf_counter(), self.state
        number = state.step + 1
        loss = compute_gradients(self.model, self.optimizer, batch, self.clip, number)
        with uninterrupted():
            self.optimizer.step(self.schedule(number))
            state.step = number
            state.position += 1
            state.loss_sum += loss * batch.tokens
            state.tokens += batch.tokens
            state.seconds += time.perf_counter() - started
            state.rng = rng_state(self.rng)
        self.progress.step(loss, batch.tokens)

    def _close_epoch(self) -> None:
        state = self.state
        metrics = {} if self.validate is None else run_validation(self.model, self.validate)
        record = self._record(metrics)
        with uninterrupted():
            state.epoch += 1
            state.history.append(record)
            if self.validate is not None and is_better(metrics[self.criterion], state.best, self.better):
                state.best, state.best_epoch = metrics[self.criterion], state.epoch
                state.best_weights = self.model.state_dict()
            state.position, state.loss_sum, state.tokens, state.seconds = 0, 0.0, 0, 0.0
            state.epoch_rng = state.rng = rng_state(self.rng)
            if state.step == state.total_steps:
                state.stopped = "finished"
            elif self.patience is not None and state.epoch - (state.best_epoch or 0) >= self.patience:
                state.stopped = "no improvement"
        self.progress.epoch(record)

    def _record(self, metrics: Mapping[str, float]) -> dict[str, Any]:
        state = self.state
        if self.validate is not None and self.criterion not in metrics:
            given = ", ".join(metrics)
            raise ValueError(f"criterion: {self.criterion!r} is not among what validate gives: {given}")
        record: dict[str, Any] = {
            "epoch": state.epoch + 1,
            "step": state.step,
            "train_loss": state.loss_sum / max(1, state.tokens),
            "seconds": state.seconds,
            "tokens_per_second": state.tokens / max(state.seconds, 1e-9),
        }
        watched = {} if self.watch is None else self.watch()
        for source, values in (("watch", watched), ("validate", metrics)):
            for name, value in values.items():
                if name in record:
                    raise ValueError(f"{source}: the name {name!r} is taken; give another one")
                record[name] = float(value)
        return record

    def _save(self) -> None:
        if self.path is not None:
            save_training(self.path, self.state, self.model, self.optimizer, self.about)

    def interrupted(self) -> str:
        """Save the state after the last whole step, and say how to go on."""
        self._save()
        where = f"stopped after step {self.state.step} of {self.state.total_steps}"
        if self.path is None:
            return f"{where}; nothing was saved, since no checkpoint was asked for"
        return f"{where} and saved in {self.path}; resume the training to go on from there"


def _saved(path: Path | None, resume: bool) -> Checkpoint | None:
    if path is None and resume:
        raise ValueError("resume: needs checkpoint, the file to go on from")
    if path is None or not path.exists():
        return None
    if not resume:
        raise ValueError(f"checkpoint: {path} exists and is not overwritten; resume it, or name another file")
    return load_training(path)


def _planned(schedule: Callable[[int], Schedule] | None, total: int) -> Schedule:
    planned = Constant() if schedule is None else schedule(total)
    if not isinstance(planned, Schedule):
        raise TypeError(
            "schedule: expected a function from the total number of steps to a Schedule, "
            f"as `lambda total: WarmupCosine(total // 20, total)`; it gave {type(planned).__name__}"
        )
    return planned
