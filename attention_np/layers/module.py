"""What a layer is: parameters with names, and a forward pass that returns its backward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array


class Parameter:
    """An array that is learned, and the gradient of the loss with respect to it.

    Parameters
    ----------
    value : array
        What is learned; an optimiser changes it in place.
    decays : bool
        Whether weight decay applies to it (it does not to the logarithm of a sharpness).

    Attributes
    ----------
    value, grad : array
        Of one shape and dtype. A backward pass *adds* to ``grad``; ``zero_grad`` makes it zero.
    name : str
        The dotted name in the layer or model whose ``named_parameters`` was asked last; empty before.
    """

    def __init__(self, value: Array, *, decays: bool = True) -> None:
        self.value = value
        self.grad = np.zeros_like(value)
        self.decays = decays
        self.name = ""

    def __repr__(self) -> str:
        return f"Parameter({self.name or 'unnamed'}, shape={self.value.shape}, dtype={self.value.dtype})"


class Layer:
    """The base of every layer and model: finds parameters in attributes, by their dotted names.

    A subclass sets `Parameter`, `Layer`, or lists of layers as attributes and defines ``__call__``, which returns
    ``(output, backward)``. Nothing is registered and nothing is traced.
    """

    training: bool = True

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``(dotted name, parameter)`` in the order of definition, a shared parameter once."""
        seen: set[int] = set()
        for name, parameter in self._walk(""):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                parameter.name = name
                yield name, parameter

    def _walk(self, prefix: str) -> Iterator[tuple[str, Parameter]]:
        for attribute, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + attribute, value
        for name, layer in self._children():
            yield from layer._walk(f"{prefix}{name}.")

    def _children(self) -> Iterator[tuple[str, Layer]]:
        for attribute, value in vars(self).items():
            if isinstance(value, Layer):
                yield attribute, value
            elif isinstance(value, (list, tuple)):
                for index, item in enumerate(value):
                    if isinstance(item, Layer):
                        yield f"{attribute}.{index}", item

    def parameters(self) -> list[Parameter]:
        """All parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set every parameter's gradient to zero, in place."""
        for parameter in self.parameters():
            parameter.grad.fill(0)

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters' values, by dotted name."""
        return {name: parameter.value.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Take over the values of `state`; all or none of them.

        Raises
        ------
        ValueError
            If names are missing or left over, or a shape or dtype differs; nothing has been changed then.
        """
        own = dict(self.named_parameters())
        problems = []
        if missing := sorted(own.keys() - state.keys()):
            problems.append(f"missing: {', '.join(missing)}")
        if left_over := sorted(state.keys() - own.keys()):
            problems.append(f"left over: {', '.join(left_over)}")
        for name in sorted(own.keys() & state.keys()):
            given, expected = np.asarray(state[name]), own[name].value
            if given.shape != expected.shape:
                problems.append(f"{name}: expected shape {expected.shape}, got {given.shape}")
            elif given.dtype != expected.dtype:
                problems.append(f"{name}: expected dtype {expected.dtype}, got {given.dtype}")
        if problems:
            raise ValueError(f"state of {type(self).__name__}: " + "; ".join(problems))
        for name, parameter in own.items():
            parameter.value[...] = state[name]

    def train(self) -> None:
        """Switch dropout on, here and in every layer below."""
        self._set_training(True)

    def eval(self) -> None:
        """Switch dropout off, here and in every layer below."""
        self._set_training(False)

    def _set_training(self, training: bool) -> None:
        self.training = training
        for _, layer in self._children():
            layer._set_training(training)


Backward = Callable[..., Any]


def called_once(backward: Backward) -> Backward:
    """Let a backward closure be called once; a second call, which would add every gradient twice, is an error."""
    called = False

    @functools.wraps(backward)
    def guarded(*upstreams: Any, **named_upstreams: Any) -> Any:
        nonlocal called
        if called:
            layer = backward.__qualname__.split(".")[0]
            raise RuntimeError(
                f"{layer}: this backward was called before; a second call would add its gradients twice. "
                "Call the layer again: each forward pass returns a backward of its own."
            )
        result = backward(*upstreams, **named_upstreams)
        called = True
        return result

    return guarded


def uniform(shape: tuple[int, ...], bound: float, rng: np.random.Generator, dtype: DTypeLike) -> Array:
    """Draw an initial weight from U(-bound, bound)."""
    return rng.uniform(-bound, bound, shape).astype(dtype)
