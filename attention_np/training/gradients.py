"""The gradients of one step, and the refusal of any that is NaN or infinite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..optim import Optimizer, clip_gradient_norm, gradient_norm
from .communicator import Communicator
from .interface import Batch, Model, ShardedBatch


def run_model(model: Model, batch: Batch, step: int) -> float:
    """Run the model forwards and backwards on `batch`, from gradients of zero.

    Returns
    -------
    float
        The loss.

    Raises
    ------
    FloatingPointError
        If the loss is NaN or infinite, naming `step` and the first such parameter. No parameter has been
        changed.
    """
    model.zero_grad()
    try:
        output, backward = model(batch)
    except ValueError as refusal:
        # Attention refuses what is not finite by itself, but knows neither the step nor the parameter.
        found = _first_not_finite({name: p.value for name, p in model.named_parameters()})
        if found is None:
            raise
        raise FloatingPointError(
            f"step {step}: the parameter {found}; the model refused it ({refusal}). No parameter was changed in it."
        ) from refusal
    loss = float(output)
    if not math.isfinite(loss):
        found = _first_not_finite({name: p.value for name, p in model.named_parameters()})
        cause = f"the parameter {found}" if found else "every parameter is finite, so it came from the batch"
        raise FloatingPointError(f"step {step}: the loss is {loss}; {cause}. No parameter was changed in it.")
    backward()
    return loss


def run_shard(model: Model, batch: ShardedBatch, communicator: Communicator, step: int) -> tuple[float, float]:
    """Run the model on this process's part of `batch`; a part without anything to learn has gradients of zero.

    Returns
    -------
    loss : float
        The mean over the part.
    weight : float
        The part's share of the whole batch, in the terms that the loss is the mean of.
    """
    if not isinstance(batch, ShardedBatch):
        raise TypeError(
            f"batches: a {type(batch).__name__} cannot be divided among {communicator.size} processes; "
            "derive it from models.rows.RowBatch, which gives it `shard` and `counted`"
        )
    part, whole = batch.shard(communicator.rank, communicator.size), batch.counted
    if not part.counted:
        model.zero_grad()
        return 0.0, 0.0
    return run_model(model, part, step), part.counted / whole


def limit_gradients(model: Model, optimizer: Optimizer, clip: float | None, loss: float, step: int) -> None:
    """Limit the norm of all gradients to `clip`.

    Raises
    ------
    FloatingPointError
        If a gradient is NaN or infinite, naming `step` and the first such parameter.
    """
    learned = optimizer.parameters
    norm = gradient_norm(learned) if clip is None else clip_gradient_norm(learned, clip)
    if not math.isfinite(norm):
        ids = {id(parameter) for parameter in learned}
        found = _first_not_finite({name: p.grad for name, p in model.named_parameters() if id(p) in ids})
        if found:
            raise FloatingPointError(
                f"step {step}: the gradient of {found}, at a loss of {loss:.6g}. No parameter was changed "
                "in it; a lower learning rate, a warm-up, or a smaller clip may help."
            )


def _first_not_finite(arrays: dict[str, NDArray[Any]]) -> str | None:
    """What to say of the first array that holds NaN or infinity; None if there is none."""
    for name, array in arrays.items():
        wrong = ~np.isfinite(array)
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            return f"{name} is {array[index]} at index {index}"
    return None
