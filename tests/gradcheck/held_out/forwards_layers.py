"""Wrong forward functions of the layers: linear map, embedding, loss, normalisation, activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import softmax

from ..mutant import Catalogue

Array = NDArray[Any]
Option = Array | None

catalogue = Catalogue()


# Linear, embedding, loss


@catalogue.wrong("linear", "dropped-term")
def linear_no_bias(inputs: Array, weight: Array, bias: Option = None) -> Array:
    return np.einsum("...i,io->...o", inputs, weight)


@catalogue.wrong("linear", "wrong-shape", "wrong-for-some-shapes")
def linear_stays_flat(inputs: Array, weight: Array, bias: Option = None) -> Array:
    outputs = inputs.reshape(-1, weight.shape[0]) @ weight
    return outputs if bias is None else outputs + bias


@catalogue.wrong("linear", "counted-twice", "constant-factor")
def linear_bias_for_every_input(inputs: Array, weight: Array, bias: Option = None) -> Array:
    outputs = np.zeros(inputs.shape[:-1] + weight.shape[1:])
    for i in range(weight.shape[0]):
        outputs += inputs[..., i, None] * weight[i]
        if bias is not None:
            outputs += bias
    return outputs


@catalogue.wrong("embedding", "misplaced", "wrong-values")
def embedding_ids_from_one(ids: Array, table: Array) -> Array:
    return table[ids - 1]


@catalogue.wrong("embedding", "wrong-shape", "wrong-axis")
def embedding_take_without_axis(ids: Array, table: Array) -> Array:
    return np.take(table, ids)


@catalogue.wrong("embedding", "constant-factor")
def embedding_times_root_of_the_width(ids: Array, table: Array) -> Array:
    return np.eye(len(table))[ids] @ table * np.sqrt(table.shape[-1])


def surprise(logits: Array, targets: Array, label_smoothing: float) -> Array:
    top = logits.max(-1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
    q = (1 - label_smoothing) * (targets[..., None] == np.arange(logits.shape[-1])) + label_smoothing / logits.shape[-1]
    return np.asarray(-(q * log_p).sum(-1))


@catalogue.wrong("cross_entropy", "constant-factor")
def cross_entropy_total(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = surprise(logits, targets, label_smoothing)
    return np.asarray(losses.sum() if ignore_index is None else losses[targets != ignore_index].sum())


@catalogue.wrong("cross_entropy", "imprecise", "unstable")
def cross_entropy_log_of_a_little_more(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    log_p = np.log(softmax(logits) + 1e-8)
    q = (1 - label_smoothing) * (targets[..., None] == np.arange(logits.shape[-1])) + label_smoothing / logits.shape[-1]
    keep = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    return np.asarray(-(q * log_p).sum(-1)[keep].sum() / max(keep.sum(), 1))


@catalogue.wrong("cross_entropy", "constant-factor", "mask-ignored")
def cross_entropy_padding_counts(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = surprise(logits, targets, label_smoothing)
    return np.asarray(np.mean(losses if ignore_index is None else losses * (targets != ignore_index)))


@catalogue.wrong("cross_entropy", "constant-factor")
def cross_entropy_in_bits(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    return np.asarray(surprise(logits, targets, label_smoothing)[keep].sum() / max(keep.sum(), 1) / np.log(2))


@catalogue.wrong("cross_entropy", "dropped-term")
def cross_entropy_hard_targets(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    return np.asarray(surprise(logits, targets, 0)[keep].sum() / max(keep.sum(), 1))


@catalogue.wrong("cross_entropy", "sign-flipped")
def cross_entropy_log_likelihood(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    return np.asarray(-surprise(logits, targets, label_smoothing)[keep].sum() / max(keep.sum(), 1))


# Layer normalisation and activations


@catalogue.wrong("layer_norm", "wrong-values", "constant-factor")
def norm_sample_variance(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    spread = np.sqrt(inputs.var(axis=-1, ddof=1, keepdims=True) + eps)
    return gain * (inputs - inputs.mean(axis=-1, keepdims=True)) / spread + bias


@catalogue.wrong("layer_norm", "wrong-values", "imprecise")
def norm_eps_beside_the_root(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    return gain * (inputs - inputs.mean(-1, keepdims=True)) / (inputs.std(-1, keepdims=True) + eps) + bias


@catalogue.wrong("layer_norm", "missing-factor")
def norm_by_the_variance(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    centred = inputs - inputs.mean(-1, keepdims=True)
    return centred / ((centred**2).mean(-1, keepdims=True) + eps) * gain + bias


@catalogue.wrong("layer_norm", "wrong-axis")
def norm_of_the_whole_array(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    return (inputs - np.mean(inputs)) / np.sqrt(np.var(inputs) + eps) * gain + bias


@catalogue.wrong("relu", "mutates-input")
def relu_in_place(inputs: Array) -> Array:
    inputs[inputs < 0] = 0
    return inputs


@catalogue.wrong("relu", "wrong-values")
def relu_that_leaks(inputs: Array) -> Array:
    return np.where(inputs > 0, inputs, 0.01 * inputs)


@catalogue.wrong("gelu", "wrong-values", "imprecise")
def gelu_with_the_error_function(inputs: Array) -> Array:
    result = np.array([x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in inputs.ravel().tolist()])
    return result.reshape(inputs.shape)


@catalogue.wrong("gelu", "constant-factor")
def gelu_twice_as_large(inputs: Array) -> Array:
    moderate = np.clip(inputs, -10, 10)
    return inputs * (1 + np.tanh(math.sqrt(2 / math.pi) * (moderate + 0.044715 * moderate**3)))


@catalogue.wrong("gelu", "wrong-values", "wrong-operand")
def gelu_square_for_cube(inputs: Array) -> Array:
    moderate = np.clip(inputs, -10, 10)
    return 0.5 * inputs * (1 + np.tanh(math.sqrt(2 / math.pi) * (moderate + 0.044715 * moderate**2)))


@catalogue.wrong("tanh", "unstable")
def tanh_by_exponentials(inputs: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        up, down = np.exp(inputs), np.exp(-inputs)
        return (up - down) / (up + down)


@catalogue.wrong("tanh", "wrong-values")
def tanh_from_the_sigmoid(inputs: Array) -> Array:
    falling = np.exp(-np.abs(inputs))
    return 2 * np.where(inputs >= 0, 1, falling) / (1 + falling) - 1


@catalogue.wrong("sigmoid", "sign-flipped", "wrong-values")
def sigmoid_sign_in_the_exponent(inputs: Array) -> Array:
    falling = np.exp(-np.abs(inputs))
    return np.where(inputs >= 0, falling, 1) / (1 + falling)


@catalogue.wrong("sigmoid", "unstable")
def sigmoid_overflows(inputs: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(inputs)
        return e / (1 + e)
