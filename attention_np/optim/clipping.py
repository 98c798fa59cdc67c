"""The norm of all gradients together, and a limit to it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .base import Learned


def gradient_norm(parameters: Iterable[Learned]) -> float:
    r"""The Euclidean norm of all gradients as one long vector: √(Σ g²).

    The gradients are divided by their largest entry before they are squared: 1e30 in float32 squares to
    infinity, and 1e-30 to zero, yet both norms are ordinary numbers.

    Returns
    -------
    float
        NaN or infinity if a gradient holds one. The gradients are not changed.
    """
    largest, relative = _norm(list(parameters))
    return largest * relative


def clip_gradient_norm(parameters: Iterable[Learned], maximum: float) -> float:
    r"""Scale all gradients, in place and by one factor, so that their common norm is at most `maximum`.

    ::

        g ← g · min(1, maximum/‖g‖),   ‖g‖ over all parameters together

    The direction stays; only the length of a step that would be too long is cut. This is the usual guard of
    recurrent networks, whose gradients now and then explode.

    Parameters
    ----------
    parameters : iterable of Learned
        All those that are to share the limit.
    maximum : float
        The largest norm allowed; finite and above 0.

    Returns
    -------
    float
        The norm before clipping. If it is NaN or infinite the gradients are as they were: no factor repairs
        them.

    Notes
    -----
    Pascanu, Mikolov and Bengio (2013), algorithm 1. PyTorch divides by ‖g‖ + 1e-6 instead.
    """
    if not (math.isfinite(maximum) and maximum > 0):
        raise ValueError(f"maximum: expected a finite norm above 0, got {maximum!r}")
    parameters = list(parameters)
    largest, relative = _norm(parameters)
    norm = largest * relative
    if math.isfinite(largest) and norm > maximum:
        for parameter in parameters:
            # In two factors, since maximum/‖g‖ itself may be too small for float32.
            parameter.grad[...] /= largest
            parameter.grad[...] *= float(maximum) / relative
    return norm


def _norm(parameters: list[Learned]) -> tuple[float, float]:
    """The largest |g|, and the norm as a multiple of it."""
    sizes = [max(float(p.grad.max()), -float(p.grad.min())) for p in parameters if p.grad.size]
    largest = max(sizes, default=0.0)
    if any(math.isnan(size) for size in sizes):
        return math.nan, 1.0
    if largest == 0 or math.isinf(largest):
        return largest, 1.0
    squares = 0.0
    for parameter in parameters:
        ratio = parameter.grad / largest
        ratio *= ratio
        squares += float(ratio.sum())
    return largest, math.sqrt(squares)
