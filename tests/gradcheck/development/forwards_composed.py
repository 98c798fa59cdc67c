"""Mistakes in the additive score, the loss, layer normalisation and the activations themselves."""

from __future__ import annotations

import math

import numpy as np

from ..mutant import Catalogue
from .parts import Array, safe_softmax

catalogue = Catalogue()


@catalogue.wrong("additive_scores", "wrong-values", "wrong-operand")
def tanh_forgotten(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    sums = (queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]
    return sums @ score_vector


@catalogue.wrong("additive_scores", "wrong-values")
def tanh_of_each_part(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    q, k = np.tanh(queries @ query_weight), np.tanh(keys @ key_weight)
    return (q[..., :, None, :] + k[..., None, :, :]) @ score_vector


@catalogue.wrong("additive_scores", "dropped-term")
def encoder_states_not_looked_at(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    per_query = np.tanh(queries @ query_weight) @ score_vector
    return np.repeat(per_query[..., None], keys.shape[-2], axis=-1)


@catalogue.wrong("additive_scores", "transposed")
def additive_sources_by_targets(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    sums = (keys @ key_weight)[..., :, None, :] + (queries @ query_weight)[..., None, :, :]
    return np.tanh(sums) @ score_vector


@catalogue.wrong("additive_scores", "constant-factor")
def mean_over_the_hidden_units(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    sums = (queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]
    return (np.tanh(sums) * score_vector).mean(axis=-1)


def _log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _losses(log_p: Array, targets: Array, smoothing: float) -> Array:
    V = log_p.shape[-1]
    one_hot = targets[..., None] == np.arange(V)
    return -np.sum(log_p * ((1 - smoothing) * one_hot + smoothing / V), axis=-1)


def _counted(targets: Array, ignore_index: int | None) -> Array:
    return np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index


@catalogue.wrong("cross_entropy", "constant-factor")
def summed_over_the_targets(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = _losses(_log_softmax(logits), targets, label_smoothing)
    return np.sum(losses * _counted(targets, ignore_index))


@catalogue.wrong("cross_entropy", "imprecise")
def a_millionth_in_the_logarithm(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    losses = _losses(np.log(safe_softmax(logits) + 1e-6), targets, label_smoothing)
    return np.sum(losses * counted) / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy", "unstable")
def logarithm_of_the_softmax(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """Infinite where a probability is too small for a float."""
    counted = _counted(targets, ignore_index)
    p = safe_softmax(logits)[counted]
    with np.errstate(divide="ignore"):
        losses = -(1 - label_smoothing) * np.log(
            np.take_along_axis(p, targets[counted][:, None], axis=-1)[:, 0]
        )
        if label_smoothing:
            losses = losses - label_smoothing * np.log(p).mean(axis=-1)
    return losses.sum() / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy", "constant-factor", "mask-ignored")
def divided_by_all_targets(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = _losses(_log_softmax(logits), targets, label_smoothing)
    return np.where(_counted(targets, ignore_index), losses, 0).sum() / max(targets.size, 1)


@catalogue.wrong("cross_entropy", "dropped-term")
def smoothing_not_used(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    losses = _losses(_log_softmax(logits), targets, 0.0)
    return np.sum(losses * counted) / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy", "sign-flipped")
def log_likelihood(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    losses = _losses(_log_softmax(logits), targets, label_smoothing)
    return -np.sum(losses * counted) / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy", "constant-factor")
def in_bits(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    counted = _counted(targets, ignore_index)
    losses = _losses(_log_softmax(logits), targets, label_smoothing) / math.log(2)
    return np.sum(losses * counted) / max(counted.sum(), 1)


@catalogue.wrong("cross_entropy", "not-finite")
def mean_of_nothing(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """Right unless all targets are ignored."""
    counted = _counted(targets, ignore_index)
    losses = _losses(_log_softmax(logits), targets, label_smoothing)
    with np.errstate(invalid="ignore"):
        return np.sum(losses * counted) / np.float64(counted.sum())


@catalogue.wrong("layer_norm", "wrong-axis")
def over_the_positions(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    mean, variance = inputs.mean(axis=-2, keepdims=True), inputs.var(axis=-2, keepdims=True)
    return gain * (inputs - mean) / np.sqrt(variance + eps) + bias


@catalogue.wrong("layer_norm", "dropped-term")
def bias_not_added(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)


@catalogue.wrong("layer_norm", "dropped-term")
def not_centred(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    return gain * inputs / np.sqrt(inputs.var(axis=-1, keepdims=True) + eps) + bias


@catalogue.wrong("layer_norm", "missing-factor", "wrong-operand")
def variance_for_the_deviation(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    variance = inputs.var(axis=-1, keepdims=True) + eps
    return gain * (inputs - inputs.mean(axis=-1, keepdims=True)) / variance + bias


@catalogue.wrong("layer_norm", "constant-factor", "wrong-operand")
def unbiased_variance(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    deviation = np.sqrt(np.var(inputs, axis=-1, ddof=1, keepdims=True) + eps)
    return gain * (inputs - inputs.mean(axis=-1, keepdims=True)) / deviation + bias


@catalogue.wrong("layer_norm", "mutates-input")
def centred_in_place(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    inputs -= inputs.mean(axis=-1, keepdims=True)
    return gain * inputs / np.sqrt((inputs**2).mean(axis=-1, keepdims=True) + eps) + bias


@catalogue.wrong("relu", "wrong-values")
def step(inputs: Array) -> Array:
    return np.where(inputs > 0, 1.0, 0.0)


@catalogue.wrong("relu", "mutates-input")
def negatives_zeroed_in_place(inputs: Array) -> Array:
    return np.maximum(inputs, 0, out=inputs)


@catalogue.wrong("gelu", "imprecise", "wrong-values")
def with_the_error_function(inputs: Array) -> Array:
    erf = np.vectorize(math.erf, otypes=[float])
    return inputs * 0.5 * (1 + erf(inputs / math.sqrt(2)))


@catalogue.wrong("gelu", "constant-factor")
def half_left_out(inputs: Array) -> Array:
    return inputs * (1 + np.tanh(math.sqrt(2 / math.pi) * (inputs + 0.044715 * inputs**3)))


@catalogue.wrong("gelu", "wrong-values")
def by_a_sigmoid(inputs: Array) -> Array:
    with np.errstate(over="ignore"):
        return inputs / (1 + np.exp(-1.702 * inputs))


@catalogue.wrong("tanh", "unstable")
def quotient_of_exponentials(inputs: Array) -> Array:
    with np.errstate(all="ignore"):
        up, down = np.exp(inputs), np.exp(-inputs)
        return (up - down) / (up + down)


@catalogue.wrong("tanh", "wrong-values")
def sigmoid_without_the_doubled_argument(inputs: Array) -> Array:
    with np.errstate(over="ignore"):
        return 2 / (1 + np.exp(-inputs)) - 1


@catalogue.wrong("sigmoid", "unstable")
def exponential_over_itself(inputs: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(inputs) / (1 + np.exp(inputs))


@catalogue.wrong("sigmoid", "sign-flipped", "wrong-values")
def falling(inputs: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(inputs))
