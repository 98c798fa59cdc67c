"""Derivatives from two sources that know nothing of the code under test: differences, and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def relative_error(found: Array, expected: Array) -> float:
    """The largest difference in units of the largest number of either; 0 where all numbers are 0 or there are none."""
    size = max(np.max(np.abs(found), initial=0), np.max(np.abs(expected), initial=0))
    return float(np.max(np.abs(found - expected), initial=0) / size) if size else 0.0


def numerical_gradient(
    function: Callable[[Array], Array], upstream: Array, array: Array, step: float = 1e-3
) -> Array:
    """Gradient of ``sum(upstream * function(array))``, entry by entry.

    Central differences at two steps, D(h) and D(h/2), and Richardson's (4 D(h/2) - D(h)) / 3, which cancels the error
    in h². The results are subtracted before they are summed, so that what an entry does not touch costs no digits.
    """
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):

        def slope(width: float, index: tuple[int, ...] = index) -> float:
            above, below = array.copy(), array.copy()
            above[index] += width
            below[index] -= width
            return np.sum(upstream * (function(above) - function(below))) / (above[index] - below[index])

        gradient[index] = (4 * slope(step / 2) - slope(step)) / 3
    return gradient


def torch_gradients(
    function: Callable[..., Any], upstream: Array, given: dict[str, Any]
) -> tuple[Array, dict[str, Array]]:
    """What a function of tensors gives for the arguments `given`, and PyTorch's gradient for the floating ones."""
    import torch

    tensors = {name: torch.tensor(value) for name, value in given.items() if isinstance(value, np.ndarray)}
    floating = {
        name: tensor.requires_grad_() for name, tensor in tensors.items() if tensor.is_floating_point()
    }
    output = function(**{**given, **tensors})
    output.backward(torch.tensor(upstream))
    unused = torch.zeros(())
    return output.detach().numpy(), {
        name: np.broadcast_to((unused if tensor.grad is None else tensor.grad).numpy(), tensor.shape)
        for name, tensor in floating.items()
    }
