"""Processes that ``mpiexec`` started, by MPI through mpi4py.

::

    mpiexec -n 4 attention-np train numbers
    mpiexec -n 4 python my_training.py         # `train` finds the other processes by itself

mpi4py is loaded only in a process that ``mpiexec`` started together with others.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import shutil
import sys
import time
from functools import cache
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from .communicator import Array, Communicator, Single

Value = TypeVar("Value")

# As MPICH and those built on it, and Open MPI, tell a process which one it is.
_VARIABLES = (("PMI_RANK", "PMI_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"))
_BUSY_SECONDS = 0.001
_NAP_SECONDS = 0.0003
_TURN_SECONDS = 0.3


def launched() -> tuple[int, int]:
    """The rank of this process and the number of all, as ``mpiexec`` said; (0, 1) if it was started alone."""
    for rank, size in _VARIABLES:
        if rank in os.environ and size in os.environ:
            return int(os.environ[rank]), int(os.environ[size])
    return 0, 1


@cache
def world() -> Communicator:
    """All processes that ``mpiexec`` started, or this one alone.

    Raises
    ------
    ImportError
        If there are several and mpi4py, or the MPI library that it needs, is missing or another than
        ``mpiexec``'s.
    """
    _, size = launched()
    return Single() if size == 1 else _World(size)


def find_mpiexec() -> str | None:
    """The ``mpiexec`` that was installed beside this Python, or else that on the path; None without mpi4py or any."""
    if importlib.util.find_spec("mpi4py") is None:
        return None
    return shutil.which("mpiexec", path=os.path.dirname(sys.executable)) or shutil.which("mpiexec")


def joined() -> bool:
    """Whether this process has joined others, so that they may wait for it."""
    return launched()[1] > 1 and world.cache_info().currsize > 0


def stop_all(status: int) -> None:
    """End all processes at once, with this exit status for ``mpiexec``; where none have joined, nothing happens.

    A process that failed would otherwise leave the others waiting for it for ever.
    """
    if joined():
        world().end(status)  # type: ignore[attr-defined]


def wait_for_turn() -> None:
    """Let the processes before this one speak first: what fails in all of them alike is then said once.

    The first one ends the others behind its line.
    """
    time.sleep(_TURN_SECONDS * launched()[0])


class _World:
    def __init__(self, size: int) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:
            raise ImportError(
                f"mpiexec started {size} processes, and to work together they need mpi4py and an MPI library: "
                "pip install 'attention-np[distributed]'"
            ) from error
        if MPI.COMM_WORLD.size != size:
            raise ImportError(
                f"mpiexec started {size} processes and mpi4py sees {MPI.COMM_WORLD.size}: they belong to different MPI "
                "libraries; use the mpiexec that was installed with mpi4py's library (MPI.Get_library_version())"
            )
        self._mpi: Any = MPI
        self._all: Any = MPI.COMM_WORLD
        self.rank: int = MPI.COMM_WORLD.rank
        self.size: int = size
        _stop_all_on_errors()

    def sum(self, buffer: Array, /) -> None:
        self._all.Allreduce(self._mpi.IN_PLACE, buffer)

    def share(self, value: Value, /) -> Value:
        payload = np.frombuffer(pickle.dumps(value), np.uint8) if self.rank == 0 else np.empty(0, np.uint8)
        length = np.array([payload.size])
        self._wait(self._all.Ibcast(length))
        if self.rank:
            payload = np.empty(int(length[0]), np.uint8)
        self._wait(self._all.Ibcast(payload))
        shared: Value = value if self.rank == 0 else pickle.loads(payload.tobytes())
        return shared

    def send(self, buffer: Array, to: int, /) -> None:
        self._wait(self._all.Isend(buffer, dest=to))

    def receive(self, buffer: Array, /) -> int:
        status = self._mpi.Status()
        self._wait(self._all.Irecv(buffer, source=self._mpi.ANY_SOURCE), status)
        return int(status.source)

    def end(self, status: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        # The MPI library would write a line of its own behind ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        self._all.Abort(status)

    @staticmethod
    def _wait(request: Any, status: Any = None) -> None:
        """Wait busily for a moment, then with naps: process 0 may be validating on the same core for minutes."""
        busy_until = time.perf_counter() + _BUSY_SECONDS
        while not request.Test(status):
            if time.perf_counter() > busy_until:
                time.sleep(_NAP_SECONDS)


def _stop_all_on_errors() -> None:
    """Let an exception that nobody catches end the other processes too, behind its traceback."""
    before = sys.excepthook

    def say_and_stop(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        wait_for_turn()
        before(kind, error, trace)
        stop_all(130 if issubclass(kind, KeyboardInterrupt) else 1)

    sys.excepthook = say_and_stop
