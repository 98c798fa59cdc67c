"""Who may compute, and whose gradient may be applied, so that no gradient is overtaken too often."""

from __future__ import annotations


class StalenessBound:
    """The books of a parameter server: no gradient is applied that more than `staleness` updates have overtaken.

    A worker reads the weights, and the gradient that it sends back belongs to what it has read. The updates
    applied in between are the gradient's delay. Gradients are applied in the order in which they come, unless
    one would make another, still computed, later than allowed; then it waits.

    Parameters
    ----------
    staleness : int
        The largest delay; 0 lets one worker compute at a time.
    """

    def __init__(self, staleness: int) -> None:
        self.staleness = staleness
        self.updates = 0
        self._read: dict[int, int] = {}

    @property
    def in_flight(self) -> int:
        """How many workers compute, or wait to be applied."""
        return len(self._read)

    def may_start(self) -> bool:
        """Whether one more worker may read the weights: all before it may have to be applied first."""
        return len(self._read) <= self.staleness

    def start(self, worker: int) -> None:
        """`worker` reads the weights as they are now."""
        self._read[worker] = self.updates

    def may_apply(self, worker: int) -> bool:
        """Whether the others can still be in time behind this one: taken by age, the i-th of them waits for i more."""
        others = sorted(read for other, read in self._read.items() if other != worker)
        return all(self.updates + 1 + place - read <= self.staleness for place, read in enumerate(others))

    def apply(self, worker: int) -> int:
        """The gradient of `worker` is applied; gives its delay."""
        delay = self.updates - self._read.pop(worker)
        self.updates += 1
        return delay
