"""What is asked of a function that somebody handed in, and what came of it: plain data on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ..functional._checks import Array

Value = Array | float | int | bool | str | None | tuple[Any, ...]
"""What an argument may be; a tuple holds such values."""

Status = Literal["done", "crashed", "timeout", "out-of-memory", "no-answer", "not-attempted", "tampered"]


class Call(NamedTuple):
    """One call of the function: arguments in order, options by name."""

    arguments: tuple[Value, ...]
    options: Mapping[str, Value]


class Returned(NamedTuple):
    """What one call gave.

    Attributes
    ----------
    values : tuple of array
        The results, in order; the worker says of each what it was if it was no array.
    several : bool
        Whether they came as a tuple or list.
    not_arrays : tuple of str
        For each result "" if it was an array or a number, else what it was ("None", "a list").
    changed : tuple of str
        Names of arguments that the call changed.
    used_global_random : bool
    """

    values: tuple[Array, ...]
    several: bool
    not_arrays: tuple[str, ...]
    changed: tuple[str, ...] = ()
    used_global_random: bool = False


class Raised(NamedTuple):
    """What one call raised: the exception's type and message, and the line of the author's own, from 1 (0: unknown)."""

    kind: str
    message: str
    line: int
    text: str


@dataclass(frozen=True)
class Limits:
    """What one exercise of one student may use.

    Attributes
    ----------
    seconds : float
        By the clock, for all calls together.
    cpu_seconds : float
    memory : int
        Bytes of address space.
    output : int
        Bytes of standard output and error that are kept; the rest is dropped.
    answer : int
        Bytes of all results together.
    """

    seconds: float = 10.0
    cpu_seconds: float = 10.0
    memory: int = 2**30
    output: int = 2**16
    answer: int = 2**26


@dataclass(frozen=True)
class Ran:
    """What came of all calls.

    Attributes
    ----------
    status : str
        "done" if every call returned or raised; "not-attempted" if the function is missing or still raises
        NotImplementedError at once; the others say how the process ended.
    outcomes : tuple of (Returned or Raised)
        One for each call that was answered, in order.
    message : str
        One sentence for the student where the status is not "done".
    tampering : tuple of str
        Evidence that the code reached for what is none of its business.
    printed : str
        The end of what it printed.
    isolation : str
        The level that was reached.
    seconds : float
    """

    status: Status
    outcomes: tuple[Returned | Raised, ...]
    message: str = ""
    tampering: tuple[str, ...] = ()
    printed: str = ""
    isolation: str = ""
    seconds: float = 0.0
