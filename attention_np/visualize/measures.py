"""Numbers that say of attention what a heatmap only shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..functional._checks import require_weights


def entropy(weights: ArrayLike) -> NDArray[np.float64]:
    r"""How widely each query looks, in nats.

    .. math:: H_j = -\sum_i p_{ji} \ln p_{ji}, \qquad 0 \le H_j \le \ln S

    0 is one key alone, :math:`\ln S` all keys alike. Cosine scores of sharpness 1 cannot get below :math:`\ln S - 0.4745`.

    Parameters
    ----------
    weights : array (..., L, S)

    Returns
    -------
    array (..., L)
        For several heads, ``entropy(weights).mean(axis=-1)`` is a number for each.

    Raises
    ------
    ValueError
        If a weight is negative or not finite.
    """
    p = require_weights("weights", weights)
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    r"""Whether two scores order the same things alike: Kendall's :math:`\tau_b`, from -1 to 1.

    .. math:: \tau_b = \frac{\sum_{i<k} \mathrm{sgn}(x_i - x_k) \, \mathrm{sgn}(y_i - y_k)}
                            {\sqrt{\sum_{i<k} \mathrm{sgn}(x_i - x_k)^2 \; \sum_{i<k} \mathrm{sgn}(y_i - y_k)^2}}

    1: the same order; -1: the opposite one; near 0: none. A pair that is tied in one of them counts in neither sum above.

    Parameters
    ----------
    one, other : array (S,)
        At least two numbers each.

    Returns
    -------
    float
        NaN where all numbers of one side are equal, since it then has no order.

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than two numbers, or one is NaN.
    """
    x, y = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2:
        raise ValueError(f"one, other: expected one-dimensional arrays of the same length, at least 2; got {x.shape}, {y.shape}")
    if np.isnan(x).any() or np.isnan(y).any():
        raise ValueError("one, other: expected numbers, got NaN")
    with np.errstate(invalid="ignore"):
        signs_x, signs_y = (np.sign(np.nan_to_num(values[:, None] - values)) for values in (x, y))
    scale = np.sqrt(np.sum(signs_x**2) * np.sum(signs_y**2))
    return float(np.sum(signs_x * signs_y) / scale) if scale else float("nan")
