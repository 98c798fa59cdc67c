"""Mistakes in the gradients of the weighted sum."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, turned

catalogue = Catalogue()
Pair = tuple[Array, Array]


@catalogue.wrong("context_backward", "swapped-results")
def values_gradient_first(d_context: Array, weights: Array, values: Array) -> Pair:
    return turned(weights) @ d_context, d_context @ turned(values)


@catalogue.wrong("context_backward", "wrong-operand", result="d_values")
def weight_gradient_for_the_weights(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = d_context @ turned(values)
    d_values = np.einsum("...ls,...le->...se", d_weights, d_context)
    return d_weights, d_values


@catalogue.wrong("context_backward", "wrong-for-some-shapes", "unknown")
def transposes_for_matrices_only(d_context: Array, weights: Array, values: Array) -> Pair:
    return np.dot(d_context, values.T), np.dot(weights.T, d_context)


@catalogue.wrong("context_backward", "constant-factor", result="d_values")
def mean_over_the_targets(d_context: Array, weights: Array, values: Array) -> Pair:
    d_values = np.mean(weights[..., None] * d_context[..., :, None, :], axis=-3)
    return d_context @ turned(values), d_values


@catalogue.wrong("context_backward", "not-summed", result="d_values")
def a_gradient_for_each_target(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = np.einsum("...le,...se->...ls", d_context, values)
    d_values = weights[..., :, :, None] * d_context[..., :, None, :]
    return d_weights, d_values


@catalogue.wrong("context_backward", "overwritten", result="d_values")
def last_target_wins(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights, d_values = np.zeros_like(weights), np.zeros_like(values)
    for t in range(weights.shape[-2]):
        for s in range(weights.shape[-1]):
            d_weights[..., t, s] = np.sum(d_context[..., t, :] * values[..., s, :], axis=-1)
            d_values[..., s, :] = weights[..., t, s, None] * d_context[..., t, :]
    return d_weights, d_values


@catalogue.wrong("context_backward", "transposed", result="d_weights")
def weights_by_source(d_context: Array, weights: Array, values: Array) -> Pair:
    return values @ turned(d_context), turned(weights) @ d_context


@catalogue.wrong("context_backward", "zero", result="d_weights")
def weights_are_constants(d_context: Array, weights: Array, values: Array) -> Pair:
    return np.zeros(weights.shape), turned(weights) @ d_context


@catalogue.wrong("context_backward", "misplaced", result="d_weights")
def source_index_off_by_one(d_context: Array, weights: Array, values: Array) -> Pair:
    d_weights = np.empty_like(weights)
    for s in range(values.shape[-2]):
        d_weights[..., s - 1] = np.einsum("...le,...e->...l", d_context, values[..., s, :])
    return d_weights, turned(weights) @ d_context


@catalogue.wrong("context_backward", "misplaced", result="d_values")
def weights_reshaped_not_turned(d_context: Array, weights: Array, values: Array) -> Pair:
    *lead, L, S = weights.shape
    return d_context @ turned(values), weights.reshape(*lead, S, L) @ d_context


@catalogue.wrong("context_backward", "not-repeatable", result="d_weights")
def dropout_drawn_anew(d_context: Array, weights: Array, values: Array) -> Pair:
    kept = np.random.default_rng().random(weights.shape) < 0.9
    return (d_context @ turned(values)) * kept / 0.9, turned(weights) @ d_context


@catalogue.wrong("context_backward", "upstream-ignored", result="d_values")
def attention_received(d_context: Array, weights: Array, values: Array) -> Pair:
    d_values = np.broadcast_to(weights.sum(axis=-2)[..., None], values.shape).copy()
    return d_context @ turned(values), d_values


@catalogue.wrong("context_backward", "transposed", "wrong-for-some-shapes", result="d_weights")
def turned_until_it_fits(d_context: Array, weights: Array, values: Array) -> Pair:
    """Right unless there are as many targets as sources, where the first try fits too."""
    d_weights = values @ turned(d_context)
    if d_weights.shape != weights.shape:
        d_weights = turned(d_weights)
    return d_weights, turned(weights) @ d_context


@catalogue.wrong(
    "context_backward", "wrong-operand", "wrong-for-some-shapes", "transposed", result="d_values"
)
def multiplied_whichever_way_fits(d_context: Array, weights: Array, values: Array) -> Pair:
    """The weights where their transpose belongs, seen only with as many targets as sources."""
    L, S = weights.shape[-2:]
    return d_context @ turned(values), (weights if L == S else turned(weights)) @ d_context
