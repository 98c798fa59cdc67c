"""What is asked of the arguments of a training."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..optim import Optimizer
from .interface import Batches, Metrics, Model


def check_arguments(
    model: Model,
    optimizer: Optimizer,
    batches: Batches,
    epochs: int | None,
    minutes: float | None,
    clip: float | None,
    validate: Metrics | None,
    better: str,
    patience: int | None,
) -> None:
    """Refuse what cannot be trained, before anything is changed."""
    if (epochs is None) == (minutes is None):
        raise ValueError(f"epochs, minutes: expected one of the two, got {epochs} and {minutes}")
    if epochs is not None and (not isinstance(epochs, int) or epochs < 1):
        raise ValueError(f"epochs: expected a whole number of at least 1, got {epochs!r}")
    if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
        raise ValueError(f"minutes: expected a finite number above 0, got {minutes!r}")
    if clip is not None and not (math.isfinite(clip) and clip > 0):
        raise ValueError(f"clip: expected a finite norm above 0, or None, got {clip!r}")
    if better not in ("lower", "higher"):
        raise ValueError(f"better: expected 'lower' or 'higher', got {better!r}")
    if patience is not None and validate is None:
        raise ValueError("patience: needs validate, which says what is better")
    if patience is not None and patience < 1:
        raise ValueError(f"patience: expected at least 1 epoch, got {patience}")
    if len(batches) < 1:
        raise ValueError("batches: expected at least one batch in an epoch, got none")
    own = {id(parameter) for _, parameter in model.named_parameters()}
    if not all(id(parameter) in own for parameter in optimizer.parameters):
        raise ValueError("optimizer: has parameters that are not the model's; make it of model.parameters()")


def as_json(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """`configuration` as a checkpoint gives it back; a TypeError names what JSON cannot say."""
    for name, value in configuration.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"configuration: {name} is nothing that JSON can say ({error})") from None
    plain: dict[str, Any] = json.loads(json.dumps(dict(configuration)))
    return plain
