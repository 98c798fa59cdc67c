"""Nobody waits for everybody: one process keeps the weights, the others send it gradients when they have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..optim import Optimizer
from .communicator import Communicator
from .exchange import Step
from .flat import FlatBuffer
from .gradients import limit_gradients, run_model
from .interface import Batch, Model
from .staleness_bound import StalenessBound

_NONE_LEFT, _STOP = 0, -1


def bounded_staleness(
    model: Model,
    optimizer: Optimizer,
    clip: float | None,
    communicator: Communicator,
    interrupted: Callable[[], bool],
    staleness: int,
) -> _Server | _Worker:
    """A parameter server in process 0, and a worker in each other one.

    A worker gets the weights and the number of a batch, and sends back the gradient of that batch; the server
    applies it and gives out the next. How many updates came in between is the gradient's delay; it is never above
    `staleness`, for a gradient that would make another too late waits for it (`StalenessBound`). The order of
    the updates depends on who is faster: two runs differ.

    Every batch of an epoch is used once. At an epoch's end, and on Ctrl-C, the server waits for the gradients
    that are still computed; then its weights and the optimiser's arrays go to everybody.

    Notes
    -----
    Ho et al. (2013) bound how far the fastest worker is ahead of the slowest; here the bound is on what
    matters for stability, the delay itself (`training.staleness`).
    """
    role = _Worker if communicator.rank else _Server
    return role(model, optimizer, clip, communicator, interrupted, staleness)


class _Role:
    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        clip: float | None,
        communicator: Communicator,
        interrupted: Callable[[], bool],
        staleness: int,
    ) -> None:
        self._model, self._optimizer, self._clip = model, optimizer, clip
        self._communicator, self._interrupted, self._staleness = communicator, interrupted, staleness
        self._values = [parameter.value for parameter in optimizer.parameters]
        self._gradients = [parameter.grad for parameter in optimizer.parameters]
        self._order = FlatBuffer(self._values, 1)
        self._answer = FlatBuffer(self._gradients, 3)
        self._last = 0

    def _same_everywhere(self) -> None:
        state: tuple[Any, ...] = ([value.copy() for value in self._values], self._optimizer.state_dict())
        values, optimizer_state = self._communicator.share(state)
        for value, shared in zip(self._values, values, strict=True):
            value[...] = shared
        self._optimizer.load_state_dict(optimizer_state)


class _Server(_Role):
    def begin(self, first: int, last: int) -> None:
        """Give the first batches out."""
        self._bound = StalenessBound(self._staleness)
        self._next, self._last, self._number, self._stopping = first, last, first - 1, False
        self._idle = list(range(1, self._communicator.size))
        self._arrived: dict[int, Any] = {}
        self._delays: list[int] = []
        self._give_out()

    def _give_out(self) -> None:
        while self._idle and self._next <= self._last and self._bound.may_start() and not self._stopping:
            worker = self._idle.pop(0)
            self._send(worker, self._next)
            self._bound.start(worker)
            self._next += 1

    def _send(self, worker: int, number: int) -> None:
        self._order.pack(self._values)
        self._order.numbers[:] = number
        self._communicator.send(self._order.array, worker)

    def compute(self, batch: Batch, number: int) -> None:
        """Wait for a gradient that may be applied; which batch it is of, its worker knows."""
        while (ready := next(filter(self._bound.may_apply, self._arrived), None)) is None:
            worker = self._communicator.receive(self._answer.array)
            self._arrived[worker] = self._answer.array.copy()
        self._worker, self._number = ready, number
        self._answer.array[:] = self._arrived.pop(ready)
        self._answer.unpack(self._gradients)
        loss = float(self._answer.numbers[0])
        limit_gradients(self._model, self._optimizer, self._clip, loss, number)

    def update(self, factor: float) -> Step:
        """Apply it, and give the worker its next batch."""
        loss, tokens, interrupted = map(float, self._answer.numbers)
        self._optimizer.step(factor)
        self._delays.append(self._bound.apply(self._worker))
        self._idle.append(self._worker)
        self._stopping = self._stopping or interrupted > 0 or self._interrupted()
        self._give_out()
        stop = self._stopping and not self._bound.in_flight
        if stop or self._number == self._last:
            for worker in self._idle:
                self._send(worker, _STOP if stop else _NONE_LEFT)
            self._same_everywhere()
        return Step(loss, int(tokens), stop)

    def figures(self) -> dict[str, float]:
        """How late the gradients were, in updates."""
        return {"mean_delay": float(np.mean(self._delays)), "largest_delay": float(max(self._delays))}


class _Worker(_Role):
    def begin(self, first: int, last: int) -> None:
        """Wait for the first batch."""
        self._last = last
        self._receive()

    def _receive(self) -> None:
        self._communicator.receive(self._order.array)
        self._order.unpack(self._values)
        self._own = int(self._order.numbers[0])

    def compute(self, batch: Batch, number: int) -> None:
        """The gradient of the batch if it is this worker's own; the others' are passed over."""
        self._number = number
        if number == self._own:
            loss = run_model(self._model, batch, number)
            self._answer.pack(self._gradients)
            self._answer.numbers[:] = loss, batch.tokens, self._interrupted()

    def update(self, factor: float) -> Step:
        """Send it, and wait for the next."""
        if self._number == self._own:
            self._communicator.send(self._answer.array, 0)
            self._receive()
        stop = self._own == _STOP
        if stop or self._number == self._last:
            self._same_everywhere()
        return Step(0.0, 0, stop)

    def figures(self) -> dict[str, float]:
        """The server knows them."""
        return {}
