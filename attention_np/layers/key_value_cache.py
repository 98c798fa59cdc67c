"""What attention keeps of what it has seen, so that predicting on need not compute it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..functional._checks import Array


@dataclass
class KeyValueCache:
    """Keys and values of what has been seen, (..., key_value_heads, S, width / heads) each; None before the first step.

    `dropped` counts the first ones, which no later target can see through its window and which are no longer held.
    """

    keys: Array | None = None
    values: Array | None = None
    dropped: int = 0

    @property
    def seen(self) -> int:
        """How many inputs there have been, those that were dropped among them."""
        return self.dropped + (0 if self.keys is None else self.keys.shape[-2])

    def extend(self, keys: Array, values: Array) -> None:
        """Put new keys and values behind those that are held."""
        self.keys = keys if self.keys is None else np.concatenate([self.keys, keys], axis=-2)
        self.values = values if self.values is None else np.concatenate([self.values, values], axis=-2)

    def keep_last(self, number: int) -> None:
        """Drop all keys and values but the last `number`."""
        if self.keys is None or self.values is None or self.keys.shape[-2] <= number:
            return
        first = self.keys.shape[-2] - number
        # A copy: a view would keep all that is dropped alive.
        self.keys, self.values = self.keys[..., first:, :].copy(), self.values[..., first:, :].copy()
        self.dropped += first
