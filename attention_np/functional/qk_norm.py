r"""Query–key normalisation: what its papers call by that name, and what it is here.

Henry et al. (2020, eq. 1) make queries and keys unit vectors and multiply by a learned number, :math:`\mathrm{softmax}(g \, \hat w \hat v^T) V`. That is
cosine attention with a sharpness: ``score="cosine"`` with ``learn_scale``, started at ``initial_scale=qk_norm_scale(length)``. They learn one g
a layer as a plain number; here each head learns the logarithm of its own, which keeps it positive.

Large models since (Dehghani et al. 2023, and with `rms_norm` most of those after) normalise queries and keys by `rms_norm` or `layer_norm`,
whose gain is learned for each component, and keep the 1/√d: ``MultiHeadAttention(score="scaled_dot", qk_norm=True)``. With gains of 1 the logit
is :math:`\sqrt d \, \hat w \cdot \sqrt d \, \hat v / \sqrt d = \sqrt d \cos(w, v)`: a cosine again, with a sharpness of √d, and the product of the two
gains is a sharpness for each component.
"""

from __future__ import annotations

import math


def qk_norm_scale(length: int) -> float:
    r"""Where the sharpness of QK-norm starts, :math:`g_0 = \log_2(L^2 - L)` (Henry et al. 2020, eq. 2).

    Over n sources a cosine needs a sharpness of :math:`\tfrac12 \ln((n - 1)(1 - \epsilon) / \epsilon)` at least to give one of them the weight
    :math:`1 - \epsilon`, and so the start grows with the logarithm of the length.

    Parameters
    ----------
    length : int
        L, of long sequences: the paper takes the 97.5th percentile of the training sequences. At least 2.

    Returns
    -------
    float
        From 1 on.

    Raises
    ------
    ValueError
        If `length` is below 2.
    """
    if length < 2:
        raise ValueError(f"length: expected at least 2, got {length}")
    return math.log2(length * length - length)
