"""The gated recurrent unit of `recurrent`, as a `Cell`: for loops that have more to do in a step than the layer's own."""

from __future__ import annotations

import numpy as np

from . import recurrent as gated_unit
from ._checks import Array
from .cells import Cell


def advance(gates: Array, recurrent: Array, state: Array, next_state: Array) -> None:
    """`gru_cell` in place; `gates` keeps r, z and n."""
    recurrent = recurrent[..., None]
    renewing, candidate = recurrent[:, : 2 * state.shape[-1]], recurrent[:, 2 * state.shape[-1] :]
    gated_unit.advance(gates[..., None], renewing, candidate, state[0, ..., None], next_state[0, ..., None])


def local_slopes(gates: Array, recurrent: Array, states: Array) -> Array:
    """Five parts: of the candidate's a, of r and z (a and u alike), of the candidate's u, and of h directly."""
    candidate = recurrent[..., 2 * states.shape[-1] :, None]
    return gated_unit.local_slopes(gates[..., None], candidate, states[:-1, 0][..., None])[..., 0]


def retreat(slopes: Array, d_state: Array, d_projected: Array, d_recurrent: Array) -> None:
    """See `gru_cell_backward`."""
    d_hidden = d_state[0]
    width = d_hidden.shape[-1]
    for places, part in ((slice(width), 1), (slice(width, 2 * width), 2), (slice(2 * width, None), 0)):
        np.multiply(d_hidden, slopes[:, part * width : (part + 1) * width], out=d_projected[:, places])
    d_recurrent[:, : 2 * width] = d_projected[:, : 2 * width]
    np.multiply(d_hidden, slopes[:, 3 * width : 4 * width], out=d_recurrent[:, 2 * width :])
    d_hidden *= slopes[:, 4 * width :]


GATED = Cell(gates=3, carried=1, advance=advance, local_slopes=local_slopes, retreat=retreat)
