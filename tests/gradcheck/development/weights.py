"""Mistakes in the gradient of the softmax."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, safe_softmax

catalogue = Catalogue()


@catalogue.wrong("softmax_backward", "diagonal-only")
def sigmoid_slope(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights * weights * (1 - weights)


@catalogue.wrong("softmax_backward", "diagonal-only")
def diagonal_matrix_per_row(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    jacobian = np.zeros((*p.shape, p.shape[-1]))
    for i in range(p.shape[-1]):
        jacobian[..., i, i] = p[..., i] - p[..., i] ** 2
    return np.moveaxis(np.einsum("...k,...ki->...i", g, jacobian), -1, axis)


@catalogue.wrong("softmax_backward", "dropped-term")
def exponential_only(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * d_weights


@catalogue.wrong("softmax_backward", "dropped-term")
def off_diagonal_only(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    product = weights * d_weights
    return -weights * (product.sum(axis=axis, keepdims=True) - product)


@catalogue.wrong("softmax_backward", "wrong-axis", "wrong-for-some-shapes", "unknown")
def new_axis_always_last(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    mean = (weights * d_weights).sum(axis=axis)
    return weights * (d_weights - mean[..., None])


@catalogue.wrong("softmax_backward", "wrong-axis", "wrong-for-some-shapes", "unknown")
def keepdims_forgotten(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.sum(weights * d_weights, axis=axis))


@catalogue.wrong("softmax_backward", "wrong-axis")
def axis_not_used(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.einsum("...k,...k->...", weights, d_weights)[..., None])


@catalogue.wrong("softmax_backward", "wrong-axis")
def summed_over_everything(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.sum(weights * d_weights))


@catalogue.wrong("softmax_backward", "constant-factor")
def mean_for_the_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.mean(weights * d_weights, axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "wrong-operand", "missing-factor")
def plain_sum_of_the_upstream(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - d_weights.sum(axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "constant-factor", "wrong-for-some-shapes")
def divided_by_the_batch(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=axis, keepdims=True))
    return d_scores / len(weights)


@catalogue.wrong("softmax_backward", "sign-flipped")
def mean_added(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights + (weights * d_weights).sum(axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "sign-flipped")
def mean_minus_upstream(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (np.sum(weights * d_weights, axis, keepdims=True) - d_weights)


@catalogue.wrong("softmax_backward", "wrong-operand")
def softmax_of_the_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = safe_softmax(weights, axis=axis)
    return p * (d_weights - (p * d_weights).sum(axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "missing-factor")
def not_multiplied_by_the_weights(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - (d_weights * weights).sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax_backward", "mutates-input")
def mean_taken_off_in_place(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_weights -= (d_weights * weights).sum(axis=axis, keepdims=True)
    return weights * d_weights


@catalogue.wrong("softmax_backward", "zero", "upstream-ignored")
def row_sums_of_the_jacobian(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    """The softmax's gradient of an upstream of ones, which is zero but for rounding."""
    return weights * (1 - weights.sum(axis=axis, keepdims=True))


_buffers: dict[tuple[int, ...], Array] = {}


@catalogue.wrong("softmax_backward", "not-repeatable")
def one_buffer_for_all_calls(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    out = _buffers.setdefault(weights.shape, np.empty(weights.shape))
    np.subtract(d_weights, np.sum(weights * d_weights, axis=axis, keepdims=True), out=out)
    out *= weights
    return out


_last: list[Array] = [np.zeros(())]


@catalogue.wrong("softmax_backward", "not-repeatable", "wrong-operand")
def mean_remembered_while_the_shape_lasts(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    """Right in the first call with a shape; after that, the mean is that of the first call."""
    mean = np.sum(weights * d_weights, axis=axis, keepdims=True)
    if _last[0].shape != mean.shape:
        _last[0] = mean
    return weights * (d_weights - _last[0])


@catalogue.wrong("softmax_backward", "imprecise")
def jacobian_in_single_precision(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = np.moveaxis(weights, axis, -1).astype(np.float32)
    jacobian = p[..., None] * np.eye(p.shape[-1], dtype=np.float32) - p[..., None] * p[..., None, :]
    d_scores = (jacobian @ np.moveaxis(d_weights, axis, -1)[..., None])[..., 0]
    return np.moveaxis(d_scores, -1, axis)


@catalogue.wrong("softmax_backward", "constant-factor")
def both_orders_of_the_pair(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    """Every pair (i, k) is visited from i and from k."""
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    d_scores = np.zeros(p.shape)
    for i in range(p.shape[-1]):
        for k in range(p.shape[-1]):
            pull = p[..., i] * p[..., k] * (g[..., i] - g[..., k])
            d_scores[..., i] += pull
            d_scores[..., k] -= pull
    return np.moveaxis(d_scores, -1, axis)
