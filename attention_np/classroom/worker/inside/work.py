"""Runs the learner's function on the inputs that were sent, and sends back what came of it; it knows nothing else."""

from __future__ import annotations

import dataclasses  # noqa: F401
import random  # noqa: F401
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

# Parts of NumPy and of the library that would otherwise be loaded when they are first used, from places denied by then.
import numpy as np
import numpy.fft
import numpy.linalg
import numpy.random

from . import audit, protocol, values

FILE = "<submission>"
LONGEST_MESSAGE = 500

_NUMBERS = (bool, int, float)


def serve(request: int, answer: int, evidence: int, reached: list[str]) -> None:
    """Say that the worker is ready, read the function and the calls, and answer each call as its result is known."""
    protocol.write_all(answer, protocol.packed({"kind": "ready", "reached": reached}))
    header, arrays = protocol.read_message(request)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    _answer_calls(header, arrays, answer)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            # Whatever became of what was printed is no matter of the results.
            pass
    protocol.write_all(evidence, audit.END)
    protocol.write_all(answer, protocol.packed({"kind": "end"}))


def _answer_calls(header: dict[str, Any], arrays: list[Any], answer: int) -> None:
    name, source = header["function"], header["source"]
    try:
        space = _executed(source, "submission", FILE)
        function = space.get(name)
        driver = _executed(header["driver"], "driver", "<driver>")["drive"] if header["driver"] else None
    except BaseException as problem:
        protocol.write_all(answer, protocol.packed({**_raised(problem, source), "kind": "failed"}))
        return
    if not callable(function):
        protocol.write_all(answer, protocol.packed({"kind": "missing"}))
        return
    left = header["answer"]
    for arguments, options in header["calls"]:
        try:
            message, results = _called(function, driver, arguments, options, arrays, left)
        except BaseException as problem:
            message, results = _raised(problem, source), []
            problem.__traceback__ = None
        left -= sum(result.nbytes for result in results)
        protocol.write_all(answer, protocol.packed(message, results))
        if message["kind"] == "raised" and message["type"] in ("NotImplementedError", "MemoryError"):
            return


def _executed(source: str, name: str, file: str) -> dict[str, Any]:
    module = types.ModuleType(name)
    # Data classes look their module up by its name.
    sys.modules[name] = module
    exec(compile(source, file, "exec"), module.__dict__)
    return module.__dict__


def _called(
    function: Callable[..., Any],
    driver: Callable[..., Any] | None,
    arguments: Any,
    options: dict[str, Any],
    arrays: list[Any],
    left: int,
) -> tuple[dict[str, Any], list[Any]]:
    given = [values.restored(form, arrays) for form in arguments]
    named = {name: values.restored(form, arrays) for name, form in options.items()}
    labels = [*_labels(driver or function, len(given), driver is not None), *named]
    before = [_bytes(value) for value in (*given, *named.values())]
    state = _random_state()
    result = function(*given, **named) if driver is None else driver(function, *given, **named)
    after = [_bytes(value) for value in (*given, *named.values())]
    several = isinstance(result, tuple | list)
    results, words = [], []
    for part in result if several else [result]:
        array, word = _plain_array(part, left)
        left -= array.nbytes
        results.append(array)
        words.append(word)
    message = {
        "kind": "returned",
        "several": several,
        "not_arrays": words,
        "changed": [label for label, old, new in zip(labels, before, after, strict=False) if old != new],
        "used_global_random": _random_state() != state,
    }
    return message, results


def _labels(function: Any, count: int, driven: bool) -> list[str]:
    code = getattr(function, "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if isinstance(code, types.CodeType) else []
    names = names[1:] if driven else names
    return [names[place] if place < len(names) else f"argument {place + 1}" for place in range(count)]


def _bytes(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, str(value.dtype), value.tobytes()
    return [_bytes(part) for part in value] if isinstance(value, tuple) else None


def _random_state() -> Any:
    state: Any = np.random.get_state()
    return state[1].tobytes(), state[2:]


def _plain_array(value: Any, left: int) -> tuple[Any, str]:
    """An array that may be sent, and "" or what `value` was instead; an empty one stands for what cannot be sent."""
    nothing = np.empty(0)
    kind = type(value)
    if kind in _NUMBERS or isinstance(value, np.generic):
        try:
            value = np.asarray(value)
        except (ValueError, OverflowError):
            return nothing, f"a number of type {kind.__name__[:60]}"
    elif kind is not np.ndarray:
        return nothing, "None" if value is None else f"a {kind.__name__[:60]}"
    if str(value.dtype) not in protocol.DTYPES:
        return nothing, f"an array of {str(value.dtype)[:60]}"
    if value.ndim > protocol.MOST_DIMENSIONS:
        return nothing, f"an array of {value.ndim} dimensions"
    if value.nbytes > left:
        return nothing, f"an array of {value.nbytes} bytes, more than may be sent"
    return value, ""


def _raised(problem: BaseException, source: str) -> dict[str, Any]:
    line = 0
    if isinstance(problem, SyntaxError) and problem.filename == FILE:
        line = problem.lineno or 0
    step = problem.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == FILE:
            line = step.tb_lineno or line
        step = step.tb_next
    lines = source.splitlines()
    text = lines[line - 1].strip()[:200] if 0 < line <= len(lines) else ""
    kind = "MemoryError" if isinstance(problem, MemoryError) else type(problem).__name__[:80]
    try:
        message = str(problem)[:LONGEST_MESSAGE]
    except BaseException:
        message = "(its message cannot be read)"
    return {"kind": "raised", "type": kind, "message": message, "line": line, "text": text}
