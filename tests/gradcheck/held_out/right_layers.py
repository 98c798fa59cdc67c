"""Right implementations in unusual styles: linear map, embedding, loss, normalisation, activations."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]

catalogue = Catalogue()


@catalogue.right("linear")
def linear_with_a_column_of_ones(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    extended = np.concatenate([inputs, np.ones((*inputs.shape[:-1], 1))], axis=-1)
    last = np.zeros(weight.shape[1]) if bias is None else bias
    return extended @ np.vstack([weight, last])


@catalogue.right("linear_backward")
def linear_one_position_at_a_time(d_outputs: Array, inputs: Array, weight: Array) -> list[Array]:
    d_inputs, d_weight, d_bias = np.zeros(inputs.shape), np.zeros(weight.shape), np.zeros(weight.shape[1])
    for n in np.ndindex(inputs.shape[:-1]):
        for o in range(weight.shape[1]):
            g = d_outputs[n][o]
            d_inputs[n] += g * weight[:, o]
            d_weight[:, o] += g * inputs[n]
            d_bias[o] += g
    return [d_inputs, d_weight, d_bias]


@catalogue.right("linear_backward")
def linear_with_the_bias_inside(d_outputs: Array, inputs: Array, weight: Array) -> tuple[Array, Array, Array]:
    extended = np.concatenate([inputs, np.ones((*inputs.shape[:-1], 1))], axis=-1)
    axes = tuple(range(inputs.ndim - 1))
    both = np.tensordot(d_outputs, extended, (axes, axes)).T
    return np.inner(d_outputs, weight), both[:-1], both[-1]


@catalogue.right("embedding")
def embedding_by_one_hot(ids: Array, table: Array) -> Array:
    return np.identity(len(table))[ids] @ table


@catalogue.right("embedding_backward")
def embedding_add_at(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, (ids[..., None], np.arange(d_outputs.shape[-1])), d_outputs)
    return d_table


@catalogue.right("embedding_backward")
def embedding_counts_by_column(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    columns = np.moveaxis(d_outputs, -1, 0).reshape(d_outputs.shape[-1], -1)
    return np.array([np.bincount(ids.ravel(), column, vocabulary_size) for column in columns]).T


@catalogue.right("embedding_backward")
def embedding_in_a_dictionary(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    sums: defaultdict[int, list[Array]] = defaultdict(list)
    for where, word in np.ndenumerate(ids):
        sums[int(word)].append(d_outputs[where])
    empty = np.zeros(d_outputs.shape[-1])
    return np.stack([sum(sums[word], empty) for word in range(vocabulary_size)])


@catalogue.right("cross_entropy")
def cross_entropy_by_hand(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = []
    for row, y in zip(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), strict=True):
        if ignore_index is not None and y == ignore_index:
            continue
        # log sum exp(z - z_y) is minus the logarithm of the probability of y
        penalties = [float(np.logaddexp.reduce(row - z)) for z in row]
        losses.append((1 - label_smoothing) * penalties[int(y)] + label_smoothing * math.fsum(penalties) / len(row))
    return np.array(math.fsum(losses) / len(losses) if losses else 0.0)


@catalogue.right("cross_entropy_backward")
def cross_entropy_scattered(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    z, y = logits.reshape(-1, logits.shape[-1]), targets.ravel()
    counted = [n for n in range(len(y)) if ignore_index is None or y[n] != ignore_index]
    d = np.zeros(z.shape)
    for n in counted:
        log_z = np.logaddexp.reduce(z[n])
        d[n] = (np.exp(z[n] - log_z) - label_smoothing / z.shape[1]) / len(counted)
        d[n, y[n]] -= (1 - label_smoothing) / len(counted)
    return d.reshape(logits.shape)


@catalogue.right("cross_entropy_backward")
def cross_entropy_through_the_jacobian(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """The gradient in the log-probabilities, times the Jacobian of the log-softmax."""
    size = logits.shape[-1]
    share = np.ones(targets.shape) if ignore_index is None else (targets != ignore_index).astype(float)
    share = share / max(share.sum(), 1.0)
    top = logits.max(-1, keepdims=True)
    p = np.exp(logits - top)
    p = p / p.sum(-1, keepdims=True)
    one_hot = np.equal.outer(targets, np.arange(size))
    d_log_p = -(one_hot * (1 - label_smoothing) + label_smoothing / size) * share[..., None]
    jacobian = np.eye(size) - p[..., None, :]
    return np.einsum("...vk,...v->...k", jacobian, d_log_p)


@catalogue.right("layer_norm")
def norm_row_by_row(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    result = np.empty(inputs.shape)
    for n in np.ndindex(inputs.shape[:-1]):
        mu = math.fsum(inputs[n].tolist()) / len(gain)
        sigma = math.sqrt(math.fsum((x - mu) ** 2 for x in inputs[n].tolist()) / len(gain) + eps)
        result[n] = [g * (x - mu) / sigma + b for x, g, b in zip(inputs[n], gain, bias, strict=True)]
    return result


def deviations(inputs: Array, eps: float) -> tuple[Array, Array]:
    centred = inputs - np.average(inputs, axis=-1)[..., None]
    return centred, (np.einsum("...d,...d->...", centred, centred)[..., None] / inputs.shape[-1] + eps) ** -0.5


@catalogue.right("layer_norm_backward")
def norm_jacobian_of_each_row(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> list[Array]:
    d = inputs.shape[-1]
    centred, inverse = deviations(inputs, eps)
    x = centred * inverse
    jacobian = (np.eye(d) - 1 / d - x[..., :, None] * x[..., None, :] / d) * inverse[..., None]
    lead = "abcdefg"[: inputs.ndim - 1]
    d_gain = np.einsum(f"{lead}z,{lead}z->z", d_outputs, x)
    return [np.einsum("...ik,...i->...k", jacobian, gain * d_outputs), d_gain, np.einsum(f"{lead}z->z", d_outputs)]


@catalogue.right("layer_norm_backward")
def norm_backwards_step_by_step(
    d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    width, rows = inputs.shape[-1], inputs.reshape(-1, inputs.shape[-1])
    upstream = d_outputs.reshape(rows.shape)
    centred, inverse = deviations(rows, eps)
    d_scaled = upstream * gain
    d_inverse = (d_scaled * centred).sum(1, keepdims=True)
    d_variance = -0.5 * inverse**3 * d_inverse
    d_centred = d_scaled * inverse
    d_centred += 2 / width * centred * d_variance
    d_mean = -d_centred.sum(1, keepdims=True)
    d_rows = d_centred + d_mean / width
    return d_rows.reshape(inputs.shape), np.diag((centred * inverse).T @ upstream), np.ones(len(rows)) @ upstream


@catalogue.right("layer_norm_backward")
def norm_common_denominator(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> tuple[Array, ...]:
    n = inputs.shape[-1]
    centred, inverse = deviations(inputs, eps)
    h = d_outputs * gain
    top = n * h - h.sum(-1, keepdims=True) - centred * inverse**2 * (h * centred).sum(-1, keepdims=True)
    d_gain, d_bias = d_outputs * centred * inverse, d_outputs
    while d_gain.ndim > 1:
        d_gain, d_bias = d_gain.sum(0), d_bias.sum(0)
    return inverse / n * top, d_gain, d_bias.copy()


@catalogue.right("relu")
def relu_half_the_sum(inputs: Array) -> Array:
    return inputs / 2 + np.abs(inputs) / 2


@catalogue.right("relu_backward")
def relu_selected(d_outputs: Array, inputs: Array) -> Array:
    d_inputs = np.zeros(inputs.shape)
    positive = np.maximum(inputs, 0).astype(bool)
    d_inputs[positive] = d_outputs[positive]
    return d_inputs


def elementwise(f: Any, *arrays: Array) -> Array:
    """f of Python floats, entry by entry."""
    return np.array([f(*entry) for entry in zip(*(a.ravel().tolist() for a in arrays), strict=True)]).reshape(
        arrays[0].shape
    )


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


@catalogue.right("gelu")
def gelu_by_the_logistic(inputs: Array) -> Array:
    root = 2 * math.sqrt(2 / math.pi)

    def gate(x: float) -> float:
        x = max(-30.0, min(30.0, x))
        return logistic(root * (x + 0.044715 * x * x * x))

    return elementwise(lambda x: x * gate(x), inputs)


@catalogue.right("gelu_backward")
def gelu_logarithmic_derivative(d_outputs: Array, inputs: Array) -> Array:
    """x s(v) with v = 2u has the slope s + x s (1 - s) v'."""

    def slope(g: float, x: float) -> float:
        x = max(-30.0, min(30.0, x))
        v = math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)
        s, rest = logistic(v), logistic(-v)
        return g * (s + x * s * rest * math.sqrt(8 / math.pi) * (1 + 0.134145 * x**2))

    return elementwise(slope, d_outputs, inputs)


