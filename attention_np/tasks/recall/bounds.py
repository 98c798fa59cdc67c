"""How large an attention weight of cosine scores can be at all: two proved ceilings."""

from __future__ import annotations

import math


def ceiling_of_one(keys: float, sharpness: float) -> float:
    r"""The largest weight that any one of n keys can have for one query.

    .. math:: p \le \frac{e^{2\beta}}{e^{2\beta} + n - 1}

    A cosine lies in [-1, 1], so the best is 1 for one key and -1 for all others: all others point away from the query, and are the
    same key. Such keys cannot be told from each other by any other query; `ceiling_of_all` is for those that can.

    Parameters
    ----------
    keys : float
        n, at least 1; a curve may be drawn between whole numbers.
    sharpness : float
        β.
    """
    _check(keys, sharpness)
    return 1 / (1 + (keys - 1) * math.exp(-2 * sharpness))


def ceiling_of_all(keys: float, sharpness: float) -> float:
    r"""The largest weight that all of n keys can have, each for a query of its own.

    .. math:: \Bigl(\prod_j p_{jj}\Bigr)^{1/n} \le \frac{1}{1 + (n-1) \, e^{-\beta n / (n-1)}}

    For unit queries :math:`q_j` and keys :math:`k_j`, let :math:`x_j` be how far the right key's cosine is above the mean of the
    others'. Over all queries these margins average

    .. math:: \bar x = \frac{n}{n-1} \Bigl( \tfrac1n \sum_j q_j \cdot k_j - \bar q \cdot \bar k \Bigr)
                     = \frac{n}{n-1} \cdot \tfrac1n \sum_j (q_j - \bar q) \cdot (k_j - \bar k) \le \frac{n}{n-1} ,

    since no covariance exceeds the mean of the two variances, and no variance of unit vectors exceeds 1. The exponential is convex, so
    :math:`p_{jj} \le 1 / (1 + (n-1) e^{-\beta x_j})` (Jensen), and the logarithm of that is concave in :math:`x_j`: its mean is at most
    its value at :math:`\bar x` (Jensen again). A regular simplex with queries equal to keys reaches it; it needs n - 1 components.

    Parameters
    ----------
    keys : float
        n, at least 1.
    sharpness : float
        β.

    Returns
    -------
    float
        What the geometric mean of the right keys' weights, and so the least of them, cannot exceed.
    """
    _check(keys, sharpness)
    if keys == 1:
        return 1.0
    return 1 / (1 + (keys - 1) * math.exp(-sharpness * keys / (keys - 1)))


def _check(keys: float, sharpness: float) -> None:
    if keys < 1:
        raise ValueError(f"keys: expected at least 1, got {keys}")
    if not 0 <= sharpness < math.inf:
        raise ValueError(f"sharpness: expected a finite number of at least 0, got {sharpness}")
