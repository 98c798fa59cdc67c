"""The exchange that `Processes` asks for."""

from __future__ import annotations

from collections.abc import Callable

from ..optim import Optimizer
from .delayed import Delayed
from .exchange import Exchange, Processes
from .interface import Model
from .local_sgd import LocalSteps
from .parameter_server import bounded_staleness
from .synchronous import Synchronous


def make_exchange(
    model: Model,
    optimizer: Optimizer,
    clip: float | None,
    processes: Processes,
    interrupted: Callable[[], bool],
) -> Exchange:
    """How these processes take a step of this training."""
    communicator = processes.communicator
    if processes.delay is not None:
        return Delayed(model, optimizer, clip, processes.delay)
    if processes.local_steps is not None:
        return LocalSteps(model, optimizer, clip, communicator, interrupted, processes.local_steps)
    if processes.staleness is not None:
        return bounded_staleness(model, optimizer, clip, communicator, interrupted, processes.staleness)
    return Synchronous(model, optimizer, clip, communicator, interrupted)
