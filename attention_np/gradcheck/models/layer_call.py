"""Calling a layer again and again, with the same randomness each time, and reading what it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...functional._checks import Array
from ..calls import Refused, raised, words_for
from ..diagnosis import Diagnosis
from .float64_copy import float64_copy, named_layers, reachable
from .layer_arguments import (
    is_required,
    names_of,
    own_copy,
    require_float64,
    restore,
    signature_of,
    state_of,
    subject_of,
)

Arrays = dict[str, Array]


class Forward(NamedTuple):
    """What one forward pass gave.

    Attributes
    ----------
    results : dict
        The floating results by name: the fields of a named tuple, "output", or "loss", which takes no upstream.
    upstreams : tuple of str
        The results that the backward pass takes an upstream for.
    optional : tuple of str
        Those of them that it can do without.
    backward : callable
    """

    results: Arrays
    upstreams: tuple[str, ...]
    optional: tuple[str, ...]
    backward: Callable[..., Any]


class LayerCall:
    """A float64 copy of a layer with copies of the inputs that it is called with.

    Parameters
    ----------
    layer : callable
        Gives ``(output, backward)``; is not changed.
    inputs : tuple
        Arrays of float64 are asked for gradients, everything else is handed on.
    names : sequence of str, optional
        Of the inputs; those of the layer's signature unless given.

    Attributes
    ----------
    subject : str
        The layer's name.
    values : dict
        The numbers that the output depends on, by name: floating inputs, then parameters. They stand for the point that
        the gradient is taken at, and never change.
    parameters : dict
        The copy's parameters, by name.

    Raises
    ------
    TypeError
        If an input is floating but not float64, or the layer cannot be copied.
    """

    def __init__(self, layer: Callable[..., Any], inputs: tuple[Any, ...], names: Sequence[str] | None = None) -> None:
        self.subject = subject_of(layer)
        self._signature = signature_of(layer)
        self.names = names_of(self._signature, inputs) if names is None else list(names)
        if len(self.names) != len(inputs):
            raise ValueError(f"names: expected one for each of the {len(inputs)} inputs, got {len(self.names)}")
        for name, value in zip(self.names, inputs, strict=True):
            require_float64(name, value)
        self._layer = float64_copy(layer)
        self._inputs = [own_copy(value) for value in inputs]
        named_inputs = zip(self.names, self._inputs, strict=True)
        self._live = {name: value for name, value in named_inputs if _is_float(value)}
        self.input_names = tuple(self._live)
        self.parameters = _parameters(self._layer, taken=self.names)
        self._live |= {name: parameter.value for name, parameter in self.parameters.items()}
        self.values = {name: value.copy() for name, value in self._live.items()}
        self._others = [found for found in reachable(self._inputs) if isinstance(found, np.ndarray)]
        self._kept = [array.copy() for array in self._others]
        self._random = [
            (found, state_of(found))
            for found in reachable([self._layer, self._inputs])
            if isinstance(found, (np.random.Generator, np.random.RandomState))
        ]
        self.count = 0

    @property
    def integers(self) -> list[Array]:
        """The arrays of integers that the inputs hold: ids, mostly."""
        return [array for array in self._others if array.dtype.kind in "iu"]

    def forward(self, moved: Mapping[str, Array] | None = None) -> Forward:
        """Call the layer, with `moved` in place of the `values` of the same names.

        Raises
        ------
        Refused
            If it raises, or gives something else than ``(output, backward)``.
        """
        self.count += 1
        for array, kept in zip(self._others, self._kept, strict=True):
            np.copyto(array, kept)
        for name, parameter in self.parameters.items():
            parameter.value = self._live[name]
        for name, array in self._live.items():
            np.copyto(array, self.values[name] if moved is None else moved.get(name, self.values[name]))
        for generator, state in self._random:
            restore(generator, state)
        answer = self._guarded(self.subject, self._layer, *self._inputs)
        if not isinstance(answer, tuple) or len(answer) != 2 or not callable(answer[1]):
            raise Refused(
                Diagnosis(
                    "wrong-dtype",
                    "",
                    f"{self.subject}: expected (output, backward), got {_parts(answer)}.",
                    "A layer's forward pass returns its backward pass beside the output. A function that does not is checked "
                    "with backward=… given.",
                )
            )
        output, backward = answer
        return self._read(output, backward)

    def gradients(self, forward: Forward, upstream: Arrays, before: Arrays) -> Arrays:
        """What the backward pass gives for each of `values`: what it returns, and what ``grad`` holds after `before`.

        ``before`` is written into the parameters' ``grad`` first. The arrays may have wrong shapes and dtypes.

        Raises
        ------
        Refused
            If it raises, or returns too few or too many results.
        """
        for name, parameter in self.parameters.items():
            if parameter.grad is None or parameter.grad.shape != parameter.value.shape:
                parameter.grad = np.zeros_like(parameter.value)
            parameter.grad[...] = before[name]
        name = f"the backward pass of {self.subject}"
        if upstream.keys() == {"output"}:
            returned = self._guarded(name, forward.backward, upstream["output"])
        else:
            returned = self._guarded(name, forward.backward, **{f"d_{key}": array for key, array in upstream.items()})
        found = self._by_input(returned)
        for key, parameter in self.parameters.items():
            found[key] = np.array(parameter.grad)
        return found

    def changed(self) -> list[str]:
        """The inputs and parameters that are no longer what the last forward pass was given (at no `moved`)."""
        now = self._live | {name: parameter.value for name, parameter in self.parameters.items()}
        names = [name for name, array in now.items() if not _same(array, self.values[name])]
        for name, value in zip(self.names, self._inputs, strict=True):
            held = {id(array) for array in reachable(value) if isinstance(array, np.ndarray)}
            pairs = zip(self._others, self._kept, strict=True)
            if name not in names and any(id(array) in held and not _same(array, kept) for array, kept in pairs):
                names.append(name)
        return names

    def release(self) -> None:
        """Bring generators back to where they were: an input's may be the caller's own."""
        for generator, state in self._random:
            restore(generator, state)

    def _guarded(self, name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return function(*arguments, **options)
        except Exception as error:
            given = dict(zip(self.names, self._inputs, strict=True))
            raise Refused(
                raised(name, error, given)._replace(
                    hint="It was called with float64 throughout, in a float64 copy: does it make or hold arrays of another dtype?"
                    if "dtype" in str(error)
                    else "Call it with the same arrays yourself."
                )
            ) from None

    def _read(self, output: Any, backward: Callable[..., Any]) -> Forward:
        takes = signature_of(backward)
        if hasattr(output, "_asdict"):
            fields = {name: value for name, value in output._asdict().items() if not _is_discrete(value)}
            floats = {name: self._array(name, value) for name, value in fields.items()}
            open_ended = takes is None or any(p.kind is p.VAR_KEYWORD for p in takes.parameters.values())
            known = {} if takes is None else takes.parameters
            sent = tuple(name for name in floats if open_ended or f"d_{name}" in known)
            optional = tuple(
                name for name in sent if f"d_{name}" in known and known[f"d_{name}"].default is not inspect.Parameter.empty
            )
            return Forward(floats, sent, optional, backward)
        scalar = isinstance(output, (float, np.floating)) or (isinstance(output, np.ndarray) and output.ndim == 0)
        if scalar and (takes is None or not any(is_required(p) for p in takes.parameters.values())):
            return Forward({"loss": self._array("loss", output)}, (), (), backward)
        return Forward({"output": self._array("output", output)}, ("output",), (), backward)

    def _array(self, name: str, value: Any) -> Array:
        if isinstance(value, (float, np.floating)):
            value = np.asarray(value)
        if not isinstance(value, np.ndarray) or value.dtype != np.float64:
            raise Refused(
                Diagnosis(
                    "wrong-dtype",
                    name,
                    f"{self.subject} gives {words_for(value)} for its {name}, expected an array of float64: its parameters "
                    "and inputs are float64 here.",
                    "Look for `dtype=`, `astype`, or an array made without a dtype; a missing `return` gives None.",
                )
            )
        if not np.isfinite(value).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
            raise Refused(
                Diagnosis(
                    "not-finite",
                    name,
                    f"the {name} of {self.subject} is {value[where]} at index {where}; there is no derivative there.",
                    "Check at a point where the result is finite, and find out which operation overflows here.",
                )
            )
        return value.copy()

    def _by_input(self, returned: Any) -> Arrays:
        """The gradients by the names of their inputs; of an input for which there is None, zeros."""
        several = isinstance(returned, (tuple, list)) and all(not isinstance(item, (list, float)) for item in returned)
        results = list(returned) if several else [] if returned is None else [returned]
        floats = list(self.input_names)
        aligned = len(results) == len(self.names) and all(
            result is None for name, result in zip(self.names, results, strict=True) if name not in floats
        )
        if aligned:
            results = [result for name, result in zip(self.names, results, strict=True) if name in floats]
        elif returned is None:
            results = [None] * len(floats)
        if len(results) < len(floats) or len(results) > len(floats) + self._not_given():
            wanted = ", ".join(floats) or "none: no input is floating"
            raise Refused(
                Diagnosis(
                    "wrong-shape",
                    "",
                    f"the backward pass of {self.subject} gives {len(results)} gradients, expected {len(floats)} ({wanted}).",
                    "One gradient for each floating input, in their order.",
                )
            )
        return {
            name: np.zeros_like(self.values[name]) if result is None else _gradient(self.subject, name, result)
            for name, result in zip(floats, results, strict=False)
        }

    def _not_given(self) -> int:
        """How many more inputs the layer could have been given; the backward pass may give their gradients too."""
        return max(len(self._signature.parameters) - len(self.names), 0) if self._signature else 0


def _parameters(layer: Callable[..., Any], taken: Sequence[str]) -> dict[str, Any]:
    """The floating parameters by dotted name; one that has an input's name says what it is."""
    found: dict[str, Any] = {}
    for prefix, held in named_layers(layer):
        for name, parameter in held.named_parameters():
            if _is_float(parameter.value) and not any(parameter is known for known in found.values()):
                dotted = f"{prefix}.{name}" if prefix else name
                found[f"parameter {dotted}" if dotted in taken else dotted] = parameter
    return found


def _gradient(subject: str, name: str, result: Any) -> Array:
    if isinstance(result, (float, np.floating)):
        result = np.asarray(result)
    if not isinstance(result, np.ndarray):
        message = f"the backward pass of {subject} gives {words_for(result)} for {name}, expected an array of float64."
        raise Refused(Diagnosis("wrong-dtype", name, message, "A gradient is an array of its input's shape and dtype."))
    return result.copy()


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _is_discrete(value: Any) -> bool:
    return value is None or (isinstance(value, np.ndarray) and value.dtype.kind in "iub")


def _same(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")


def _parts(answer: Any) -> str:
    return f"{len(answer)} results" if isinstance(answer, tuple) and not hasattr(answer, "_asdict") else words_for(answer)
