r"""Long short-term memory (Hochreiter, Schmidhuber 1997, with the forget gate of Gers et al. 2000).

A memory m stands behind the hidden state h, and gates decide what of it is kept, added and shown. With the maps' parts in the order
input, forget, output, candidate,

.. math:: i, f, o = \sigma(a + u), \quad g = \tanh(a_g + u_g), \quad m' = f \odot m + i \odot g, \quad h' = o \odot \tanh(m') .

Backwards, the memory collects what it showed, :math:`dm' \mathrel{+}= dh' \odot o \, (1 - \tanh^2 m')`, and hands it on to all that made it:

.. math:: di = dm' \odot g, \quad df = dm' \odot m, \quad do = dh' \odot \tanh m', \quad dg = dm' \odot i, \quad dm = dm' \odot f ,

each but the last times the slope of its bend, :math:`\sigma (1 - \sigma)` or :math:`1 - g^2`. Along the memory the gradient is multiplied by f alone:
a gate that is open hands it through many steps unchanged.
"""

from __future__ import annotations

import numpy as np

from ._checks import Array
from .cells import Cell, sigmoid_in_place


def advance(gates: Array, recurrent: Array, state: Array, next_state: Array) -> None:
    """The equations above; `gates` keeps i, f, o and g."""
    width = state.shape[-1]
    gates += recurrent
    sigmoid_in_place(gates[:, : 3 * width])
    np.tanh(gates[:, 3 * width :], out=gates[:, 3 * width :])
    added, kept, shown, candidate = (gates[:, part * width : (part + 1) * width] for part in range(4))
    hidden, memory = next_state
    np.multiply(kept, state[1], out=memory)
    np.multiply(added, candidate, out=hidden)
    memory += hidden
    np.tanh(memory, out=hidden)
    hidden *= shown


def local_slopes(gates: Array, recurrent: Array, states: Array) -> Array:
    """Six parts: of m' per dh'; of a's four parts per dm', dm', dh', dm'; and f, of m per dm'."""
    added, kept, shown, candidate = np.split(gates, 4, axis=-1)
    bent = np.tanh(states[1:, 1])
    return np.concatenate(
        [
            shown * (1 - bent * bent),
            candidate * added * (1 - added),
            states[:-1, 1] * kept * (1 - kept),
            bent * shown * (1 - shown),
            added * (1 - candidate * candidate),
            kept,
        ],
        axis=-1,
    )


def retreat(slopes: Array, d_state: Array, d_projected: Array, d_recurrent: Array) -> None:
    """From dh' and dm' to the gates and to m; h is reached through u alone."""
    d_hidden, d_memory = d_state
    width = d_hidden.shape[-1]
    shows, added, kept, shown, candidate, straight = (
        slopes[:, part * width : (part + 1) * width] for part in range(6)
    )
    np.multiply(d_hidden, shown, out=d_projected[:, 2 * width : 3 * width])
    d_hidden *= shows
    d_memory += d_hidden
    np.multiply(d_memory, added, out=d_projected[:, :width])
    np.multiply(d_memory, kept, out=d_projected[:, width : 2 * width])
    np.multiply(d_memory, candidate, out=d_projected[:, 3 * width :])
    d_recurrent[...] = d_projected
    d_memory *= straight
    d_hidden.fill(0)


LSTM = Cell(gates=4, carried=2, advance=advance, local_slopes=local_slopes, retreat=retreat)
