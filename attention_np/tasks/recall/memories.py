"""Memories to recall from: every key once, in any order, each beside a value drawn anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...models.associative_memory import RecallBatch

VALUES = 16
"""Different values; a guess is right once in as many."""


def draw_memories(memories: int, keys: int, asked: int, *, rng: np.random.Generator) -> RecallBatch:
    """So many memories of all `keys`, and in each `asked` of the keys to recall, all different.

    Values repeat, within a memory and between memories: of n pairs there are 16ⁿ memories, and one that is drawn again is all
    but impossible.
    """
    if not 1 <= asked <= keys:
        raise ValueError(f"asked: expected 1 to {keys}, as many as there are keys, got {asked}")
    shown = rng.permuted(np.tile(np.arange(keys), (memories, 1)), axis=1)
    values = rng.integers(VALUES, size=(memories, keys))
    places = rng.permuted(np.tile(np.arange(keys), (memories, 1)), axis=1)[:, :asked]
    return RecallBatch(
        shown, values, np.take_along_axis(shown, places, axis=1), np.take_along_axis(values, places, axis=1)
    )


class FreshMemories:
    """Batches for the training loop, drawn anew in every epoch: nothing is seen twice.

    Parameters
    ----------
    keys : int
    batches : int
        In an epoch.
    size, asked : int
        Memories in a batch, and keys that are asked for in each, at most.
    """

    def __init__(self, keys: int, batches: int, *, size: int = 32, asked: int = 16) -> None:
        self.keys = keys
        self.batches = batches
        self.size = size
        self.asked = min(asked, keys)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.batches

    def epoch(self, rng: np.random.Generator) -> Iterator[RecallBatch]:
        """New memories, all from one seed that is drawn before the first."""
        own = np.random.default_rng(rng.integers(2**63))
        return (draw_memories(self.size, self.keys, self.asked, rng=own) for _ in range(self.batches))
