"""Wrong gradients of the linear map, embedding, loss, layer normalisation and activations."""

from __future__ import annotations

import math

import numpy as np

from attention_np.functional import gelu, softmax

from ..mutant import Catalogue

catalogue = Catalogue()


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_bias")
def bias_summed_over_the_first_axis(d_outputs, inputs, weight):
    d_weight = np.tensordot(inputs, d_outputs, [list(range(inputs.ndim - 1))] * 2)
    return d_outputs @ weight.T, d_weight, d_outputs.sum(axis=0) if d_outputs.ndim > 1 else d_outputs.copy()


@catalogue.wrong("linear_backward", "misplaced", "transposed", result="d_weight")
def torch_layout_pressed_into_shape(d_outputs, inputs, weight):
    dy = d_outputs.reshape(-1, weight.shape[1])
    x = inputs.reshape(-1, weight.shape[0])
    return np.inner(d_outputs, weight), (dy.T @ x).reshape(weight.shape), dy.sum(axis=0)


@catalogue.wrong("linear_backward", "overwritten", result="d_inputs")
def output_after_output(d_outputs, inputs, weight):
    d_inputs = np.zeros_like(inputs)
    for o in range(weight.shape[1]):
        d_inputs[...] = d_outputs[..., o, None] * weight[:, o]
    x, dy = inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1])
    return d_inputs, np.einsum("ni,no->io", x, dy), np.einsum("no->o", dy)


_accumulated: dict = {}


@catalogue.wrong("linear_backward", "not-repeatable", result="d_weight")
def never_zeroes_the_gradient(d_outputs, inputs, weight):
    x, dy = inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1])
    _accumulated[weight.shape] = _accumulated.get(weight.shape, 0) + x.T @ dy
    return d_outputs @ weight.T, _accumulated[weight.shape], dy.sum(axis=0)


@catalogue.wrong("linear_backward", "upstream-ignored", result="d_bias")
def bias_counts_the_rows(d_outputs, inputs, weight):
    x, dy = inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1])
    return (dy @ weight.T).reshape(inputs.shape), x.T @ dy, np.ones(len(x)) @ np.ones_like(dy)


@catalogue.wrong("embedding_backward", "overwritten")
def sentence_by_sentence(d_outputs, ids, vocabulary_size):
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    length = ids.shape[-1] if ids.ndim else 1
    sentences = d_outputs.reshape(-1, length, d_outputs.shape[-1])
    for sentence, rows in zip(ids.reshape(-1, length), sentences, strict=True):
        d_table[sentence] += rows
    return d_table


@catalogue.wrong("embedding_backward", "misplaced")
def sums_by_rank_among_the_ids(d_outputs, ids, vocabulary_size):
    _, group = np.unique(ids.ravel(), return_inverse=True)
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, group, d_outputs.reshape(ids.size, -1))
    return d_table


@catalogue.wrong("embedding_backward", "wrong-shape", "wrong-for-some-shapes")
def as_many_rows_as_the_largest_id(d_outputs, ids, vocabulary_size):
    columns = d_outputs.reshape(-1, d_outputs.shape[-1]).T
    return np.stack([np.bincount(ids.reshape(-1), weights=column) for column in columns], axis=-1)


@catalogue.wrong("embedding_backward", "counted-twice", "missing-factor")
def collects_all_equals_at_every_position(d_outputs, ids, vocabulary_size):
    flat, rows = ids.reshape(-1), d_outputs.reshape(ids.size, -1)
    d_table = np.zeros((vocabulary_size, rows.shape[1]))
    for token in flat:
        d_table[token] += rows[flat == token].sum(axis=0)
    return d_table


