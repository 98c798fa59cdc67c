"""The additive score in several heads, by the three readable steps: the fast path knows products alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ..functional import context, context_backward, softmax, softmax_backward
from ..functional._checks import Array, require_same_lead
from ..functional.additive import tanh_scores, tanh_scores_backward
from ..functional.attention_options import Options
from .module import Layer, Parameter, uniform


class AdditiveHeads(Layer):
    r"""Bahdanau's score with a vector for each head, :math:`s_{hji} = u_h \cdot \tanh(w_{hj} + v_{hi})`, and what follows it.

    The projections of multi-head attention are the score's two weights. Every pair of a target and a source has a hidden layer of its own:
    (..., heads, L, S, width) numbers are held.

    Parameters
    ----------
    heads, width : int
        `width` is that of one head.
    shared : int
        How many heads share one set of keys and values.
    rng : numpy.random.Generator
    dtype : dtype

    Attributes
    ----------
    score_vector : Parameter (heads, width)
        u.
    """

    def __init__(
        self, heads: int, width: int, *, shared: int, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.shared = shared
        self.score_vector = Parameter(uniform((heads, width), max(width, 1) ** -0.5, rng, dtype))

    def __call__(
        self, queries: Array, keys: Array, values: Array, options: Options
    ) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array, Array]]]:
        """Attend from queries (..., heads, L, width) over keys and values (..., groups, S, width).

        The options' score is not looked at. Gives the context, and a backward that gives d_queries, d_keys, d_values and d_scale.
        """
        require_same_lead("keys", keys, "values", values)
        own_keys, own_values = self._of_heads(keys), self._of_heads(values)
        require_same_lead("keys", own_keys, "queries", queries)
        scores = tanh_scores(queries, own_keys, self.score_vector.value)
        weights = self._weights(scores, queries, options)
        result = context(weights, own_values)

        def backward(d_context: Array) -> tuple[Array, Array, Array, Array]:
            d_weights, d_own_values = context_backward(d_context, weights, own_values)
            d_logits = softmax_backward(d_weights, weights)
            d_scores = d_logits * options.multiplier(queries)[..., None, None]
            d_queries, d_own_keys, d_vector = tanh_scores_backward(
                d_scores, queries, own_keys, self.score_vector.value
            )
            self.score_vector.grad += d_vector
            d_scale = options.sum_to_scale(np.vecdot(d_logits, scores).sum(axis=-1))
            return d_queries, self._to_groups(d_own_keys), self._to_groups(d_own_values), d_scale

        return result, backward

    def weights(self, queries: Array, keys: Array, options: Options) -> Array:
        """The weights of every head, (..., heads, L, S)."""
        return self._weights(tanh_scores(queries, self._of_heads(keys), self.score_vector.value), queries, options)

    def _weights(self, scores: Array, queries: Array, options: Options) -> Array:
        logits = scores * options.multiplier(queries)[..., None, None]
        if options.bias is not None:
            logits = logits + options.bias
        return softmax(logits, mask=options.allowed(*scores.shape[-2:]))

    def _of_heads(self, array: Array) -> Array:
        """Keys or values written out for every head that shares them."""
        return np.repeat(array, self.shared, axis=-3)

    def _to_groups(self, gradient: Array) -> Array:
        """What a group of heads shares receives the sum over the group."""
        *lead, heads, length, width = gradient.shape
        return gradient.reshape(*lead, heads // self.shared, self.shared, length, width).sum(axis=-3)
