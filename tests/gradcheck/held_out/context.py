"""Wrong gradients of the context."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue
from .parts import T

Array = NDArray[Any]
Pair = tuple[Array, Array]

catalogue = Catalogue()


@catalogue.wrong("context_backward", "constant-factor", result="d_values")
def context_values_averaged(d_context: Array, weights: Array, values: Array) -> Pair:
    targets = d_context.shape[-2]
    return d_context @ T(values), T(weights) @ d_context / targets


@catalogue.wrong("context_backward", "upstream-ignored", result="d_weights")
def context_weights_from_row_sums(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = np.empty_like(weights)
    d_weights[:] = values.sum(axis=-1)[..., None, :]
    return d_weights, np.einsum("...ls,...le->...se", weights, d_context)


@catalogue.wrong("context_backward", "misplaced", result="d_values")
def context_view_as_transpose(d_context: Array, weights: Array, values: Array) -> Pair:
    *lead, targets, sources = weights.shape
    d_weights = np.einsum("...te,...se->...ts", d_context, values)
    d_values = np.reshape(weights, (*lead, sources, targets)) @ d_context
    return d_weights, d_values


@catalogue.wrong("context_backward", "transposed", result="d_weights")
def context_sources_by_targets(d_context: Array, weights: Array, values: Array) -> Pair:
    return values @ T(d_context), T(weights) @ d_context


@catalogue.wrong("context_backward", "overwritten", result="d_values")
def context_last_target_wins(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights, d_values = np.zeros_like(weights), np.zeros_like(values)
    for *b, j in np.ndindex(weights.shape[:-1]):
        d_weights[(*b, j)] = values[tuple(b)] @ d_context[(*b, j)]
        d_values[tuple(b)] = np.outer(weights[(*b, j)], d_context[(*b, j)])
    return d_weights, d_values


@catalogue.wrong("context_backward", "swapped-results")
def context_values_first(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = d_context @ T(values)
    d_values = T(T(d_context) @ weights)
    return d_values, d_weights


@catalogue.wrong("context_backward", "not-summed", result="d_values")
def context_every_target_apart(d_context: Array, weights: Array, values: Array) -> Pair:
    d_products = np.broadcast_to(d_context[..., None, :], (*weights.shape, values.shape[-1]))
    return (d_products * values[..., None, :, :]).sum(-1), d_products * weights[..., None]


@catalogue.wrong("context_backward", "wrong-for-some-shapes", "unknown")
def context_one_sequence_only(d_context: Array, weights: Array, values: Array) -> Pair:
    return d_context @ values.T, weights.T @ d_context
