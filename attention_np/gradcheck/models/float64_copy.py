"""A deep copy of a layer in float64: parameters, and whatever else it holds that is floating."""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array

Memo = dict[Any, Any]


def float64_copy(layer: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of `layer` that shares nothing with it, with every floating array and dtype turned into float64.

    Arrays that look at one memory (a table and its transpose, as in tied weights) go on to do so in the copy. Of a function, the
    variables are copied that it finds in the scopes around it and that hold layers, generators or arrays.

    Raises
    ------
    TypeError
        If the layer holds something that cannot be copied.
    """
    memo: Memo = {}
    try:
        copied = _copied(layer, memo)
    except Exception as error:
        raise TypeError(
            f"layer: expected one that can be copied to float64, got {type(layer).__name__}, and copy.deepcopy says: "
            f"{error}; take out of it what is no state (files, locks)"
        ) from error
    for found in reachable(copied):
        if hasattr(found, "__dict__") and not isinstance(found, types.FunctionType):
            for attribute, value in vars(found).items():
                if _is_narrow(value):
                    vars(found)[attribute] = np.float64 if isinstance(value, type) else np.dtype(np.float64)
    return copied


def reachable(root: Any) -> Iterator[Any]:
    """Everything that `root` holds, itself included, each thing once; modules, classes and numbers are not entered."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, (str, bytes, int, float, type, types.ModuleType, type(None))):
            continue
        seen.add(id(found))
        yield found
        waiting.extend(reversed(_held_by(found)))


def named_layers(function: Any) -> Iterator[tuple[str, Any]]:
    """What has parameters in the scopes around a function, with the names of the variables; a layer is its own."""
    if isinstance(function, functools.partial):
        yield from named_layers(function.func)
    elif isinstance(function, types.MethodType):
        yield from named_layers(function.__self__)
    elif hasattr(function, "named_parameters"):
        yield "", function
    elif isinstance(function, types.FunctionType):
        for name, value in _variables(function).items():
            items = enumerate(value) if isinstance(value, (list, tuple)) else [("", value)]
            for index, item in items:
                if hasattr(item, "named_parameters") and not isinstance(item, type):
                    yield f"{name}.{index}" if index != "" else name, item


def _held_by(found: Any) -> list[Any]:
    if isinstance(found, (np.ndarray, np.generic, np.dtype, np.random.Generator, np.random.RandomState)):
        return []
    if isinstance(found, dict):
        return list(found.values())
    if isinstance(found, (list, tuple, set, frozenset)):
        return list(found)
    if isinstance(found, functools.partial):
        return [found.func, *found.args, *found.keywords.values()]
    if isinstance(found, types.MethodType):
        return [found.__self__]
    if isinstance(found, types.FunctionType):
        return list(_variables(found).values())
    slots = [name for kind in type(found).__mro__ for name in getattr(kind, "__slots__", ()) if hasattr(found, name)]
    return [*getattr(found, "__dict__", {}).values(), *(getattr(found, name) for name in slots)]


def _variables(function: types.FunctionType) -> dict[str, Any]:
    """What a function finds around it: closed-over variables, defaults, and the globals that its code names."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found = {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
    for name in _global_names(function.__code__):
        if name in function.__globals__ and name not in found:
            value = function.__globals__[name]
            # A function of another module keeps its own state, which is no part of what is checked.
            if not isinstance(value, types.FunctionType) or value.__globals__ is function.__globals__:
                found[name] = value
    return found


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _copied(value: Any, memo: Memo) -> Any:
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, types.FunctionType):
        return _copied_function(value, memo)
    if isinstance(value, functools.partial):
        arguments = [_copied(argument, memo) for argument in value.args]
        options = {name: _copied(option, memo) for name, option in value.keywords.items()}
        return functools.partial(_copied(value.func, memo), *arguments, **options)
    for array in reachable(value):
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and id(array) not in memo:
            memo[id(array)] = _array_copy(array, memo)
    return copy.deepcopy(value, memo)


def _copied_function(function: types.FunctionType, memo: Memo) -> types.FunctionType:
    """The same code among copies of the variables that have state; the function itself where none has."""
    memo[id(function)] = function
    if not any(_has_state(found) for found in reachable(function)):
        return function
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    scope = dict(function.__globals__)
    result = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    result.__kwdefaults__ = function.__kwdefaults__
    memo[id(function)] = result
    for cell, original in zip(cells, function.__closure__ or (), strict=True):
        if _is_filled(original):
            cell.cell_contents = _copied_variable(original.cell_contents, memo)
    for name, value in _variables(function).items():
        if name in scope and name not in function.__code__.co_freevars:
            scope[name] = _copied_variable(value, memo)
    return result


def _copied_variable(value: Any, memo: Memo) -> Any:
    return _copied(value, memo) if any(_has_state(found) for found in reachable(value)) else value


def _has_state(found: Any) -> bool:
    return isinstance(found, (np.ndarray, np.random.Generator, np.random.RandomState)) or hasattr(
        found, "named_parameters"
    )


def _array_copy(array: Array, memo: Memo) -> Array:
    """A float64 copy; of arrays that share memory, copies that share memory in the same way."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if owner.dtype != array.dtype or not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        return np.array(array, np.float64, order="K")
    memory = memo.setdefault(("memory", id(owner)), owner.ravel(order="K").astype(np.float64))
    places = (array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // array.itemsize
    strides = tuple(stride // array.itemsize * memory.itemsize for stride in array.strides)
    return np.ndarray(array.shape, np.float64, memory, places * memory.itemsize, strides)


def _is_narrow(value: Any) -> bool:
    """Whether this is a floating dtype, or NumPy's type of one, other than float64."""
    if isinstance(value, np.dtype):
        return value.kind == "f" and value != np.float64
    return isinstance(value, type) and issubclass(value, np.floating) and value is not np.float64
