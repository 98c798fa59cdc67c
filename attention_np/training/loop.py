"""The training loop, one for all models."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np

from ..optim import Constant, Optimizer, Schedule
from .arguments import as_json, check_arguments
from .budget import steps_in_minutes
from .checkpoint import Checkpoint
from .communicator import Communicator
from .epochs import Training
from .exchange import Processes, processes_in_force
from .exchanges import make_exchange
from .interface import Batches, Metrics, Model, TrainingResult
from .interrupt import remembered_interrupts
from .progress import Progress
from .state import TrainingState, load_training, restore_training, rng_state, save_training
from .threads import blas_threads


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
    processes: Processes | None = None,
) -> TrainingResult:
    """Train `model` in place; at the end it has its best weights and is in evaluation mode.

    A step: the gradients are set to zero, ``loss, backward = model(batch)``, ``backward()``, the norm of all
    gradients is limited, and the optimiser changes the parameters. After every epoch, and after the last
    step, there is a validation, then a checkpoint.

    In processes that ``mpiexec`` started, each calls this function with the same arguments. They share the
    steps, process 0 alone validates, saves and shows progress, and all have the same result (`Processes`).

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
    processes : Processes or None
        Who trains together; None: all that ``mpiexec`` started.

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
    processes = processes_in_force() if processes is None else processes
    communicator = processes.communicator
    first = communicator.rank == 0
    path = None if checkpoint is None else Path(checkpoint)
    saved = communicator.share(_saved(path, resume) if first else None)
    stream = sys.stderr if progress is True else None if progress is False else progress
    with (
        blas_threads(threads if saved is None else saved.metadata["training"]["threads"]),
        remembered_interrupts(communicator.size > 1) as interrupted,
    ):
        exchange = make_exchange(model, optimizer, clip, processes, interrupted)
        if saved is None:
            _start_alike(model, optimizer, rng, communicator)
        if saved is not None:
            total = saved.metadata["training"]["total_steps"]
        elif minutes is not None:
            total = steps_in_minutes(minutes, model, optimizer, batches, rng, validate, communicator, exchange)
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
            **processes.settings(),
        }
        about = {"settings": settings, "configuration": configuration}
        if saved is not None and path is not None:
            state = restore_training(path, saved, model, optimizer, rng, about)
        else:
            state = TrainingState(total, threads, rng_state(rng), rng_state(rng))
            if path is not None and first:
                save_training(path, state, model, optimizer, about)
        with Progress(stream if first else None, total, state.step, watch) as shown:
            training = Training(
                model, optimizer, batches, rng, planned, clip, validate, criterion, better, patience, watch,
                path if first else None, about, state, shown, communicator, exchange,
            )  # fmt: skip
            try:
                training.run()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(training.interrupted()) from None
    if state.best_weights:
        model.load_state_dict(state.best_weights)
    model.eval()
    return TrainingResult(state.history, state.step, state.best_epoch, state.best, str(state.stopped))


def _saved(path: Path | None, resume: bool) -> Checkpoint | None:
    if path is None and resume:
        raise ValueError("resume: needs checkpoint, the file to go on from")
    if path is None or not path.exists():
        return None
    if not resume:
        raise ValueError(f"checkpoint: {path} exists and is not overwritten; resume it, or name another file")
    return load_training(path)


def _start_alike(
    model: Model, optimizer: Optimizer, rng: np.random.Generator, communicator: Communicator
) -> None:
    """Begin everywhere with the weights, the optimiser's arrays and the generator of process 0."""
    if communicator.size == 1:
        return
    weights, arrays, state = communicator.share((model.state_dict(), optimizer.state_dict(), rng_state(rng)))
    model.load_state_dict(weights)
    optimizer.load_state_dict(arrays)
    rng.bit_generator.state = state


def _planned(schedule: Callable[[int], Schedule] | None, total: int) -> Schedule:
    planned = Constant() if schedule is None else schedule(total)
    if not isinstance(planned, Schedule):
        raise TypeError(
            "schedule: expected a function from the total number of steps to a Schedule, "
            f"as `lambda total: WarmupCosine(total // 20, total)`; it gave {type(planned).__name__}"
        )
    return planned
