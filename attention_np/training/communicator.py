"""How the processes of one training speak with each other."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

Array = NDArray[Any]
Value = TypeVar("Value")


class Communicator(Protocol):
    """Processes that are numbered from 0 to ``size - 1``; `rank` is the number of this one.

    `sum` and `share` are called by all of them, in the same order; each waits for the others.
    """

    @property
    def rank(self) -> int: ...

    @property
    def size(self) -> int: ...

    def sum(self, buffer: Array, /) -> None:
        """Replace `buffer`, of the same length everywhere, by the sum over the processes."""

    def share(self, value: Value, /) -> Value:
        """The value of process 0."""

    def send(self, buffer: Array, to: int, /) -> None:
        """Send a copy of `buffer` to one other process."""

    def receive(self, buffer: Array, /) -> int:
        """Wait for a message of anyone, put it into `buffer`, and say who sent it."""


class Single:
    """A process by itself: there is nothing to exchange."""

    rank = 0
    size = 1

    def sum(self, buffer: Array, /) -> None:
        """The sum over one process is what it holds."""

    def share(self, value: Value, /) -> Value:
        """The value itself."""
        return value

    def send(self, buffer: Array, to: int, /) -> None:
        """There is nobody to send to."""
        raise RuntimeError(f"to: there is no process {to}, this one is alone")

    def receive(self, buffer: Array, /) -> int:
        """There is nobody who could send."""
        raise RuntimeError("there is no other process to receive from, this one is alone")
