"""Where a word stands, as a penalty on its distance: attention with linear biases."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ._checks import Array, require_floating_dtype, require_floats, require_shape


def alibi_slopes(heads: int, dtype: DTypeLike = np.float32) -> Array:
    r"""How steeply each head's bias falls with the distance (Press, Smith, Lewis 2022, section 3).

    For n heads, n a power of two, the slopes are :math:`2^{-8h/n}` for h = 1 … n: a geometric sequence that ends at 1/256. For other
    numbers the authors' code takes the slopes of the power of two below, p, and of those of 2p every other one, the steepest first,
    until there are enough: they lie between the first.

    Parameters
    ----------
    heads : int
    dtype : dtype

    Returns
    -------
    array (heads,)

    Raises
    ------
    TypeError, ValueError
        If `dtype` is not floating, or there is no head.
    """
    require_floating_dtype(dtype)
    if heads < 1:
        raise ValueError(f"heads: expected at least 1, got {heads}")
    power = 1 << (heads.bit_length() - 1)
    between = _geometric(2 * power)[0::2]
    return np.concatenate([_geometric(power), between[: heads - power]]).astype(dtype)


def alibi_bias(slopes: Array, targets: int, sources: int) -> Array:
    r"""The bias of every pair, :math:`b_{hji} = -m_h \, | t_j - i |` with :math:`t_j = j + S - L` (Press, Smith, Lewis 2022, section 3).

    The paper is about causal attention, where no distance is negative; taken without its sign, the distance serves attention in both
    directions too. The ends are aligned, as a causal mask aligns them. It is a constant for ``attention(..., bias=...)``: the paper
    does not learn the slopes.

    A bias depends on the distance alone, so the result is a view of L + S - 1 numbers a head, each seen along a diagonal: the (L, S) matrix
    takes no memory. It is read-only for that reason.

    Parameters
    ----------
    slopes : array (heads,)
        As `alibi_slopes` gives them.
    targets, sources : int
        L and S.

    Returns
    -------
    array (heads, L, S)
        At most 0.

    Raises
    ------
    TypeError, ValueError
        If `slopes` is not floating or has no single axis.
    """
    require_floats(slopes=slopes)
    require_shape("slopes", slopes, ("heads",), "with a slope for each head")
    if not targets or not sources:
        return np.zeros((len(slopes), targets, sources), slopes.dtype)
    # Distances of the last target's first key down to the first target's last key.
    distances = np.abs(np.arange(sources - 1, -targets, -1))
    biases = -slopes[:, None] * distances.astype(slopes.dtype)
    # Row r starts r numbers in; the last target's row comes first.
    rows = np.lib.stride_tricks.sliding_window_view(biases, sources, axis=-1)
    return rows[:, ::-1]


def _geometric(heads: int) -> Array:
    return 2.0 ** (-8 * np.arange(1, heads + 1) / heads)
