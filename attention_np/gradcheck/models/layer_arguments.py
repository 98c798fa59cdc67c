"""What a layer is given: names, dtypes, and copies of its own; and the state of what is random."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

Generator = np.random.Generator | np.random.RandomState


def require_float64(name: str, value: Any) -> None:
    """Refuse floating numbers of any other precision."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc" and value.dtype != np.float64:
        raise TypeError(
            f"{name}: expected float64, got {value.dtype}, in which differences show three digits at best; give "
            f"{name}.astype(np.float64). The layer itself may be float32: it is checked in a float64 copy"
        )


def subject_of(layer: Any) -> str:
    """The name of a layer's class, or of a function."""
    if isinstance(layer, functools.partial):
        return subject_of(layer.func)
    return str(getattr(layer, "__name__", type(layer).__name__)).replace("<lambda>", "forward")


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """What a function takes, where Python can tell."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def names_of(signature: inspect.Signature | None, inputs: tuple[Any, ...]) -> list[str]:
    """The names that the inputs have in a signature."""
    parameters = [] if signature is None else signature.parameters.values()
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [known[i] if i < len(known) else f"input {i + 1}" for i in range(len(inputs))]


def own_copy(value: Any) -> Any:
    """A copy, where there can be one, so that the layer cannot change what is the caller's."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def is_required(parameter: inspect.Parameter) -> bool:
    """Whether a call must give it."""
    variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return not variable and parameter.default is parameter.empty


def state_of(generator: Generator) -> Any:
    """What brings a generator back to here."""
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return copy.deepcopy(generator.bit_generator.state)


def restore(generator: Generator, state: Any) -> None:
    """Bring a generator back."""
    if isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.bit_generator.state = state
