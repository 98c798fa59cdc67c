"""Validation: the metrics after an epoch, and which epoch is the best."""

from __future__ import annotations

import math

from .interface import Metrics, Model


def run_validation(model: Model, validate: Metrics) -> dict[str, float]:
    """What `validate` gives, called in evaluation mode."""
    model.eval()
    return {name: float(value) for name, value in validate().items()}


def is_better(value: float, best: float | None, better: str) -> bool:
    """Whether `value` is better than the `best` before it; NaN never is."""
    if math.isnan(value):
        return False
    if best is None:
        return True
    return value < best if better == "lower" else value > best