@catalogue.wrong("cross_entropy_backward", "constant-factor", "wrong-for-some-shapes")
def mean_over_sentences_only(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    kept = np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index
    wanted = (1 - label_smoothing) * (targets[..., None] == np.arange(classes)) + label_smoothing / classes
    sentences = kept.any(axis=-1) if kept.ndim > 1 else kept
    return (softmax(logits) - wanted) * kept[..., None] / max(sentences.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def smoothing_on_top_of_a_full_target(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    kept = (np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index)[..., None]
    wanted = (targets[..., None] == np.arange(classes)) + label_smoothing / classes
    return np.where(kept, softmax(logits) - wanted, 0) / max(kept.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def padding_has_no_class_but_a_softmax(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    kept = (np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index)[..., None]
    one_hot = kept & (targets[..., None] == np.arange(classes))
    q = (1 - label_smoothing) * one_hot + label_smoothing / classes
    return (softmax(logits) - q) / max(np.count_nonzero(kept), 1)


@catalogue.wrong("cross_entropy_backward", "wrong-axis")
def softmax_down_the_columns(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    rows, labels = logits.reshape(-1, classes), targets.reshape(-1)
    kept = np.full(labels.shape, True) if ignore_index is None else labels != ignore_index
    q = (1 - label_smoothing) * (labels[:, None] == np.arange(classes)) + label_smoothing / classes
    d_rows = (softmax(rows, axis=0) - q) * kept[:, None] / max(kept.sum(), 1)
    return d_rows.reshape(logits.shape)


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def subtracts_from_a_copy(logits, targets, ignore_index=None, label_smoothing=0.0):
    kept = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    d_logits = softmax(logits) - label_smoothing / logits.shape[-1]
    n = np.count_nonzero(kept)
    d_logits[kept][np.arange(n), targets[kept]] -= 1 - label_smoothing
    d_logits[~kept] = 0
    return d_logits / max(n, 1)


@catalogue.wrong("cross_entropy_backward", "not-finite", "unstable")
def exponentials_as_they_come(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    kept = np.full(targets.shape, True) if ignore_index is None else targets != ignore_index
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(logits)
        p = e / e.sum(axis=-1, keepdims=True)
    q = (1 - label_smoothing) * (targets[..., None] == np.arange(classes)) + label_smoothing / classes
    return np.where(kept[..., None], p - q, 0) / max(kept.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor", "mask-ignored")
def padding_in_the_denominator(logits, targets, ignore_index=None, label_smoothing=0.0):
    d_logits = np.zeros_like(logits)
    for where, target in np.ndenumerate(targets):
        if target == ignore_index:
            continue
        d_logits[where] = softmax(logits[where]) - label_smoothing / logits.shape[-1]
        d_logits[(*where, target)] -= 1 - label_smoothing
    return d_logits / max(targets.size, 1)


def _normalised(inputs, eps):
    centred = inputs - inputs.mean(-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return centred / deviation, deviation


def _sums(d_outputs, normalised):
    """d_gain and d_bias."""
    rows = d_outputs.reshape(-1, d_outputs.shape[-1])
    return (rows * normalised.reshape(rows.shape)).sum(0), rows.sum(0)


@catalogue.wrong("layer_norm_backward", "wrong-operand", "missing-factor", result="d_inputs")
def gain_at_the_very_end(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    d = inputs.shape[-1]
    jacobian = np.eye(d) - 1 / d - x_hat[..., :, None] * x_hat[..., None, :] / d
    return gain / sigma * np.einsum("...ij,...j->...i", jacobian, d_outputs), *_sums(d_outputs, x_hat)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def deviation_held_fixed(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    d_x_hat = d_outputs * gain
    return (d_x_hat - d_x_hat.mean(axis=-1)[..., None]) / sigma, *_sums(d_outputs, x_hat)


@catalogue.wrong("layer_norm_backward", "dropped-term")
def epsilon_only_on_the_way_forward(d_outputs, inputs, gain, eps=1e-5):
    sigma = inputs.std(axis=-1, keepdims=True)
    sigma = np.where(sigma == 0, np.sqrt(eps), sigma)
    x_hat = (inputs - inputs.mean(axis=-1, keepdims=True)) / sigma
    d_x_hat = d_outputs * gain
    projected = d_x_hat - d_x_hat.mean(-1, keepdims=True) - x_hat * (d_x_hat * x_hat).mean(-1, keepdims=True)
    return projected / sigma, *_sums(d_outputs, x_hat)


@catalogue.wrong("layer_norm_backward", "not-summed", "wrong-for-some-shapes", result="d_gain")
def gain_keeps_the_time_axis(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    dxh = d_outputs * gain
    d_inputs = (dxh - dxh.mean(-1, keepdims=True) - x_hat * (dxh * x_hat).mean(-1, keepdims=True)) / sigma
    d_gain = d_outputs * x_hat
    return d_inputs, d_gain.sum(axis=0) if d_gain.ndim > 1 else d_gain, _sums(d_outputs, x_hat)[1]


@catalogue.wrong("layer_norm_backward", "wrong-operand", result="d_gain")
def gain_times_centred_inputs(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    dxh = d_outputs * gain
    d_inputs = (dxh - dxh.mean(-1, keepdims=True) - x_hat * (dxh * x_hat).mean(-1, keepdims=True)) / sigma
    return d_inputs, *_sums(d_outputs, inputs - inputs.mean(-1, keepdims=True))


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def variance_for_deviation(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    dxh = d_outputs * gain
    d_inputs = (dxh - dxh.mean(-1, keepdims=True) - x_hat * (dxh * x_hat).mean(-1, keepdims=True)) / sigma**2
    return d_inputs, *_sums(d_outputs, x_hat)


@catalogue.wrong("layer_norm_backward", "constant-factor", result="d_inputs")
def n_from_batch_normalisation(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    n, dxh = len(inputs), gain * d_outputs
    sums = dxh.sum(axis=-1, keepdims=True), (dxh * x_hat).sum(axis=-1, keepdims=True)
    return (n * dxh - sums[0] - x_hat * sums[1]) / (n * sigma), *_sums(d_outputs, x_hat)


@catalogue.wrong("layer_norm_backward", "swapped-results")
def bias_before_gain(d_outputs, inputs, gain, eps=1e-5):
    x_hat, sigma = _normalised(inputs, eps)
    dxh = d_outputs * gain
    d_inputs = (dxh - dxh.mean(-1, keepdims=True) - x_hat * (dxh * x_hat).mean(-1, keepdims=True)) / sigma
    return d_inputs, *reversed(_sums(d_outputs, x_hat))


@catalogue.wrong("relu_backward", "mutates-input")
def zeroes_the_upstream(d_outputs, inputs):
    d_outputs[inputs <= 0] = 0
    return d_outputs


@catalogue.wrong("relu_backward", "wrong-operand")
def lets_only_positive_gradients_through(d_outputs, inputs):
    return np.where(d_outputs > 0, d_outputs, 0.0)


@catalogue.wrong("gelu_backward", "dropped-term")
def gate_held_fixed(d_outputs, inputs):
    u = math.sqrt(2 / math.pi) * (inputs + 0.044715 * inputs**3)
    return d_outputs * (0.5 + 0.5 * np.tanh(u))


@catalogue.wrong("gelu_backward", "constant-factor")
def cube_differentiated_without_its_three(d_outputs, inputs):
    c = (2 / math.pi) ** 0.5
    t = np.tanh(c * inputs * (1 + 0.044715 * inputs**2))
    slope = 0.5 * (1 + t) + 0.5 * inputs * (1 - t) * (1 + t) * c * (1 + 0.044715 * inputs**2)
    return d_outputs * slope


@catalogue.wrong("gelu_backward", "imprecise")
def numerically_is_near_enough(d_outputs, inputs):
    h = 1e-6
    return d_outputs * (gelu(np.asarray(inputs + h)) - gelu(inputs)) / h


@catalogue.wrong("tanh_backward", "wrong-operand")
def taken_for_the_inputs(d_outputs, outputs):
    return d_outputs / np.cosh(outputs) ** 2


@catalogue.wrong("tanh_backward", "sign-flipped")
def difference_of_squares_the_wrong_way(d_outputs, outputs):
    return (outputs - 1) * (outputs + 1) * d_outputs


@catalogue.wrong("sigmoid_backward", "wrong-operand")
def squashed_once_more(d_outputs, outputs):
    s = 1 / (1 + np.exp(-outputs))
    return s * (1 - s) * d_outputs


@catalogue.wrong("sigmoid_backward", "imprecise")
def in_single_precision(d_outputs, outputs):
    y = outputs.astype(np.float32)
    return (d_outputs.astype(np.float32) * (y - y * y)).astype(outputs.dtype)
