"""What a recurrent cell is to those who run it: one step in place, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._checks import Array


class Cell(NamedTuple):
    r"""One step of a recurrence between two linear maps that are made outside: a of the step's input, u of the hidden state.

    A state is an array (k, B, h), the hidden state first; the maps are (B, n h). The steps of a sequence stand along a
    first axis T; the states have one more, the initial one. Everything is written in place, into arrays of the caller.

    Attributes
    ----------
    gates : int
        n, the parts of each map.
    carried : int
        k: 1 for the hidden state alone, 2 with a memory behind it.
    advance : callable
        ``(gates, recurrent, state, next_state)``: `gates` holds a before and what the slopes need after; `recurrent` holds u, and
        `next_state` is filled. An exponential may overflow, harmlessly; the caller keeps NumPy from warning of it.
    local_slopes : callable
        ``(gates, recurrent, states)`` of all steps, to (T, B, m h): what each gradient is per gradient of the next state.
        The forward pass fixes these numbers, so they are made for all steps at once.
    retreat : callable
        ``(slopes, d_state, d_projected, d_recurrent)`` of one step: `d_state` holds the gradient of the next state before, and after
        that part of the state's own gradient which does not flow through u; the gradients of a and u are filled.
    """

    gates: int
    carried: int
    advance: Callable[[Array, Array, Array, Array], None]
    local_slopes: Callable[[Array, Array, Array], Array]
    retreat: Callable[[Array, Array, Array, Array], None]


def sigmoid_in_place(numbers: Array) -> None:
    """1 / (1 + e^-x); the exponential may overflow to infinity, and 1 / (1 + inf) is the right 0."""
    np.negative(numbers, out=numbers)
    np.exp(numbers, out=numbers)
    numbers += 1
    np.reciprocal(numbers, out=numbers)
