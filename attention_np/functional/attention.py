"""The three steps in one call: relevance, distribution, result, with sharpness, masks and biases."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Literal, overload

import numpy as np

from ._checks import (
    Array,
    require_broadcast,
    require_finite,
    require_floats,
    require_mask,
    require_same_lead,
    require_shape,
)
from .context import context as weighted_sum
from .context import context_backward
from .scores import (
    cosine_scores,
    cosine_scores_backward,
    default_scale,
    dot_scores,
    dot_scores_backward,
)
from .weights import softmax, softmax_backward

# A scale multiplies the scores; the scaled dot product is the plain one with a scale of 1/√d.
SCORES: dict[str, tuple[Callable[..., Array], Callable[..., tuple[Array, Array]]]] = {
    "cosine": (cosine_scores, cosine_scores_backward),
    "dot": (dot_scores, dot_scores_backward),
    "scaled_dot": (dot_scores, dot_scores_backward),
}

Scale = float | Array | None


@overload
def attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = ...,
    scale: Scale = ...,
    mask: Array | None = ...,
    bias: Array | None = ...,
    causal: bool = ...,
    return_log_normaliser: Literal[False] = ...,
) -> Array: ...
@overload
def attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = ...,
    scale: Scale = ...,
    mask: Array | None = ...,
    bias: Array | None = ...,
    causal: bool = ...,
    return_log_normaliser: Literal[True],
) -> tuple[Array, Array]: ...
def attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Scale = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    return_log_normaliser: bool = False,
) -> Array | tuple[Array, Array]:
    r"""Attention from queries over keys to a context of values.

    .. math:: c_j = \sum_i p_{ji} v_i, \qquad p_j = \mathrm{softmax}_i(\beta \, s_{ji} + b_{ji}), \qquad s_{ji} = \mathrm{score}(w_j, v_i)

    A cosine lies in [-1, 1], so with :math:`\beta = 1` no weight over m sources exceeds :math:`e^2 / (e^2 + m - 1)`: the sharpness
    :math:`\beta`, `scale`, is what lets attention focus (the first of the article's traps).

    Parameters
    ----------
    queries : array (..., L, d)
    keys : array (..., S, d)
    values : array (..., S, e)
        The leading dimensions of all three are equal.
    score : {"cosine", "dot", "scaled_dot"}
    scale : float or array, optional
        :math:`\beta`; an array broadcasts over the leading dimensions (one number per head). None is 1, and
        :math:`1/\sqrt d` for ``scaled_dot``; a given scale stands in its place.
    mask : boolean array, optional
        True where attending is allowed; broadcasts to ``(..., L, S)``. A target that may attend to nothing has context 0.
    bias : array, optional
        Added to the scaled scores, a constant (as in ALiBi); broadcasts to ``(..., L, S)``.
    causal : bool
        Query i sees key j where j ≤ i + S - L: the last query sees every key.
    return_log_normaliser : bool
        Also give :math:`\log \sum_i e^{\beta s_{ji} + b_{ji}}`, which lets the backward pass take the weights up again.

    Returns
    -------
    context : array (..., L, e)
    log_normaliser : array (..., L)
        Only with the flag; -inf for a target that may attend to nothing.

    Raises
    ------
    TypeError, ValueError
        If dtypes, shapes or the score's name do not fit, or an allowed score is NaN or +inf.
    """
    _check_values(queries, keys, values)
    _, logits, allowed = scaled_scores(queries, keys, score=score, scale=scale, mask=mask, bias=bias, causal=causal)
    weights = _weights(logits, allowed, queries=queries, keys=keys, scale=scale, bias=bias)
    result = weighted_sum(weights, values)
    if not return_log_normaliser:
        return result
    return result, _log_normaliser(logits, allowed)


def attention_backward(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Scale = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    context: Array | None = None,
    log_normaliser: Array | None = None,
) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of attention with respect to queries, keys, values and scale: the three steps, last to first.

    The context is :math:`c = P V`, the weights a softmax of :math:`\beta S + b`:

    .. math:: dV = P^T dC, \quad dP = dC \, V^T, \quad dA_{ji} = p_{ji} (dp_{ji} - r_j), \quad dS = \beta \, dA, \quad
              d\beta = \sum_{ji} dA_{ji} \, s_{ji}

    with :math:`r_j = \sum_i p_{ji} \, dp_{ji}`; the scores' own backward does the rest. Two things the forward pass may have kept save work:
    the log-normaliser gives the weights without a sum, :math:`p = e^{\beta s + b - \log Z}`, and since :math:`dp_{ji} = dc_j \cdot v_i`, the
    context gives :math:`r_j = dc_j \cdot c_j` without the weights.

    Parameters
    ----------
    d_context : array (..., L, e)
    queries, keys, values, score, scale, mask, bias, causal
        As in `attention`.
    context : array (..., L, e), optional
        As `attention` gave it.
    log_normaliser : array (..., L), optional
        As `attention` gave it.

    Returns
    -------
    d_queries, d_keys, d_values : array
        Each of the shape of its argument.
    d_scale : array
        Of the shape of `scale`, ``()`` for a number or None: the derivative in the multiplier in force.

    Raises
    ------
    TypeError, ValueError
        As `attention`, and if what comes from the forward pass does not have its shape.
    """
    _check_values(queries, keys, values)
    scores, logits, allowed = scaled_scores(
        queries, keys, score=score, scale=scale, mask=mask, bias=bias, causal=causal
    )
    require_floats(queries=queries, d_context=d_context, context=context, log_normaliser=log_normaliser)
    expected = (*queries.shape[:-1], values.shape[-1])
    require_shape("d_context", d_context, expected, "like the context")
    if log_normaliser is None:
        weights = _weights(logits, allowed, queries=queries, keys=keys, scale=scale, bias=bias)
    else:
        require_shape("log_normaliser", log_normaliser, queries.shape[:-1], "with a number for each query")
        weights = _weights_again(logits, allowed, log_normaliser)

    d_weights, d_values = context_backward(d_context, weights, values)
    if context is None:
        d_logits = softmax_backward(d_weights, weights)
    else:
        require_shape("context", context, expected, "like d_context")
        d_logits = weights * (d_weights - np.sum(d_context * context, axis=-1, keepdims=True))
    _, scores_backward = SCORES[score]
    multiplier = _multiplier(score, scale, queries)
    d_queries, d_keys = scores_backward(d_logits * multiplier, queries, keys)
    finite_scores = scores if allowed is None else np.where(allowed, scores, 0)
    shape = scale.shape if isinstance(scale, np.ndarray) else ()
    d_scale = _sum_to_shape(np.sum(d_logits * finite_scores, axis=(-2, -1)), shape)
    return d_queries, d_keys, d_values, d_scale


def causal_mask(targets: int, sources: int) -> Array:
    """Where attending is allowed if no query may look ahead: key j for query i where j ≤ i + sources - targets.

    Parameters
    ----------
    targets, sources : int
        L and S; the ends are aligned, so with a cache of earlier keys the last query still sees every key.

    Returns
    -------
    boolean array (L, S)
    """
    return np.arange(sources) <= np.arange(targets)[:, None] + (sources - targets)


def scaled_scores(
    queries: Array,
    keys: Array,
    *,
    score: str,
    scale: Scale,
    mask: Array | None,
    bias: Array | None,
    causal: bool,
) -> tuple[Array, Array, Array | None]:
    """The scores, the scaled and biased scores, and where attending is allowed (None: everywhere)."""
    if score not in SCORES:
        raise ValueError(f"score: expected one of {', '.join(SCORES)}, got {score!r}")
    require_floats(queries=queries, keys=keys, bias=bias)
    scores_function, _ = SCORES[score]
    scores = scores_function(queries, keys)
    logits = scores * _multiplier(score, scale, queries)
    if bias is not None:
        require_broadcast("bias", bias, logits.shape)
        logits = logits + bias
    allowed = mask
    if mask is not None:
        require_mask(mask, logits.shape)
    if causal:
        no_later = causal_mask(*logits.shape[-2:])
        allowed = no_later if mask is None else mask & no_later
    return scores, logits, allowed


def _check_values(queries: Array, keys: Array, values: Array) -> None:
    require_floats(queries=queries, keys=keys, values=values)
    require_shape("keys", keys, ("...", "sources", "width"), "with at least two dimensions")
    require_shape("values", values, ("...", keys.shape[-2], "width"), "with a row for each key")
    require_same_lead("values", values, "keys", keys)


def _multiplier(score: str, scale: Scale, queries: Array) -> Array:
    """The scale in force, with two axes more, to multiply scores ``(..., L, S)``."""
    if scale is None:
        scale = default_scale(score, queries.shape[-1])
    if isinstance(scale, np.ndarray):
        require_floats(queries=queries, scale=scale)
        require_broadcast("scale", scale, queries.shape[:-2])
    elif not isinstance(scale, Real):
        raise TypeError(f"scale: expected a number or a NumPy array of floats, got {type(scale).__name__}")
    return np.asarray(scale, queries.dtype)[..., None, None]


def _weights(logits: Array, allowed: Array | None, **arguments: Scale) -> Array:
    """The softmax of `logits`; where one is not a number, the argument that brought it is named."""
    try:
        return softmax(logits, mask=allowed)
    except ValueError:
        for name, argument in arguments.items():
            if argument is not None:
                # A bias of -inf is a mask.
                require_finite(name, np.where(np.equal(argument, -np.inf) & (name == "bias"), 0, argument))
        raise


def _log_normaliser(logits: Array, allowed: Array | None) -> Array:
    if allowed is not None:
        logits = np.where(allowed, logits, -np.inf)
    maximum = np.max(logits, axis=-1, initial=-np.inf)
    finite = np.where(maximum == -np.inf, 0, maximum).astype(logits.dtype)
    with np.errstate(divide="ignore", over="ignore"):
        return finite + np.log(np.exp(logits - finite[..., None]).sum(axis=-1))


def _weights_again(logits: Array, allowed: Array | None, log_normaliser: Array) -> Array:
    attends = log_normaliser != -np.inf
    shift = np.where(attends, log_normaliser, 0).astype(logits.dtype)
    possible = attends[..., None] if allowed is None else attends[..., None] & allowed
    with np.errstate(over="ignore"):
        weights = np.exp(logits - shift[..., None])
    return np.where(possible, weights, 0)


def _sum_to_shape(array: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which something of `shape` was broadcast to `array`."""
    added = tuple(range(array.ndim - len(shape)))
    stretched = tuple(
        axis + len(added) for axis, size in enumerate(shape) if size == 1 and array.shape[axis + len(added)] != 1
    )
    return np.asarray(array.sum(axis=added + stretched)).reshape(shape)
