"""The epochs of a training: steps, validation, what is recorded and what is saved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..optim import Optimizer, Schedule
from .communicator import Communicator
from .exchange import Exchange
from .interface import Batch, Batches, Metrics, Model
from .interrupt import uninterrupted
from .progress import Progress
from .state import TrainingState, rng_state, save_training
from .streams import stream_of
from .validation import is_better, run_validation


@dataclass
class Training:
    """A training under way."""

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
    communicator: Communicator
    exchange: Exchange

    def run(self) -> None:
        """Take the steps that are left, epoch by epoch."""
        while self.state.stopped is None:
            self.model.train()
            self._rest_of_epoch()
            self._close_epoch()
            self._save()

    def _rest_of_epoch(self) -> None:
        state, length = self.state, len(self.batches)
        remaining = self._remaining_batches()
        self.exchange.begin(state.step + 1, min(state.total_steps, state.step + length - state.position))
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
        if self.communicator.rank:
            self.rng.bit_generator.state = stream_of(self.rng, state.epoch_rng, number, self.communicator.rank)
        self.exchange.compute(batch, number)
        with uninterrupted():
            done = self.exchange.update(self.schedule(number))
            state.step = number
            state.position += 1
            state.loss_sum += done.loss * done.tokens
            state.tokens += done.tokens
            state.seconds += time.perf_counter() - started
            state.rng = rng_state(self.rng)
        self.progress.step(done.loss, done.tokens)
        if done.stop:
            raise KeyboardInterrupt

    def _close_epoch(self) -> None:
        state = self.state
        # Process 0 validates while the others wait, and what it found decides for all.
        first, share = self.communicator.rank == 0, self.communicator.share
        metrics = share(self._validated() if first else {})
        record = share(self._record(metrics) if first else {})
        self.rng.bit_generator.state = share(rng_state(self.rng))
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

    def _validated(self) -> dict[str, float]:
        return {} if self.validate is None else run_validation(self.model, self.validate)

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
        figures = self.exchange.figures()
        for source, values in (("exchange", figures), ("watch", watched), ("validate", metrics)):
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
        return self.communicator.share(self._whereabouts())

    def _whereabouts(self) -> str:
        where = f"stopped after step {self.state.step} of {self.state.total_steps}"
        if self.path is None:
            return f"{where}; nothing was saved, since no checkpoint was asked for"
        return f"{where} and saved in {self.path}; resume the training to go on from there"
