"""Windows of a long text: drawn anywhere to learn from, and laid over one another to be scored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...functional._checks import Array
from ...models.transformer import TokenBatch


class Windows:
    """Batches of windows that begin anywhere in a text.

    An epoch is a number of batches and no pass through the text: the training is validated and saved as often as is useful,
    however long the text is.

    Parameters
    ----------
    ids : integer array (N,)
        The text.
    context : int
        Characters in a window.
    size : int
        Windows in a batch.
    number : int
        Batches in an epoch.
    """

    def __init__(self, ids: Array, context: int, size: int, number: int) -> None:
        if len(ids) <= context:
            raise ValueError(f"ids: expected a text longer than the context of {context}, got {len(ids)} characters")
        self.ids, self.context, self.size, self.number = ids, context, size, number

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.number

    def epoch(self, rng: np.random.Generator) -> Iterator[TokenBatch]:
        """So many batches; where their windows begin is drawn before the first."""
        starts = rng.integers(0, len(self.ids) - self.context, (self.number, self.size))
        places = np.arange(self.context + 1)
        return (
            TokenBatch(rows[:, :-1], rows[:, 1:])
            for rows in (self.ids[first[:, None] + places] for first in starts)
        )


def overlapping(ids: Array, context: int, size: int, ignored: int) -> Iterator[TokenBatch]:
    """Every character of a text but the first as a target exactly once, with at least half a context before it.

    The windows begin half a context apart; all but the first are scored on their second half. (Where the text begins there is
    less to go by, for everyone.)

    Parameters
    ----------
    ids : integer array (N,)
    context : int
        Even.
    size : int
        Windows in a batch.
    ignored : int
        The target that stands where nothing is scored; no id.
    """
    half = context // 2
    starts = range(0, max(1, len(ids) - 1 - half), half)
    rows = []
    for start in starts:
        window = ids[start : start + context + 1]
        inputs, targets = np.zeros(context, ids.dtype), np.full(context, ignored, ids.dtype)
        inputs[: len(window) - 1] = window[:-1]
        scored = half if start else 0
        targets[scored : len(window) - 1] = window[1 + scored :]
        rows.append((inputs, targets))
        if len(rows) == size or start == starts[-1]:
            inputs_of_all, targets_of_all = (np.stack(parts) for parts in zip(*rows, strict=True))
            yield TokenBatch(inputs_of_all, targets_of_all, ignored)
            rows = []
