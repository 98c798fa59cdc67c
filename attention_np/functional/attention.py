"""The three steps in one call: relevance, distribution, result, with sharpness, masks and biases."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from ._checks import Array, require_floats, require_same_lead, require_shape
from .attention_options import SCORES, Options, Scale
from .logits import refuse
from .tiled_attention import tiled_attention
from .tiled_attention_backward import tiled_attention_backward
from .tiled_problem import Problem, flat

__all__ = ["SCORES", "Scale", "attention", "attention_backward"]


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

    This is `cosine_scores`, `softmax` and `context` in one, worked out in blocks that stay in the cache: the scores are never all in
    memory, so memory grows with the length and not with its square. See `tiled_attention`.

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
    options = Options(score, scale, mask, bias, causal)
    options.check(queries, keys)
    result, log_normaliser = attend(queries, keys, values, options)
    return (result, log_normaliser) if return_log_normaliser else result


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
    context gives :math:`r_j = dc_j \cdot c_j` without the weights. Without them the forward pass is made again, which takes 1.3 times as long in all.

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
    options = Options(score, scale, mask, bias, causal)
    options.check(queries, keys)
    return attend_backward(d_context, queries, keys, values, options, context, log_normaliser)


def attend(queries: Array, keys: Array, values: Array, options: Options) -> tuple[Array, Array]:
    """Context and log-normaliser of arguments that fit; heads of queries may share keys and values."""
    result, log_normaliser = tiled_attention(Problem.of(queries, keys, values, options))
    if not np.all(log_normaliser < np.inf):
        refuse(log_normaliser, queries, keys, options)
    lead_and_targets = queries.shape[:-1]
    return result.reshape(*lead_and_targets, values.shape[-1]), log_normaliser.reshape(lead_and_targets)


def attend_backward(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    options: Options,
    context: Array | None,
    log_normaliser: Array | None,
) -> tuple[Array, Array, Array, Array]:
    """Gradients of queries, keys, values and scale for arguments that fit; heads of queries may share keys and values.

    What comes from the forward pass and from above is looked at here.
    """
    require_floats(queries=queries, d_context=d_context, context=context, log_normaliser=log_normaliser)
    expected = (*queries.shape[:-1], values.shape[-1])
    require_shape("d_context", d_context, expected, "like the context")
    if context is not None:
        require_shape("context", context, expected, "like d_context")
    if log_normaliser is not None:
        require_shape("log_normaliser", log_normaliser, expected[:-1], "with a number for each query")
    if context is None or log_normaliser is None:
        context_again, log_normaliser_again = attend(queries, keys, values, options)
        context = context_again if context is None else context
        log_normaliser = log_normaliser_again if log_normaliser is None else log_normaliser
    d_queries, d_keys, d_values, d_scales = tiled_attention_backward(
        Problem.of(queries, keys, values, options),
        flat(d_context, 2),
        flat(context, 2),
        flat(log_normaliser, 1),
    )
    return (
        d_queries.reshape(queries.shape),
        d_keys.reshape(keys.shape),
        d_values.reshape(values.shape),
        options.sum_to_scale(d_scales.reshape(queries.shape[:-2])),
    )


def _check_values(queries: Array, keys: Array, values: Array) -> None:
    require_floats(queries=queries, keys=keys, values=values)
    require_shape("keys", keys, ("...", "sources", "width"), "with at least two dimensions")
    require_shape("values", values, ("...", keys.shape[-2], "width"), "with a row for each key")
    require_same_lead("values", values, "keys", keys)
