"""What a step of a training is, where several processes take it together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .communicator import Communicator, Single
from .distributed import world
from .interface import Batch


class Step(NamedTuple):
    """What a step came to.

    Attributes
    ----------
    loss : float
        The mean over the batches that it finished.
    tokens : int
        Of these batches; 0 if their loss is not known here yet.
    stop : bool
        Whether Ctrl-C came, and all processes stop behind this step.
    """

    loss: float
    tokens: int
    stop: bool


class Exchange(Protocol):
    """How processes share the steps: `begin`, then for each batch of the epoch `compute` and `update`."""

    def begin(self, first: int, last: int) -> None:
        """The steps from `first` to `last` follow, with the same weights everywhere."""

    def compute(self, batch: Batch, number: int) -> None:
        """Bring the gradients of step `number` into the parameters; no parameter changes."""

    def update(self, factor: float) -> Step:
        """Change the parameters. Behind step `last` they are the same everywhere, and the optimiser's arrays too."""

    def figures(self) -> dict[str, float]:
        """What the epoch's record says of the exchange; asked of process 0 behind step `last`."""


@dataclass(frozen=True)
class Processes:
    """Who trains together, and how.

    Attributes
    ----------
    communicator : Communicator
    local_steps : int or None
        Each process takes so many steps by itself before all average their weights (`LocalSteps`).
    staleness : int or None
        Process 0 keeps the weights, and takes gradients that at most so many updates have overtaken
        (`BoundedStaleness`).
    delay : int or None
        In one process, each gradient is that of the weights of so many updates ago (`Delayed`).

    With none of the three the gradients of all processes are added in every step, which gives what one process
    gives.
    """

    communicator: Communicator = field(default_factory=Single)
    local_steps: int | None = None
    staleness: int | None = None
    delay: int | None = None

    def __post_init__(self) -> None:
        ways = self.settings()
        if len(ways) > 1:
            raise ValueError(f"{', '.join(ways)}: expected one way of exchange at most")
        for name, value in ways.items():
            least = 1 if name == "local_steps" else 0
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
        alone = self.communicator.size == 1
        if alone and (self.local_steps is not None or self.staleness is not None):
            raise ValueError(f"{next(iter(ways))}: needs several processes, as mpiexec -n 3 starts them")
        if not alone and self.delay is not None:
            raise ValueError(f"delay: is simulated in one process, and there are {self.communicator.size}")

    def settings(self) -> dict[str, int]:
        """What a resumed training must share, by name; empty where it changes nothing but rounding."""
        ways = {"local_steps": self.local_steps, "staleness": self.staleness, "delay": self.delay}
        return {name: value for name, value in ways.items() if value is not None}


_processes: ContextVar[Processes | None] = ContextVar("processes", default=None)


def processes_in_force() -> Processes:
    """Those that `processes` named, or all that ``mpiexec`` started."""
    return _processes.get() or Processes(world())


@contextlib.contextmanager
def training_processes(processes: Processes) -> Iterator[None]:
    """Let every `train` inside the block use `processes`, unless it is given others."""
    token = _processes.set(processes)
    try:
        yield
    finally:
        _processes.reset(token)
