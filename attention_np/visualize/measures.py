"""Numbers that say of attention what a heatmap only shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
    p = _weights("weights", weights)
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


def rollout(layers: Sequence[ArrayLike], residual: float = 0.5) -> NDArray[np.float64]:
    r"""How much of each input reaches each output through several layers of self-attention (Abnar and Zuidema 2020, section 3).

    .. math:: R_0 = I, \qquad R_l = \bigl( (1 - r) \, \bar P_l + r I \bigr) R_{l-1}

    with :math:`\bar P_l` the mean over heads and r the share of the residual path. It takes values, maps and normalisations for the
    identity: a bound on what may flow, not what does.

    Parameters
    ----------
    layers : sequence of array (L, L) or (heads, L, L)
        The weights of each layer, the first one first.
    residual : float
        r, in [0, 1].

    Returns
    -------
    array (L, L)
        A row for each output; it sums to 1 where the rows of all weights do.

    Raises
    ------
    ValueError
        If there are no layers, their shapes do not fit, or `residual` is not in [0, 1].
    """
    if not len(layers):
        raise ValueError("layers: expected the weights of at least one layer, got none")
    if not 0 <= residual <= 1:
        raise ValueError(f"residual: expected a share from 0 to 1, got {residual}")
    flow: NDArray[np.float64] | None = None
    for index, layer in enumerate(layers):
        p = _weights(f"layers[{index}]", layer)
        mean = p.mean(axis=0) if p.ndim == 3 else p
        if mean.ndim != 2 or mean.shape[0] != mean.shape[1] or (flow is not None and mean.shape != flow.shape):
            expected = "(L, L) or (heads, L, L)" if flow is None else f"{flow.shape}, with heads before it or not"
            raise ValueError(f"layers[{index}]: expected shape {expected}, got {p.shape}")
        mixed = (1 - residual) * mean + residual * np.eye(len(mean))
        flow = mixed if flow is None else mixed @ flow
    assert flow is not None
    return flow


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


def _weights(name: str, given: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(given, np.float64)
    if values.ndim < 2:
        raise ValueError(f"{name}: expected shape (..., L, S), got {values.shape}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name}: expected weights that are finite and not negative")
    return values
