"""What every update rule shares: its parameters, their running arrays, and an exact state."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..functional.workers import share

Array = NDArray[Any]

BLOCK = 327_680
"""How many entries of a parameter are changed at a time.

An update rule passes a dozen times over its arrays, and in numbers of this size they stay in the cache between the passes.
Smaller blocks pay more for the calls, and for the workers' waiting for the interpreter after each, than they gain: a step of
Adam on 1.3 million parameters in blocks of half the size takes 1.04 of the time, of a fifth 1.26; of twice the size 1.02.
Alone, in place instead of with temporaries: 0.80.
"""


class Learned(Protocol):
    """What an optimiser needs of a parameter: `value` and `grad` are of one shape and floating dtype."""

    @property
    def value(self) -> Array: ...
    @property
    def grad(self) -> Array: ...
    @property
    def name(self) -> str: ...
    @property
    def decays(self) -> bool: ...


class Optimizer(ABC):
    """The base of the update rules.

    A subclass defines `_update`, which is its formula, and names the running arrays it keeps for each
    parameter. Its public attributes are its settings, and its ``repr`` shows them.

    Parameters
    ----------
    parameters : iterable of Learned
        What is learned, each once. The order matters for `load_state_dict`.
    running : tuple of str
        The names of the arrays that the rule keeps for each parameter, of its shape and dtype, zero at first.
    learning_rate : float
        η, the length of a step; finite and not negative.
    weight_decay : float
        λ, the pull of each value towards zero; parameters whose `decays` is False are spared.

    Raises
    ------
    TypeError, ValueError
        If there are no parameters, one comes twice or is not a floating array with a gradient, or a setting
        is out of range.
    """

    def __init__(
        self,
        parameters: Iterable[Learned],
        running: tuple[str, ...],
        learning_rate: float,
        weight_decay: float,
    ) -> None:
        self._parameters = _checked(parameters)
        self.learning_rate = nonnegative("learning_rate", learning_rate)
        self.weight_decay = nonnegative("weight_decay", weight_decay)
        self._steps = 0
        self._running = {name: [np.zeros_like(p.value) for p in self._parameters] for name in running}

    @property
    def parameters(self) -> list[Learned]:
        """The parameters that `step` changes."""
        return list(self._parameters)

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self._steps

    def step(self, factor: float = 1.0) -> None:
        """Change every parameter's value in place, by its gradient.

        Parameters
        ----------
        factor : float
            Multiplies the learning rate in this step: what a schedule gives.
        """
        rate = self.learning_rate * nonnegative("factor", factor)
        self._steps += 1

        def update(blocks: Iterator[tuple[int, slice]]) -> None:
            for index, rows in blocks:
                parameter = self._parameters[index]
                decay = self.weight_decay if parameter.decays else 0.0
                running = {name: np.atleast_1d(arrays[index])[rows] for name, arrays in self._running.items()}
                value, grad = np.atleast_1d(parameter.value)[rows], np.atleast_1d(parameter.grad)[rows]
                self._update(value, grad, rate, decay, **running)

        share(self._blocks(), update, alone=sum(p.value.size for p in self._parameters) <= BLOCK)

    def _blocks(self) -> Iterator[tuple[int, slice]]:
        """All parameters cut into blocks of rows: (index of the parameter, rows)."""
        for index, parameter in enumerate(self._parameters):
            length = np.atleast_1d(parameter.value).shape[0]
            rows = max(1, BLOCK * length // max(1, parameter.value.size))
            yield from ((index, slice(first, first + rows)) for first in range(0, length, rows))

    @abstractmethod
    def _update(self, value: Array, grad: Array, rate: float, decay: float, **running: Array) -> None:
        """Change some rows of one parameter's `value` and of its running arrays in place; `grad` stays as it is.

        Every entry by itself: rows come in blocks, and the blocks in any order.
        """

    def zero_grad(self) -> None:
        """Set every parameter's gradient to zero, in place."""
        for parameter in self._parameters:
            parameter.grad.fill(0)

    def state_dict(self) -> dict[str, Any]:
        """The number of steps and copies of the running arrays, as ``"<array>.<index of the parameter>"``.

        The settings are not part of it: they are given to the constructor again.
        """
        state: dict[str, Any] = {"steps": self._steps}
        for name, arrays in self._running.items():
            state.update({f"{name}.{index}": array.copy() for index, array in enumerate(arrays)})
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave; the next step has the same bits as if it had never been saved.

        Raises
        ------
        ValueError
            If names are missing or left over, or a shape or dtype differs; nothing has been changed then.
        """
        own = {f"{name}.{i}": array for name, kept in self._running.items() for i, array in enumerate(kept)}
        problems = []
        if missing := [name for name in ("steps", *own) if name not in state]:
            problems.append(f"missing: {', '.join(missing)}")
        if left_over := [name for name in state if name != "steps" and name not in own]:
            problems.append(f"left over: {', '.join(left_over)}")
        for name in own.keys() & state.keys():
            given = np.asarray(state[name])
            if given.shape != own[name].shape or given.dtype != own[name].dtype:
                expected = f"{own[name].dtype} {own[name].shape}"
                problems.append(f"{name}: expected {expected}, got {given.dtype} {given.shape}")
        steps = state.get("steps", 0)
        if not isinstance(steps, Integral) or steps < 0:
            problems.append(f"steps: expected an integer of at least 0, got {steps!r}")
        if problems:
            raise ValueError(f"state of {type(self).__name__}: " + "; ".join(sorted(problems)))
        self._steps = int(steps)
        for name, array in own.items():
            array[...] = state[name]

    def __repr__(self) -> str:
        settings = [f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_")]
        return f"{type(self).__name__}({', '.join(settings)})"


def nonnegative(name: str, value: float) -> float:
    """`value`, finite and at least 0, as a Python float, which leaves float32 arrays float32."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}: expected a finite number of at least 0, got {value!r}")
    return float(value)


def fraction(name: str, value: float) -> float:
    """`value`, at least 0 and below 1, as a Python float."""
    if nonnegative(name, value) >= 1:
        raise ValueError(f"{name}: expected a number from 0 to below 1, got {value!r}")
    return float(value)


def _checked(parameters: Iterable[Learned]) -> list[Learned]:
    if not isinstance(parameters, Iterable):
        kind = type(parameters).__name__
        raise TypeError(f"parameters: expected a list of parameters, as model.parameters() gives, got {kind}")
    found = list(parameters)
    if not found:
        raise ValueError("parameters: expected at least one parameter, got none")
    seen: dict[int, int] = {}
    for index, parameter in enumerate(found):
        value, grad = getattr(parameter, "value", None), getattr(parameter, "grad", None)
        if not isinstance(value, np.ndarray) or not isinstance(grad, np.ndarray):
            raise TypeError(
                f"parameters[{index}]: expected an object with the arrays `value` and `grad`, "
                f"as model.parameters() gives, got {type(parameter).__name__}"
            )
        if not np.issubdtype(value.dtype, np.floating):
            raise TypeError(f"parameters[{index}]: expected a floating dtype, got {value.dtype}")
        if grad.shape != value.shape or grad.dtype != value.dtype:
            raise ValueError(
                f"parameters[{index}]: expected grad to be {value.dtype} {value.shape} as value is, "
                f"got {grad.dtype} {grad.shape}"
            )
        if id(value) in seen:
            raise ValueError(
                f"parameters[{index}]: is the same as parameters[{seen[id(value)]}], "
                "and would be changed twice a step; give each parameter once"
            )
        seen[id(value)] = index
    return found
