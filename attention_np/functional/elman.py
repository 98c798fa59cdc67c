r"""The simple recurrent cell (Elman 1990): the new state is a bend of the input and the old state, with no gate at all.

With a and u the linear maps of the step's input and of the state h,

.. math:: h' = \tanh(a + u), \qquad da = du = dh' \odot (1 - h'^2) .

Nothing flows to h but through u: over many steps a gradient is multiplied by that map again and again, and vanishes or grows.
"""

from __future__ import annotations

import numpy as np

from ._checks import Array
from .cells import Cell


def advance(gates: Array, recurrent: Array, state: Array, next_state: Array) -> None:
    """h' = tanh(a + u)."""
    gates += recurrent
    np.tanh(gates, out=next_state[0])


def local_slopes(gates: Array, recurrent: Array, states: Array) -> Array:
    """1 - h'^2 of every step."""
    hidden = states[1:, 0]
    return 1 - hidden * hidden


def retreat(slopes: Array, d_state: Array, d_projected: Array, d_recurrent: Array) -> None:
    """Through the tanh, to both maps alike."""
    np.multiply(d_state[0], slopes, out=d_projected)
    d_recurrent[...] = d_projected
    d_state.fill(0)


ELMAN = Cell(gates=1, carried=1, advance=advance, local_slopes=local_slopes, retreat=retreat)
