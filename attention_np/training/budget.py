"""A time budget, turned into a number of steps.

A run that stops when the clock says so cannot be repeated: its length, its schedule and so all its bits would
depend on how busy the machine was. Therefore the clock is asked once, at the start, and from then on only
steps count.
"""

from __future__ import annotations

import time

import numpy as np

from ..optim import Optimizer
from .communicator import Communicator
from .exchange import Exchange
from .interface import Batches, Metrics, Model
from .validation import run_validation

# The share of the budget that is kept back, for saving and for a machine that becomes slower later.
MARGIN = 0.1
MEASURED_STEPS = 3
MEASURING_SHARE = 0.05
LONGEST_MEASUREMENT = 5.0


def steps_in_minutes(
    minutes: float,
    model: Model,
    optimizer: Optimizer,
    batches: Batches,
    rng: np.random.Generator,
    validate: Metrics | None,
    communicator: Communicator,
    exchange: Exchange,
) -> int:
    """Try a few steps and one validation, undo them, and say how many steps fit into `minutes` from now on.

    Several processes try the steps together, and the clock of process 0 decides.

    The first step is not counted, since memory is touched for the first time in it. Then at least three steps
    are, for a twentieth of the budget, at most five seconds. Their mean is taken, not their median: batches
    differ in length, and it is their sum that has to fit.
    """
    started = time.perf_counter()
    weights, optimizer_state, rng_state = model.state_dict(), optimizer.state_dict(), rng.bit_generator.state
    try:
        model.train()
        step_seconds = _step_seconds(60 * minutes, batches, rng, communicator, exchange)
        before = time.perf_counter()
        if validate is not None and communicator.rank == 0:
            run_validation(model, validate)
        validation_seconds = time.perf_counter() - before
    finally:
        model.load_state_dict(weights)
        optimizer.load_state_dict(optimizer_state)
        rng.bit_generator.state = rng_state
    left = 60 * minutes - (time.perf_counter() - started)
    return communicator.share(steps_in_time(left, step_seconds, validation_seconds, len(batches)))


def steps_in_time(
    seconds: float, step_seconds: float, validation_seconds: float, steps_per_epoch: int
) -> int:
    """How many steps fit into `seconds` less the margin, with a validation after each epoch and at the end.

    It is at least 1: a budget that is too short for a single step still trains one.
    """
    available = max(0.0, seconds) * (1 - MARGIN)
    epochs, rest = divmod(available, steps_per_epoch * step_seconds + validation_seconds)
    steps_of_the_last = max(0.0, rest - validation_seconds) / step_seconds
    return max(1, int(epochs) * steps_per_epoch + int(steps_of_the_last))


def _step_seconds(
    budget: float,
    batches: Batches,
    rng: np.random.Generator,
    communicator: Communicator,
    exchange: Exchange,
) -> float:
    enough = min(LONGEST_MEASUREMENT, MEASURING_SHARE * budget)
    endless = (batch for _ in iter(int, 1) for batch in batches.epoch(rng))
    started, done = time.perf_counter(), -communicator.size
    while True:
        # As many steps as there are processes, so that each has something to do where one step is for one of them.
        exchange.begin(1, communicator.size)
        for number, batch in zip(range(1, communicator.size + 1), endless, strict=False):
            exchange.compute(batch, number)
            # With a rate of zero a step takes its time and leaves the weights, so it cannot diverge.
            exchange.update(0.0)
        done += communicator.size
        if done == 0:
            started = time.perf_counter()
        elapsed = time.perf_counter() - started
        if communicator.share(done >= MEASURED_STEPS and elapsed >= enough):
            return elapsed / done
