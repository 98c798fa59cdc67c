"""Calling a learner's function so that nothing it does can mislead or crash the checker."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..functional._checks import Array
from .diagnosis import Diagnosis

PACKAGE = str(Path(__file__).parent.parent)
NUMPY = str(Path(np.__file__).parent)


class Refused(Exception):
    """A call that gave nothing to compare, and the diagnosis that says why."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(str(diagnosis))
        self.diagnosis = diagnosis


class Called(NamedTuple):
    """What a call returned, and what it did besides."""

    value: Any
    diagnoses: list[Diagnosis]


def name_of(function: Callable[..., Any], otherwise: str) -> str:
    """The function's own name, or a word for one without."""
    name = getattr(function, "__name__", type(function).__name__)
    return otherwise if name == "<lambda>" else name


def call(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    options: Mapping[str, Any],
    otherwise: str = "backward",
) -> Called:
    """Call `function` with copies of `arguments`, in order, and see whether it changed them.

    Raises
    ------
    Refused
        If it does not take these arguments, or raises.
    """
    name = name_of(function, otherwise)
    _require_signature(function, name, arguments, options)
    copies = {key: copy_of(value) for key, value in arguments.items()}
    given_options = {key: copy_of(value) for key, value in options.items()}
    random_state = np.random.get_state()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            value = function(*copies.values(), **given_options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Refused(raised(name, error, {**arguments, **options})) from None
    diagnoses = [
        Diagnosis(
            "mutates-input",
            key,
            f"{name} changes its argument {key}, which its caller still needs.",
            "Which line assigns into an array that came from outside (`+=`, `*=`, `[...] =`, `out=`)? Work on a copy.",
        )
        for key, before in {**arguments, **options}.items()
        if not same(before, {**copies, **given_options}[key])
    ]
    if not _same_random_state(random_state, np.random.get_state()):
        diagnoses.append(
            Diagnosis(
                "not-repeatable",
                "",
                f"{name} draws from NumPy's global random numbers, so no two calls are alike.",
                "What is random belongs to the forward pass; the backward pass is handed what was drawn.",
            )
        )
    return Called(value, diagnoses)


def copy_of(value: Any) -> Any:
    """An array of its own with the same numbers and the same layout in memory; other values as they are."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def same(one: Any, other: Any) -> bool:
    """Whether two arguments have the same shape and bits."""
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    return True


def raised(name: str, error: BaseException, arguments: Mapping[str, Any]) -> Diagnosis:
    """What a function raised, with the line of its author's that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((PACKAGE, NUMPY))]
    where = ""
    if own:
        frame = own[-1]
        line = f": `{frame.line}`" if frame.line else ""
        where = f" in line {frame.lineno} of {Path(frame.filename).name}{line}"
    shapes = ", ".join(f"{key} {np.shape(value)}" for key, value in arguments.items() if isinstance(value, np.ndarray))
    words = " ".join(str(error).split())
    said = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return Diagnosis(
        "unknown",
        "",
        f"{name} raised {said}{where}; it was given {shapes}.",
        "Call it with arrays of these shapes yourself; all lengths differ, so that no two dimensions can be mixed up.",
    )


def results_of(value: Any, names: Sequence[str], function: str) -> list[Any]:
    """The results one by one, where a function returns a tuple or list of them, or a single one.

    Raises
    ------
    Refused
        If there are too few or too many.
    """
    several = isinstance(value, (tuple, list))
    results = list(value) if several else [value]
    if len(results) == len(names):
        return results
    wanted = f"{len(names)} results ({', '.join(names)})" if len(names) > 1 else f"one array, {names[0]}"
    got = f"a {type(value).__name__} of {len(results)}" if several else words_for(value)
    hint = "Return the results in this order, separated by commas." if len(names) > 1 else "Return the array itself."
    raise Refused(Diagnosis("wrong-shape", "", f"{function}: expected {wanted}, got {got}.", hint))


def as_array(value: Any, name: str, function: str) -> tuple[Array, list[Diagnosis]]:
    """A result as an array of float64, with a diagnosis of what had to be converted.

    Raises
    ------
    Refused
        If it is no array of numbers at all.
    """
    if isinstance(value, (float, np.generic)):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fciub":
        missing = "Is the `return` missing? " if value is None else ""
        raise Refused(
            Diagnosis(
                "wrong-dtype",
                name,
                f"{function} gives {words_for(value)} for {name}, expected a NumPy array of float64.",
                f"{missing}Results are arrays, such as np.asarray makes.",
            )
        )
    if value.dtype == np.float64:
        return np.asarray(value), []
    found = Diagnosis(
        "wrong-dtype",
        name,
        f"{name} has dtype {value.dtype}, expected float64, like the arguments.",
        "A result keeps the dtype of what it was computed from: look for `dtype=`, `astype`, or an array made without one.",
    )
    return np.asarray(value.real, np.float64), [found]


def repeatable(result: str, value: Any, kept: Any, second: Any) -> list[Diagnosis]:
    """Whether a second call gave the same as the first did (`kept`), and left its result (`value`) alone."""
    if not isinstance(kept, np.ndarray) or not isinstance(second, np.ndarray):
        return []
    if np.shares_memory(value, second):
        words = "two calls return the same array, so the second overwrites what the first had given."
    elif kept.shape != second.shape or not np.allclose(kept, second, rtol=1e-10, atol=0, equal_nan=True):
        words = "two calls with the same arguments give different numbers."
    else:
        return []
    hint = "What does the function keep from one call to the next: a global, a default argument, a random number?"
    return [Diagnosis("not-repeatable", result, words, hint)]


def words_for(value: Any) -> str:
    """What a value is, in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {value.shape}"
    return "None" if value is None else f"a {type(value).__name__}"


def _require_signature(
    function: Callable[..., Any], name: str, arguments: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments.values(), **options)
    except TypeError as error:
        wanted = ", ".join([*arguments, *(f"{key}=…" for key in options)])
        raise Refused(
            Diagnosis(
                "unknown",
                "",
                f"{name} is called as {name}({wanted}), and takes {signature}: {error}.",
                "Give it the arguments of the contract, in their order.",
            )
        ) from None


def _same_random_state(one: Any, other: Any) -> bool:
    return one[2] == other[2] and np.array_equal(one[1], other[1]) and one[3:] == other[3:]
