"""Where a word stands, as a rotation of its query and key: rotary positions."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_shape


def rotary(inputs: Array, offset: int = 0, base: float = 10000.0) -> Array:
    r"""Turn each vector by angles that grow with its position (RoFormer: Su et al. 2021, eq. 34).

    The components are taken in pairs, each pair a complex number, and the pair k of the vector at position t is turned by

    .. math:: z_k \mapsto z_k \, e^{i t \theta_k}, \qquad \theta_k = \mathrm{base}^{-2k/d}, \qquad t = \mathrm{offset} + \mathrm{row} .

    With R(t) the matrix of these rotations, :math:`R(t) w \cdot R(s) v = w^T R(s - t) \, v`: queries and keys that are both turned have
    dot products that depend on the distance of their positions alone. A rotation keeps lengths, so the same holds for their
    cosines, and it is the same whether vectors are turned first or made unit vectors first.

    Parameters
    ----------
    inputs : array (..., L, d)
        d is even. Component 2k is the real part of pair k, component 2k + 1 the imaginary one.
    offset : int
        Position of the first row: how many came before, where a cache holds them.
    base : float
        The slowest pair takes about 2π·base positions to turn once.

    Returns
    -------
    array (..., L, d)

    Raises
    ------
    TypeError, ValueError
        If the dtype is not floating, d is odd, or `base` is not above 0.
    """
    _check("inputs", inputs, base)
    return _turn(inputs, offset, base, 1)


def rotary_backward(d_outputs: Array, offset: int = 0, base: float = 10000.0) -> Array:
    r"""Gradient of the rotation: the upstream, turned back.

    The map :math:`y_t = R(t) x_t` is linear, so :math:`dx_t = R(t)^T dy_t`; and a rotation is orthogonal, so its transpose is its inverse,
    :math:`R(t)^T = R(-t)`: the same angles with the other sign. The gradient needs no array of the forward pass, and has the upstream's length.

    Parameters
    ----------
    d_outputs : array (..., L, d)
    offset : int
    base : float
        As in `rotary`.

    Returns
    -------
    array (..., L, d)
        ``d_inputs``.

    Raises
    ------
    TypeError, ValueError
        As `rotary`.
    """
    _check("d_outputs", d_outputs, base)
    return _turn(d_outputs, offset, base, -1)


def _turn(vectors: Array, offset: int, base: float, direction: int) -> Array:
    length, width = vectors.shape[-2:]
    frequencies = base ** -(np.arange(0, width, 2) / max(width, 1))
    angles = direction * np.arange(offset, offset + length)[:, None] * frequencies
    cosines, sines = np.cos(angles).astype(vectors.dtype), np.sin(angles).astype(vectors.dtype)
    real, imaginary = vectors[..., 0::2], vectors[..., 1::2]
    turned = np.empty(vectors.shape, vectors.dtype)
    turned[..., 0::2] = real * cosines - imaginary * sines
    turned[..., 1::2] = real * sines + imaginary * cosines
    return turned


def _check(name: str, vectors: Array, base: float) -> None:
    require_floats(**{name: vectors})
    require_shape(name, vectors, ("...", "length", "width"), "with at least two dimensions")
    if vectors.shape[-1] % 2:
        raise ValueError(f"{name}: expected an even width, for pairs that are turned, got {vectors.shape[-1]}")
    if not base > 0:
        raise ValueError(f"base: expected a number above 0, got {base}")
