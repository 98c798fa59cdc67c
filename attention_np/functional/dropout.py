"""Dropout: while training, a random part of the numbers is left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ._checks import Array, require_floating_dtype, require_floats, require_shape


def dropout_mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: DTypeLike) -> Array:
    r"""Draw what `dropout` multiplies by: 0 with probability `rate`, else :math:`1 / (1 - \mathrm{rate})`.

    Dividing by the share that stays ("inverted" dropout) keeps the expected output equal to the input, so that nothing
    has to be scaled when predicting (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    shape : tuple of int
    rate : float
        The share left out, in [0, 1).
    rng : numpy.random.Generator
    dtype : dtype
        A floating dtype.

    Returns
    -------
    array
        The mask, of shape `shape`: a plain value, so that the backward pass can take the very same one.

    Raises
    ------
    TypeError, ValueError
        If `dtype` is not floating, or `rate` is not in [0, 1).
    """
    require_floating_dtype(dtype)
    if not 0 <= rate < 1:
        raise ValueError(f"rate: expected a share in [0, 1), got {rate}")
    stays = rng.random(shape, dtype=np.float32) >= rate
    return stays.astype(dtype) / np.asarray(1 - rate, dtype)


def dropout(inputs: Array, mask: Array) -> Array:
    r"""Leave out what the mask says, :math:`y = x \odot m`.

    Parameters
    ----------
    inputs, mask : array
        Of one shape and dtype; `mask` from `dropout_mask`.

    Returns
    -------
    array

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes differ.
    """
    require_floats(inputs=inputs, mask=mask)
    require_shape("mask", mask, inputs.shape, "like inputs")
    return inputs * mask


def dropout_backward(d_outputs: Array, mask: Array) -> Array:
    r"""Gradient of dropout, :math:`dx = dy \odot m`, with the mask of the forward pass and no other.

    Parameters
    ----------
    d_outputs, mask : array
        Of one shape and dtype.

    Returns
    -------
    array
        ``d_inputs``.

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes differ.
    """
    require_floats(mask=mask, d_outputs=d_outputs)
    require_shape("d_outputs", d_outputs, mask.shape, "like mask")
    return d_outputs * mask
