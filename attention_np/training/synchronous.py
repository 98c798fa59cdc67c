"""Every step in common: the gradients of all processes are added before any of them changes a weight."""

from __future__ import annotations

from collections.abc import Callable

from ..optim import Optimizer
from .communicator import Communicator
from .exchange import Step
from .flat import FlatBuffer
from .gradients import limit_gradients, run_model, run_shard
from .interface import Batch, Model, ShardedBatch


class Synchronous:
    r"""Each process takes its part of the batch; one sum over all gives the gradient of the whole.

    A batch's loss is a mean over its n terms, and part r has n_r of them, so with the parts' means L_r

    .. math:: L = \sum_r \frac{n_r}{n} L_r, \qquad \nabla L = \sum_r \frac{n_r}{n} \nabla L_r

    The plain mean of the parts' gradients is something else wherever the parts differ in length. Every process
    then takes the same step of the optimiser; what one process would have computed is computed, but for the
    order of the sum. Dropout draws anew in each part, and so differs from a single process's.

    Parameters
    ----------
    model : Model
    optimizer : Optimizer
    clip : float or None
        The largest norm of the gradient of the whole.
    communicator : Communicator
        `Single` for one process: nothing is divided or copied then.
    interrupted : callable
        Whether Ctrl-C came to this process.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        clip: float | None,
        communicator: Communicator,
        interrupted: Callable[[], bool],
    ) -> None:
        self._model, self._optimizer, self._clip = model, optimizer, clip
        self._communicator, self._interrupted = communicator, interrupted
        self._gradients = [parameter.grad for parameter in optimizer.parameters]
        self._flat = FlatBuffer(self._gradients, 3) if communicator.size > 1 else None
        self._step = Step(0.0, 0, False)

    def begin(self, first: int, last: int) -> None:
        """Nothing: every step leaves the same weights everywhere."""

    def compute(self, batch: Batch, number: int) -> None:
        """The gradient of the whole batch, limited."""
        if self._flat is None:
            loss, stop = run_model(self._model, batch, number), False
        else:
            loss, stop = self._sum(self._flat, batch, number)
        limit_gradients(self._model, self._optimizer, self._clip, loss, number)
        self._step = Step(loss, batch.tokens, stop)

    def _sum(self, flat: FlatBuffer, batch: Batch, number: int) -> tuple[float, bool]:
        loss, weight = run_shard(self._model, batch, self._communicator, number)  # type: ignore[arg-type]
        flat.pack(self._gradients, weight)
        flat.numbers[:] = loss * weight, weight, self._interrupted()
        self._communicator.sum(flat.array)
        flat.unpack(self._gradients)
        loss, total, stop = map(float, flat.numbers)
        if abs(total - 1) > 1e-3 and _has_terms(batch):
            raise ValueError(
                f"batches: in step {number} the parts of all processes make {total:.3f} of the batch and not 1; every "
                "process must lay out the same batches in the same order"
            )
        return loss, stop > 0

    def update(self, factor: float) -> Step:
        """The optimiser's step, the same everywhere."""
        self._optimizer.step(factor)
        return self._step

    def figures(self) -> dict[str, float]:
        """None: it is exact."""
        return {}


def _has_terms(batch: Batch) -> bool:
    return isinstance(batch, ShardedBatch) and batch.counted > 0
