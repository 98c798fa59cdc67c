"""Fewer exchanges: each process takes steps by itself, and now and then all average their weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..optim import Optimizer
from .communicator import Array, Communicator
from .exchange import Step
from .flat import FlatBuffer
from .gradients import limit_gradients, run_shard
from .interface import Batch, Model, ShardedBatch


class LocalSteps:
    r"""Local SGD: a round is `steps` steps of each process on its parts of the batches, and one average.

    With n_r the terms that process r has learned from in the round, and θ_r its weights at the end,

    .. math:: \theta = \sum_r \frac{n_r}{\sum_s n_s} \theta_r

    and the optimiser's running arrays are averaged likewise, so that behind a round everything is the same
    everywhere. With rounds of one step, plain gradient descent and no clipping this *is* the synchronous
    step; with longer ones the processes drift apart in between, for one exchange where there were many.

    An epoch ends with an average, and Ctrl-C stops at the next one.

    Parameters
    ----------
    model, optimizer, clip, communicator, interrupted
        As in `Synchronous`; `clip` limits the gradient of each part by itself.
    steps : int
        Of a round.

    Notes
    -----
    Stich (2018): for convex losses it needs as many steps as stochastic gradient descent with the whole
    batches, and far fewer rounds.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        clip: float | None,
        communicator: Communicator,
        interrupted: Callable[[], bool],
        steps: int,
    ) -> None:
        self._model, self._optimizer, self._clip = model, optimizer, clip
        self._communicator, self._interrupted, self._steps = communicator, interrupted, steps
        self._number = self._last = 0
        self._flat: FlatBuffer | None = None
        self._restart()

    def _restart(self) -> None:
        self._taken, self._learned, self._of_all, self._loss_sum, self._tokens = 0, 0.0, 0, 0.0, 0

    def begin(self, first: int, last: int) -> None:
        """Step `last` ends a round, be it short."""
        self._last = last

    def compute(self, batch: Batch, number: int) -> None:
        """The gradient of this process's part, limited."""
        loss, weight = run_shard(self._model, batch, self._communicator, number)  # type: ignore[arg-type]
        limit_gradients(self._model, self._optimizer, self._clip, loss, number)
        counted = batch.counted if isinstance(batch, ShardedBatch) else 0
        self._learned += weight * counted
        self._of_all += counted
        self._loss_sum += loss * weight * batch.tokens
        self._tokens += batch.tokens
        self._taken += 1
        self._number = number

    def update(self, factor: float) -> Step:
        """A step here, and at the end of a round the average."""
        self._optimizer.step(factor)
        if self._taken < self._steps and self._number < self._last:
            return Step(0.0, 0, False)
        return self._average()

    def _average(self) -> Step:
        state = self._optimizer.state_dict()
        running = [array for array in state.values() if isinstance(array, np.ndarray)]
        values: list[Array] = [parameter.value for parameter in self._optimizer.parameters]
        if self._flat is None:
            self._flat = FlatBuffer([*values, *running], 2)
        self._flat.pack([*values, *running], self._learned / max(1, self._of_all))
        self._flat.numbers[:] = self._loss_sum / max(1, self._tokens), self._interrupted()
        self._communicator.sum(self._flat.array)
        self._flat.unpack([*values, *running])
        self._optimizer.load_state_dict(state)
        loss, stop = map(float, self._flat.numbers)
        step = Step(loss, self._tokens, stop > 0)
        self._restart()
        return step

    def figures(self) -> dict[str, float]:
        """None."""
        return {}
