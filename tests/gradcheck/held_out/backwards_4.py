"""Wrong gradients of the cross-entropy, the linear map and the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]
Three = tuple[Array, Array, Array]

catalogue = Catalogue()


def probabilities(logits: Array, axis: int = -1) -> Array:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def counts(targets: Array, ignore_index: int | None) -> Array:
    return np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index


def wanted(logits: Array, targets: Array, epsilon: float) -> Array:
    """The smoothed target distribution; a target out of range has no class."""
    size = logits.shape[-1]
    return (1 - epsilon) * (targets[..., None] == np.arange(size)) + epsilon / size


# Cross-entropy


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_of_the_sum(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)[..., None]
    return (probabilities(logits) - wanted(logits, targets, label_smoothing)) * keep


@catalogue.wrong("cross_entropy_backward", "constant-factor", "mask-ignored")
def cross_entropy_padding_in_the_mean(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    d = probabilities(logits) - wanted(logits, targets, label_smoothing)
    d[~counts(targets, ignore_index)] = 0
    return d / max(targets.size, 1)


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def cross_entropy_padding_still_pulled(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    n = max(int(counts(targets, ignore_index).sum()), 1)
    return (probabilities(logits) - wanted(logits, targets, label_smoothing)) / n


@catalogue.wrong("cross_entropy_backward", "dropped-term")
def cross_entropy_without_smoothing(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = np.zeros_like(logits)
    for where in np.argwhere(keep):
        at = tuple(where)
        d[at] = probabilities(logits[at])
        d[(*at, targets[at])] -= 1.0
    return d / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_smoothing_over_the_others(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    one_hot = targets[..., None] == np.arange(logits.shape[-1])
    q = np.where(one_hot, 1 - label_smoothing, label_smoothing / max(logits.shape[-1] - 1, 1))
    return np.where(keep[..., None], probabilities(logits) - q, 0.0) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor")
def cross_entropy_whole_one_hot(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    flat, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    keep = np.flatnonzero(counts(ids, ignore_index))
    d = np.zeros_like(flat)
    d[keep] = probabilities(flat[keep])
    d[keep, ids[keep]] -= 1
    d[keep] -= label_smoothing / flat.shape[1]
    return (d / max(len(keep), 1)).reshape(logits.shape)


@catalogue.wrong("cross_entropy_backward", "sign-flipped")
def cross_entropy_target_minus_prediction(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    error = wanted(logits, targets, label_smoothing) - probabilities(logits)
    return error * keep[..., None] / max(np.count_nonzero(keep), 1)


@catalogue.wrong("cross_entropy_backward", "wrong-axis")
def cross_entropy_softmax_down_the_batch(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = probabilities(logits, axis=0) - wanted(logits, targets, label_smoothing)
    return d * keep[..., None] / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "dropped-term", "diagonal-only")
def cross_entropy_only_the_target_class(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep, p = counts(targets, ignore_index), probabilities(logits)
    q = wanted(logits, targets, label_smoothing)
    one_hot = targets[..., None] == np.arange(logits.shape[-1])
    return np.where(one_hot & keep[..., None], p - q, 0) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "constant-factor", "wrong-for-some-shapes")
def cross_entropy_mean_over_the_first_axis(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    d = (probabilities(logits) - wanted(logits, targets, label_smoothing)) * keep[..., None]
    return d / (logits.shape[0] if ignore_index is None else max(keep.sum(), 1))


@catalogue.wrong("cross_entropy_backward", "mask-ignored")
def cross_entropy_smooths_the_padding(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    size = logits.shape[-1]
    hard = keep[..., None] * (probabilities(logits) - wanted(logits, targets, 0.0))
    # (1 - e) (p - one_hot) + e (p - 1/V)
    soft = probabilities(logits) - 1 / size
    return ((1 - label_smoothing) * hard + label_smoothing * soft) / max(keep.sum(), 1)


@catalogue.wrong("cross_entropy_backward", "misplaced", "wrong-operand", "wrong-for-some-shapes")
def cross_entropy_targets_column_by_column(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    rows = logits.reshape(-1, logits.shape[-1])
    ids = targets.T.reshape(-1)
    keep = counts(ids, ignore_index)
    d = (probabilities(rows) - wanted(rows, ids, label_smoothing)) * keep[:, None]
    return (d / max(keep.sum(), 1)).reshape(logits.shape)


@catalogue.wrong("cross_entropy_backward", "imprecise")
def cross_entropy_by_differences(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    q = wanted(logits, targets, label_smoothing)

    def loss(z: Array) -> float:
        log_p = z - z.max(-1, keepdims=True)
        log_p = log_p - np.log(np.exp(log_p).sum(-1, keepdims=True))
        return float(-(q * log_p).sum(-1)[keep].sum() / max(keep.sum(), 1))

    d, base, h = np.zeros_like(logits), loss(logits), 1e-6
    for at in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[at] += h
        d[at] = (loss(moved) - base) / h
    return d


@catalogue.wrong("cross_entropy_backward", "mutates-input")
def cross_entropy_shifts_in_place(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    keep = counts(targets, ignore_index)
    logits -= logits.max(axis=-1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=-1, keepdims=True)
    return (p - wanted(logits, targets, label_smoothing)) * keep[..., None] / max(keep.sum(), 1)


# Linear


@catalogue.wrong("linear_backward", "transposed", result="d_weight")
def linear_weight_out_by_in(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g, x = d_outputs.reshape(-1, weight.shape[1]), inputs.reshape(-1, weight.shape[0])
    return d_outputs @ weight.T, g.T @ x, g.sum(0)


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_bias")
def linear_bias_over_the_batch_only(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = inputs.reshape(-1, weight.shape[0]).T @ d_outputs.reshape(-1, weight.shape[1])
    d_bias = d_outputs.sum(axis=0) if d_outputs.ndim > 1 else d_outputs.copy()
    return d_outputs @ weight.T, d_weight, d_bias


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_weight")
def linear_weight_of_each_sequence(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = np.atleast_2d(inputs), np.atleast_2d(d_outputs)
    return d_outputs @ weight.T, x.swapaxes(-1, -2) @ g, g.reshape(-1, g.shape[-1]).sum(0)


@catalogue.wrong("linear_backward", "constant-factor", result="d_weight")
def linear_mean_gradient(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    n_in, n_out = weight.shape
    x, g = inputs.reshape(-1, n_in), d_outputs.reshape(-1, n_out)
    return (g @ weight.T).reshape(inputs.shape), x.T @ g / x.shape[0], np.ones(x.shape[0]) @ g


@catalogue.wrong("linear_backward", "overwritten", result="d_weight")
def linear_example_by_example(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_inputs, d_weight, d_bias = np.empty_like(inputs), np.zeros_like(weight), np.zeros(weight.shape[1])
    for n in np.ndindex(inputs.shape[:-1]):
        d_inputs[n] = weight @ d_outputs[n]
        d_weight = inputs[n][:, np.newaxis] * d_outputs[n]
        d_bias = d_bias + d_outputs[n]
    return d_inputs, d_weight, d_bias


@catalogue.wrong("linear_backward", "misplaced", result="d_inputs")
def linear_weight_reshaped(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    n_in, n_out = weight.shape
    x, g = inputs.reshape(-1, n_in), d_outputs.reshape(-1, n_out)
    return d_outputs @ weight.reshape(n_out, n_in), x.T @ g, g.sum(0)


@catalogue.wrong("linear_backward", "upstream-ignored", result="d_inputs")
def linear_inputs_get_the_row_sums(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    axes = list(range(inputs.ndim - 1))
    d_inputs = np.zeros_like(inputs) + weight.sum(axis=1)
    return d_inputs, np.tensordot(inputs, d_outputs, (axes, axes)), d_outputs.sum(tuple(axes))


_grads: dict[tuple[int, ...], Array] = {}


@catalogue.wrong("linear_backward", "not-repeatable", result="d_weight")
def linear_accumulates_between_calls(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1])
    _grads[weight.shape] = _grads.get(weight.shape, np.zeros_like(weight)) + x.T @ g
    return d_outputs @ weight.T, _grads[weight.shape], g.sum(0)


@catalogue.wrong("linear_backward", "wrong-axis", result="d_bias")
def linear_bias_over_the_features(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = np.einsum("ni,no->io", inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1]))
    return np.einsum("...o,io->...i", d_outputs, weight), d_weight, d_outputs.sum(axis=-1)


@catalogue.wrong("linear_backward", "misplaced", "wrong-for-some-shapes", result="d_weight")
def linear_time_major_by_half(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g = d_outputs.swapaxes(0, -2) if d_outputs.ndim > 2 else d_outputs
    g = g.reshape(-1, weight.shape[1])
    return d_outputs @ weight.T, inputs.reshape(-1, weight.shape[0]).T @ g, g.sum(0)


@catalogue.wrong("linear_backward", "swapped-results")
def linear_bias_before_weight(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g = d_outputs.reshape(-1, weight.shape[1])
    return d_outputs @ weight.T, g.sum(0), inputs.reshape(-1, weight.shape[0]).T @ g


# Embedding


@catalogue.wrong("embedding_backward", "overwritten")
def embedding_assigned(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for where, word in np.ndenumerate(ids):
        d_table[word] = d_outputs[where]
    return d_table


@catalogue.wrong("embedding_backward", "overwritten")
def embedding_buffered_add(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), dtype=d_outputs.dtype)
    d_table[ids.ravel()] += d_outputs.reshape(-1, d_outputs.shape[-1])
    return d_table


@catalogue.wrong("embedding_backward", "missing-factor")
def embedding_mean_of_repeats(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    one_hot = (ids.reshape(-1, 1) == np.arange(vocabulary_size)).astype(d_outputs.dtype)
    total = one_hot.T @ d_outputs.reshape(-1, d_outputs.shape[-1])
    return total / np.maximum(one_hot.sum(axis=0), 1)[:, None]


@catalogue.wrong("embedding_backward", "overwritten", "wrong-for-some-shapes")
def embedding_sentence_by_sentence(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for sentence, gradient in zip(np.atleast_1d(ids), np.atleast_2d(d_outputs), strict=True):
        d_table[sentence] += gradient
    return d_table


@catalogue.wrong("embedding_backward", "counted-twice")
def embedding_set_and_added(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    seen: set[int] = set()
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    for where in np.ndindex(ids.shape):
        word = int(ids[where])
        if word in seen:
            d_table[word] += d_outputs[where]
        seen.add(word)
        d_table[word] += d_outputs[where]
    return d_table


@catalogue.wrong("embedding_backward", "wrong-shape")
def embedding_as_many_rows_as_seen(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((int(ids.max(initial=-1)) + 1, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs)
    return d_table


@catalogue.wrong("embedding_backward", "constant-factor")
def embedding_per_position(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids, d_outputs / ids.size)
    return d_table


@catalogue.wrong("embedding_backward", "dropped-term")
def embedding_zero_is_padding(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    real = ids != 0
    np.add.at(d_table, ids[real], d_outputs[real])
    return d_table


@catalogue.wrong("embedding_backward", "misplaced")
def embedding_counts_from_one(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    rows = [np.zeros(d_outputs.shape[-1]) for _ in range(vocabulary_size)]
    for word, gradient in zip(ids.ravel(), d_outputs.reshape(ids.size, -1), strict=True):
        rows[word - 1] = rows[word - 1] + gradient
    return np.array(rows)


@catalogue.wrong("embedding_backward", "misplaced", "wrong-for-some-shapes")
def embedding_flattened_two_ways(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]))
    np.add.at(d_table, ids.flatten(order="F"), d_outputs.reshape(-1, d_outputs.shape[-1]))
    return d_table


@catalogue.wrong("embedding_backward", "wrong-dtype")
def embedding_table_of_singles(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = np.zeros((vocabulary_size, d_outputs.shape[-1]), np.float32)
    np.add.at(d_table, ids, d_outputs)
    return d_table


@catalogue.wrong("embedding_backward", "transposed")
def embedding_one_hot_product(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    one_hot = np.eye(vocabulary_size)[ids.reshape(-1)]
    return d_outputs.reshape(-1, d_outputs.shape[-1]).T @ one_hot
