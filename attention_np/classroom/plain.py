"""What the package does in blocks and threads, in plain lines: stand-ins for it in a printed solution.

A function here has the name of the one that it stands in for, takes the same arguments, and does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np

from ..functional._checks import Array

Task = TypeVar("Task")


def share(tasks: Iterable[Task], work: Callable[[Iterator[Task]], None], *, alone: bool) -> None:
    """Do all tasks."""
    work(iter(tasks))


def matrix_product(left: Array, right: Array) -> Array:
    """The product of two matrices."""
    return left @ right


def add_by_id(table: Array, d_outputs: Array, ids: Array) -> None:
    """Add each upstream to the row of `table`, in place, that its id names; repeated ids add up."""
    np.add.at(table, ids, d_outputs)


def softmax_parts(rows: Array) -> tuple[Array, Array]:
    """What the softmax needs to know of each row z of (N, V): its maximum m and the sum of e^(z - m), both (N, 1)."""
    maximum = np.max(rows, axis=-1, keepdims=True, initial=-np.inf)
    return maximum, np.sum(np.exp(rows - maximum), axis=-1, keepdims=True)


def scaled_softmax(rows: Array, scales: Array) -> Array:
    """The softmax of each row times a number of its own from `scales` (N,): (N, V)."""
    exponentials = np.exp(rows - np.max(rows, axis=-1, keepdims=True, initial=-np.inf))
    return exponentials * (scales[:, None] / np.sum(exponentials, axis=-1, keepdims=True))
