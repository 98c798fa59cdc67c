"""How far attention carries through several layers: from an output back to the inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..functional._checks import require_weights


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
        p = require_weights(f"layers[{index}]", layer)
        mean = p.mean(axis=0) if p.ndim == 3 else p
        if mean.ndim != 2 or mean.shape[0] != mean.shape[1] or (flow is not None and mean.shape != flow.shape):
            expected = "(L, L) or (heads, L, L)" if flow is None else f"{flow.shape}, with heads before it or not"
            raise ValueError(f"layers[{index}]: expected shape {expected}, got {p.shape}")
        mixed = (1 - residual) * mean + residual * np.eye(len(mean))
        flow = mixed if flow is None else mixed @ flow
    assert flow is not None
    return flow