@catalogue.right("gelu_backward")
def gelu_backwards_step_by_step(d_outputs: Array, inputs: Array) -> Array:
    x = inputs.clip(-10, 10)
    root = (2 / np.pi) ** 0.5
    t = np.tanh(root * x * (1 + 0.044715 * x * x))
    d_x = 0.5 * d_outputs * (1 + t)
    d_t = 0.5 * d_outputs * x
    d_u = d_t * (1 + t) * (1 - t)
    d_cube = 0.044715 * root * d_u
    d_x += root * d_u
    d_x += 3 * np.square(x) * d_cube
    return d_x


@catalogue.right("tanh")
def tanh_of_python_floats(inputs: Array) -> Array:
    return elementwise(math.tanh, inputs)


@catalogue.right("tanh_backward")
def tanh_two_factors(d_outputs: Array, outputs: Array) -> Array:
    return np.multiply.reduce([1 - outputs, d_outputs, 1 + outputs])


@catalogue.right("sigmoid")
def sigmoid_by_the_softplus(inputs: Array) -> Array:
    return np.exp(-np.logaddexp(0, -inputs))


@catalogue.right("sigmoid_backward")
def sigmoid_expanded(d_outputs: Array, outputs: Array) -> Array:
    return np.asarray((d_outputs - d_outputs * outputs) * outputs, order="F")


@catalogue.right("embedding_backward")
def embedding_positions_by_word(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    flat = d_outputs.reshape(ids.size, d_outputs.shape[-1])
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for word in Counter(ids.ravel().tolist()):
        d_table[word] = flat[ids.ravel() == word].sum(axis=0)
    return d_table
