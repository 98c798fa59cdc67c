"""A gated recurrent unit: a state that is carried along a sequence, and gates that decide how much of it to renew."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_shape


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
    gates, next_hidden = projected.copy(), np.empty_like(hidden)
    with np.errstate(over="ignore"):
        advance(
            gates[..., None],
            recurrent[..., : 2 * width, None],
            recurrent[..., 2 * width :, None],
            hidden[..., None],
            next_hidden[..., None],
        )
    return next_hidden, gates


def advance(
    gates: Array, renewing_recurrent: Array, candidate_recurrent: Array, hidden: Array, next_hidden: Array
) -> None:
    """`gru_cell` in place: `gates` holds a before and r, z, n after; `next_hidden` receives h'. u comes in two pieces.

    Features stand along the axis before the last, so that with a batch along the last each gate is one piece of memory.
    The exponential may overflow: 1 / (1 + inf) is the right 0. The caller keeps NumPy from warning of it.
    """
    width = hidden.shape[-2]
    renewing, candidate = gates[..., : 2 * width, :], gates[..., 2 * width :, :]
    renewing += renewing_recurrent
    np.negative(renewing, out=renewing)
    np.exp(renewing, out=renewing)
    renewing += 1
    np.reciprocal(renewing, out=renewing)
    np.multiply(renewing[..., :width, :], candidate_recurrent, out=next_hidden)
    candidate += next_hidden
    np.tanh(candidate, out=candidate)
    np.subtract(hidden, candidate, out=next_hidden)
    next_hidden *= renewing[..., width:, :]
    next_hidden += candidate


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
    width = hidden.shape[-1]
    slopes = local_slopes(gates[..., None], recurrent[..., 2 * width :, None], hidden[..., None])[..., 0]
    candidate, renewing, candidate_recurrent, straight = np.split(slopes, [width, 3 * width, 4 * width], axis=-1)
    d_candidate = d_next_hidden * candidate
    d_renewing = np.concatenate([d_next_hidden, d_next_hidden], axis=-1) * renewing
    d_projected = np.concatenate([d_renewing, d_candidate], axis=-1)
    d_recurrent = np.concatenate([d_renewing, d_next_hidden * candidate_recurrent], axis=-1)
    return d_projected, d_recurrent, d_next_hidden * straight


def local_slopes(gates: Array, candidate_recurrent: Array, hidden: Array) -> Array:
    r"""What each of the cell's gradients is per :math:`dh'`: five slopes that the forward pass fixes, of whole sequences at once.

    Features along the axis before the last, as in `advance`, and five parts of them: of :math:`a_n`, of r and z (:math:`a` and
    :math:`u` alike), of :math:`u_n`, and of h directly. So the first three parts belong to the input's map, the second to the fourth
    to the state's.
    """
    width = hidden.shape[-2]
    reset, update, candidate = np.split(gates, 3, axis=-2)
    slopes = np.empty((*hidden.shape[:-2], 5 * width, hidden.shape[-1]), hidden.dtype)
    to_candidate, to_reset, to_update, to_candidate_recurrent, straight = np.split(slopes, 5, axis=-2)
    np.subtract(1, update, out=to_update)
    np.multiply(candidate, candidate, out=to_candidate)
    np.subtract(1, to_candidate, out=to_candidate)
    to_candidate *= to_update
    to_update *= update
    np.subtract(hidden, candidate, out=straight)
    to_update *= straight
    np.multiply(to_candidate, reset, out=to_candidate_recurrent)
    np.subtract(1, reset, out=to_reset)
    to_reset *= to_candidate_recurrent
    to_reset *= candidate_recurrent
    straight[...] = update
    return slopes


def _check(hidden: Array, **stacked: Array) -> None:
    require_floats(hidden=hidden, **stacked)
    require_shape("hidden", hidden, ("...", "hidden"), "with at least one dimension")
    for name, array in stacked.items():
        require_shape(name, array, (*hidden.shape[:-1], 3 * hidden.shape[-1]), "three times the width of hidden")
