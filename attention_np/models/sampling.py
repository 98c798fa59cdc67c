"""Drawing the next word at random, more or less boldly."""

from __future__ import annotations

import numpy as np

from ..functional import softmax
from ..functional._checks import Array, require_floats


def sample(logits: Array, *, temperature: float = 1.0, top_k: int | None = None, rng: np.random.Generator) -> Array:
    r"""Draw a class from each row of logits.

    .. math:: p_v \propto e^{z_v / T} \quad \text{for the k largest } z_v

    The temperature T divides the logits, as the sharpness of attention multiplies the scores: towards 0 only the likeliest
    class is left, at 1 stands the model's own distribution, above that it becomes flatter.

    Parameters
    ----------
    logits : array (..., V)
    temperature : float
        T, from 0 on; 0 takes the likeliest class, and draws nothing.
    top_k : int, optional
        k, at least 1; of equal logits at the border the first are taken. All classes unless given.
    rng : numpy.random.Generator

    Returns
    -------
    integer array (...)

    Raises
    ------
    ValueError
        If there are no classes, or a setting is out of range.
    """
    require_floats(logits=logits)
    if not logits.shape[-1]:
        raise ValueError(f"logits: expected at least one class, got {logits.shape}")
    if not 0 <= temperature < np.inf:
        raise ValueError(f"temperature: expected a finite number from 0 on, got {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k: expected at least 1 class, got {top_k}")
    if temperature == 0:
        return np.argmax(logits, axis=-1)
    kept = np.argsort(-logits, axis=-1, kind="stable")[..., :top_k]
    shifted = np.take_along_axis(logits, kept, -1).astype(np.float64)
    shifted -= shifted[..., :1]
    with np.errstate(over="ignore"):
        weights = softmax(shifted / temperature)
    # Where a uniform number falls among the sums: of rows that rounding has left short of 1, the last class.
    reached = np.cumsum(weights, axis=-1)
    place = np.sum(reached[..., :-1] <= rng.random(logits.shape[:-1])[..., None] * reached[..., -1:], axis=-1)
    return np.take_along_axis(kept, place[..., None], -1)[..., 0]
