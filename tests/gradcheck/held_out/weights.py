"""Wrong gradients of the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]

catalogue = Catalogue()


@catalogue.wrong("softmax_backward", "diagonal-only")
def softmax_like_a_sigmoid(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return np.multiply(d_weights, weights - weights**2)


@catalogue.wrong("softmax_backward", "dropped-term")
def softmax_of_an_exponential(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    g = d_weights.copy()
    g *= weights
    return g


@catalogue.wrong("softmax_backward", "sign-flipped")
def softmax_mean_added(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    product = weights * d_weights
    return product + weights * product.sum(axis, keepdims=True)


@catalogue.wrong("softmax_backward", "wrong-axis")
def softmax_always_the_last_axis(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.einsum("...i,...i->...", d_weights, weights)[..., None])


@catalogue.wrong("softmax_backward", "constant-factor")
def softmax_takes_the_plain_mean(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.mean(weights * d_weights, axis=axis, keepdims=True))


@catalogue.wrong("softmax_backward", "constant-factor")
def softmax_per_example(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=axis, keepdims=True))
    return d_scores / d_scores.shape[0]


@catalogue.wrong("softmax_backward", "missing-factor", "wrong-operand")
def softmax_unweighted_sum(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    total = np.sum(d_weights, axis=axis, keepdims=True)
    return weights * d_weights - weights * total


@catalogue.wrong("softmax_backward", "upstream-ignored", "diagonal-only")
def softmax_returns_its_slope(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (1.0 - weights)


@catalogue.wrong("softmax_backward", "missing-factor")
def softmax_outer_weight_lost(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    centre = np.expand_dims((weights * d_weights).sum(axis), axis)
    return d_weights - centre


@catalogue.wrong("softmax_backward", "wrong-axis")
def softmax_sum_over_everything(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return weights * (d_weights - np.vdot(weights, d_weights))


@catalogue.wrong("softmax_backward", "transposed")
def softmax_axis_not_moved_back(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    return p * (g - (p * g).sum(-1, keepdims=True))


@catalogue.wrong("softmax_backward", "wrong-axis", "misplaced")
def softmax_rows_by_reshape(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = weights.reshape(-1, weights.shape[axis])
    g = d_weights.reshape(-1, weights.shape[axis])
    return (p * (g - np.sum(p * g, axis=1, keepdims=True))).reshape(weights.shape)


@catalogue.wrong("softmax_backward", "wrong-operand", "overwritten")
def softmax_last_jacobian_for_all(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p, g = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    for row in p.reshape(-1, p.shape[-1]):
        jacobian = np.diag(row) - np.outer(row, row)
    return np.moveaxis(g @ jacobian, -1, axis)


@catalogue.wrong("softmax_backward", "zero", "upstream-ignored")
def softmax_upstream_of_ones(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    d_scores = weights * (1 - weights.sum(axis=axis, keepdims=True))
    return np.round(d_scores, 12)


@catalogue.wrong("softmax_backward", "missing-factor", "wrong-operand")
def softmax_confused_with_its_logarithm(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    return d_weights - weights * d_weights.sum(axis=axis, keepdims=True)


@catalogue.wrong("softmax_backward", "imprecise")
def softmax_jacobian_in_single(d_weights: Array, weights: Array, axis: int = -1) -> Array:
    p = np.moveaxis(weights, axis, -1).astype(np.float32)
    jacobian = p[..., :, None] * (np.eye(p.shape[-1], dtype=np.float32) - p[..., None, :])
    g = np.moveaxis(d_weights, axis, -1)
    return np.moveaxis((jacobian.astype(g.dtype) @ g[..., None])[..., 0], -1, axis)
