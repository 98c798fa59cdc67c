"""Derivatives from two sources that know nothing of the code under test: the gradient checker, and PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from attention_np.gradcheck import Report, check_gradients
from attention_np.gradcheck.models import projections

Array = NDArray[Any]


def relative_error(found: Array, expected: Array) -> float:
    """The largest difference in units of the largest number of either; 0 where all numbers are 0 or there are none."""
    size = max(np.max(np.abs(found), initial=0), np.max(np.abs(expected), initial=0))
    return float(np.max(np.abs(found - expected), initial=0) / size) if size else 0.0


def check_by_projections(
    forward: Callable[..., Any],
    *inputs: Any,
    names: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
) -> Report:
    """`check_gradients` of a layer or model by random projections, however few numbers it has.

    By itself the checker compares every entry of a small layer, for a person to look at. In hundreds of cases that takes five
    times as long, and finds no more: what fails is looked at entry by entry here too. Every layer is checked in every
    entry in `tests/gradcheck`, every function in the tests of its own file.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projections, "FEW", 0)
        return check_gradients(forward, *inputs, names=names, rng=rng)


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
