"""The attention of the article's sample: a weight for every feature of every word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._checks import Array, require_floats, require_shape
from .workers import share

BLOCK = 65_536
"""Entries of the inputs that are worked on at a time: 256 KB of float32, so that a block's arrays stay in a core's cache."""


def feature_attention(inputs: Array, weight: Array) -> tuple[Array, Array]:
    r"""Scores by a linear map, a softmax over time for each feature by itself, and the sum over time.

    .. math:: S = E W, \qquad P_{th} = \frac{e^{S_{th}}}{\sum_k e^{S_{kh}}}, \qquad c_h = \sum_t P_{th} E_{th}

    A block of sequences goes through all of it while it is in the cache, and S is never held as a whole. The workers of
    `share` take the blocks.

    Parameters
    ----------
    inputs : array (B, T, H)
        E.
    weight : array (H, H)
        W.

    Returns
    -------
    context : array (B, H)
        c.
    weights : array (B, T, H)
        P, which the backward pass takes.

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, shapes do not fit, or a score is NaN or infinite.
    """
    _check(inputs, weight)
    batch, time, width = inputs.shape
    weights, result = np.empty_like(inputs), np.empty((batch, width), inputs.dtype)

    def attend(blocks: Iterator[slice]) -> None:
        for block in blocks:
            part = weights[block]
            np.matmul(inputs[block].reshape(-1, width), weight, out=part.reshape(-1, width))
            maximum = part.max(axis=1, keepdims=True, initial=-np.inf)
            if time and not np.isfinite(maximum).all():
                raise ValueError("scores: expected finite numbers, got NaN or infinity; look at inputs and weight")
            part -= maximum
            np.exp(part, out=part)
            part /= part.sum(axis=1, keepdims=True)
            np.einsum("bth,bth->bh", part, inputs[block], out=result[block])

    share(_blocks(inputs), attend, alone=inputs.size <= BLOCK)
    return result, weights


def feature_attention_backward(
    d_context: Array, context: Array, weights: Array, inputs: Array, weight: Array
) -> tuple[Array, Array]:
    r"""Gradients of the article's attention with respect to its inputs and its weight.

    The inputs are used twice. As values they get :math:`dE_{th} = P_{th} \, dc_h`. As scores: :math:`dP_{th} = dc_h E_{th}`, and with the
    softmax's derivative

    .. math:: dS_{th} = P_{th} \Bigl( dP_{th} - \sum_k P_{kh} \, dP_{kh} \Bigr)
              = P_{th} \, dc_h \Bigl( E_{th} - \sum_k P_{kh} E_{kh} \Bigr) = P_{th} \, dc_h \, (E_{th} - c_h) ,

    so the sum over time need not be taken again: it is the context. From there :math:`dW = E^\top dS` and :math:`dS \, W^\top` to E.

    Parameters
    ----------
    d_context : array (B, H)
    context, weights
        As `feature_attention` gave them.
    inputs : array (B, T, H)
    weight : array (H, H)

    Returns
    -------
    d_inputs : array (B, T, H)
    d_weight : array (H, H)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(inputs, weight)
    require_floats(inputs=inputs, d_context=d_context, context=context, weights=weights)
    batch, _, width = inputs.shape
    for name, array in (("d_context", d_context), ("context", context)):
        require_shape(name, array, (batch, width), "to match inputs")
    require_shape("weights", weights, inputs.shape, "like inputs")
    blocks = _blocks(inputs)
    d_inputs, d_weights = np.empty_like(inputs), np.zeros((len(blocks), *weight.shape), weight.dtype)

    def attend_backward(numbered: Iterator[tuple[int, slice]]) -> None:
        for number, block in numbered:
            rows, d_rows = inputs[block], d_inputs[block]
            np.multiply(weights[block], d_context[block, None], out=d_rows)
            d_scores = rows - context[block, None]
            d_scores *= d_rows
            flat = d_scores.reshape(-1, width)
            np.matmul(rows.reshape(-1, width).T, flat, out=d_weights[number])
            d_rows += (flat @ weight.T).reshape(rows.shape)

    share(enumerate(blocks), attend_backward, alone=inputs.size <= BLOCK)
    # The blocks are added in their order, whoever did them: the same bits with any number of workers.
    return d_inputs, d_weights.sum(axis=0)


def _blocks(inputs: Array) -> list[slice]:
    batch, time, width = inputs.shape
    sequences = max(1, BLOCK // max(1, time * width))
    return [slice(first, first + sequences) for first in range(0, batch, sequences)]


def _check(inputs: Array, weight: Array) -> None:
    require_floats(inputs=inputs, weight=weight)
    require_shape("inputs", inputs, ("batch", "time", "width"), "")
    require_shape("weight", weight, (inputs.shape[-1],) * 2, "to match inputs")
