"""How a cost grows with the length of the input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fit_power_law(sizes: Sequence[float], costs: Sequence[float]) -> tuple[float, float]:
    r"""The exponent k and the factor a of :math:`cost = a \, size^k`.

    A power law is a straight line in logarithms, :math:`\log cost = \log a + k \log size`; it is fitted there by least squares, so that
    being off by a tenth weighs the same at every size.

    Parameters
    ----------
    sizes, costs : sequence of float
        Equally many, all above 0; at least two different sizes.

    Returns
    -------
    exponent, factor : float
    """
    if len(sizes) != len(costs) or len(set(sizes)) < 2:
        raise ValueError(f"sizes, costs: expected equally many, of two sizes or more, got {sizes} and {costs}")
    if min(*sizes, *costs) <= 0:
        raise ValueError(f"sizes, costs: expected numbers above 0, got {sizes} and {costs}")
    exponent, log_factor = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(exponent), float(np.exp(log_factor))
