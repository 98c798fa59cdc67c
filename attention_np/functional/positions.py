"""Where a word stands, as a vector: sinusoidal positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ._checks import Array, require_floating_dtype


def sinusoidal_positions(length: int, width: int, dtype: DTypeLike = np.float32) -> Array:
    r"""A table of waves, one row for each position (Vaswani et al. 2017, section 3.5).

    .. math:: P_{t,2k} = \sin(t / 10000^{2k/d}), \qquad P_{t,2k+1} = \cos(t / 10000^{2k/d})

    The row of position t + s is a rotation of the row of t that depends on s alone, so a distance can be read by a linear
    map. The table is a constant that is added to the embeddings: it has no argument to differentiate by, and the sum
    hands the upstream on unchanged.

    Parameters
    ----------
    length : int
        Number of positions, from 0 on.
    width : int
        d; an odd width ends with a sine.
    dtype : dtype
        A floating dtype.

    Returns
    -------
    array (length, width)

    Raises
    ------
    TypeError, ValueError
        If `dtype` is not floating, or `length` or `width` is negative.
    """
    require_floating_dtype(dtype)
    if length < 0 or width < 0:
        raise ValueError(f"length, width: expected numbers from 0 on, got {length}, {width}")
    frequencies = 10000.0 ** -(np.arange(0, width, 2) / max(width, 1))
    angles = np.arange(length)[:, None] * frequencies
    table = np.empty((length, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table.astype(dtype)
