"""Which matrices, queries and keys are worked on together, so that what is between them stays in the cache."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ._checks import Array

# Queries x keys of a block, and queries where there are more of either. A block of float32 is half a megabyte then, and two
# of them are what a core's second cache holds. Forward and backward at (256, 64, 64, 64), (256, 128, 128, 64), (8, 1024, 1024, 64) and
# (1, 4096, 4096, 64), in ms of one core: 2^15 22 74 109 220, 2^16 21 68 106 206, 2^17 20 67 100 200, 2^18 20 66 101 200; with half
# as many queries 103 and 203 for the last two.
TILE = 131072
QUERIES = 512
# Stacks with fewer matrices than this are cut into two chains of query blocks.
FEW = 8


class Workspace:
    """Room for intermediate arrays, used again for every block."""

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._rooms: dict[str, Array] = {}

    def array(self, name: str, *shape: int) -> Array:
        """An array of this shape with anything in it; the room of that name is taken up anew."""
        size = math.prod(shape)
        room = self._rooms.get(name)
        if room is None or room.size < size:
            room = self._rooms[name] = np.empty(size, self._dtype)
        return room[:size].reshape(shape)

    def add_product(self, left: Array, right: Array, total: Array, first: bool) -> None:
        """Add a matrix product to `total`, or write it there if it is the first."""
        if first:
            np.matmul(left, right, out=total)
        else:
            total += np.matmul(left, right, out=self.array("part", *total.shape))

    def give_back_all_but(self, most: int) -> None:
        """Keep no room of more than `most` numbers."""
        self._rooms = {name: room for name, room in self._rooms.items() if room.size <= most}


class _Kept(threading.local):
    def __init__(self) -> None:
        self.workspaces: dict[np.dtype, Workspace] = {}


_kept = _Kept()


@contextlib.contextmanager
def workspace(dtype: np.dtype) -> Iterator[Workspace]:
    """A workspace that nobody else uses; this thread's next call may have its rooms, up to the size of a block.

    Fresh memory costs a page fault for every 4,096 bytes: attention of (32, 32, 32, 64) takes half of the time with rooms that
    were there before.
    """
    room = _kept.workspaces.pop(dtype, None) or Workspace(dtype)
    yield room
    room.give_back_all_but(TILE)
    _kept.workspaces[dtype] = room


class Tiling(NamedTuple):
    """Which matrices of the stack, which queries and which keys form a block.

    A stack of few matrices is cut into two chains as well, which take the blocks of queries in turn (so that causal chains
    have equally much to do) and which two workers can follow side by side.
    """

    items: list[slice]
    queries: list[slice]
    keys: list[slice]
    chains: int

    @classmethod
    def of(cls, lead: int, targets: int, sources: int, width: int) -> Tiling:
        rows = min(targets, max(QUERIES, TILE // max(sources, 1)))
        columns = min(sources, TILE // max(rows, 1))
        queries, keys = _cut(targets, rows), _cut(sources, columns)
        single = len(queries) == len(keys) == 1
        largest = max(rows * columns, (rows + columns) * width // 2, 1)
        together = max(1, TILE // largest) if single else 1
        chains = 2 if lead < FEW and targets * sources >= 2 * TILE and len(queries) > 1 else 1
        return cls(_cut(lead, together), queries, keys, chains)

    def tasks(self) -> list[tuple[slice, int]]:
        """What one worker does in one piece: some matrices of the stack, a chain of their blocks of queries."""
        return [(items, chain) for items in self.items for chain in range(self.chains)]


def _cut(length: int, most: int) -> list[slice]:
    """Slices of nearly equal length, none longer than `most`."""
    pieces = -(-length // max(most, 1))
    return [slice(i * length // pieces, (i + 1) * length // pieces) for i in range(pieces)]
