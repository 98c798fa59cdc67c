"""A gated recurrent unit: a state that is carried along a sequence, and gates that decide how much of it to renew."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_shape
from .activations import sigmoid


def gru_cell(projected: Array, recurrent: Array, hidden: Array) -> tuple[Array, Array]:
    r"""One step of a gated recurrent unit (Cho et al. 2014; the reset gate placed as in Chung et al. 2014 and cuDNN).

    The two linear maps, of the input :math:`a = x W + b` and of the state :math:`u = h U + c`, are made outside, so that a layer
    can do all inputs of a sequence in one product. Each has three parts, for reset, update and candidate:

    .. math:: r = \sigma(a_r + u_r), \quad z = \sigma(a_z + u_z), \quad n = \tanh(a_n + r \odot u_n), \quad
              h' = n + z \odot (h - n) .

    Parameters
    ----------
    projected : array (..., 3h)
        a.
    recurrent : array (..., 3h)
        u.
    hidden : array (..., h)
        The state h.

    Returns
    -------
    next_hidden : array (..., h)
        h'.
    gates : array (..., 3h)
        r, z and n, which the backward pass takes.

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(hidden, projected=projected, recurrent=recurrent)
    width = hidden.shape[-1]
    gates = projected + recurrent
    gates[..., : 2 * width] = sigmoid(gates[..., : 2 * width])
    reset, update, candidate = _parts(gates)
    _, _, candidate_recurrent = _parts(recurrent)
    _, _, candidate_projected = _parts(projected)
    np.tanh(candidate_projected + reset * candidate_recurrent, out=candidate)
    return candidate + update * (hidden - candidate), gates


def gru_cell_backward(
    d_next_hidden: Array, gates: Array, recurrent: Array, hidden: Array
) -> tuple[Array, Array, Array]:
    r"""Gradients of the cell with respect to both linear maps and the state.

    From :math:`h' = n + z \odot (h - n)`: :math:`dn = dh' \odot (1 - z)`, :math:`dz = dh' \odot (h - n)`, and h directly gets :math:`dh' \odot z`.
    Through the bends, tanh with slope :math:`1 - n^2` and the sigmoids with :math:`z(1-z)` and :math:`r(1-r)`,

    .. math:: da_n = dn \odot (1 - n^2), \quad da_z = dz \odot z (1 - z), \quad
              da_r = \underbrace{da_n \odot u_n}_{dr} \odot \, r (1 - r) .

    The sums :math:`a + u` hand the same gradient to both maps, except that :math:`u_n` stood behind the reset gate: :math:`du_n = da_n \odot r`.
    What flows to h through u is left to the linear map that made u.

    Parameters
    ----------
    d_next_hidden : array (..., h)
    gates : array (..., 3h)
        As `gru_cell` gave them.
    recurrent : array (..., 3h)
    hidden : array (..., h)

    Returns
    -------
    d_projected : array (..., 3h)
    d_recurrent : array (..., 3h)
    d_hidden : array (..., h)
        The direct part.

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(hidden, gates=gates, recurrent=recurrent)
    require_floats(hidden=hidden, d_next_hidden=d_next_hidden)
    require_shape("d_next_hidden", d_next_hidden, hidden.shape, "like hidden")
    reset, update, candidate = _parts(gates)
    _, _, candidate_recurrent = _parts(recurrent)
    d_hidden = d_next_hidden * update
    d_projected = np.empty_like(gates)
    d_reset, d_update, d_candidate = _parts(d_projected)
    d_candidate[...] = (d_next_hidden - d_hidden) * (1 - candidate * candidate)
    d_update[...] = d_hidden * (hidden - candidate) * (1 - update)
    d_reset[...] = d_candidate * candidate_recurrent * reset * (1 - reset)
    d_recurrent = d_projected.copy()
    _parts(d_recurrent)[2][...] *= reset
    return d_projected, d_recurrent, d_hidden


def _parts(stacked: Array) -> tuple[Array, Array, Array]:
    width = stacked.shape[-1] // 3
    return stacked[..., :width], stacked[..., width : 2 * width], stacked[..., 2 * width :]


def _check(hidden: Array, **stacked: Array) -> None:
    require_floats(hidden=hidden, **stacked)
    require_shape("hidden", hidden, ("...", "hidden"), "with at least one dimension")
    for name, array in stacked.items():
        require_shape(name, array, (*hidden.shape[:-1], 3 * hidden.shape[-1]), "three times the width of hidden")
