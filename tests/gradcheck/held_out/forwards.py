"""Wrong forward functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_np import context as weighted_sum
from attention_np import cosine_scores, dot_scores, softmax

from ..mutant import Catalogue

Array = NDArray[Any]
Option = Array | None
Scale = float | Array | None

catalogue = Catalogue()


def length(x: Array, axis: int = -1) -> Array:
    n = np.sqrt((x * x).sum(axis, keepdims=True))
    return np.where(n == 0, 1, n)


# Scores


@catalogue.wrong("cosine_scores", "zero-vector", "not-finite")
def cosine_plain_division(queries: Array, keys: Array) -> Array:
    nq, nk = np.linalg.norm(queries, axis=-1), np.linalg.norm(keys, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return queries @ keys.swapaxes(-1, -2) / (nq[..., :, None] * nk[..., None, :])


@catalogue.wrong("cosine_scores", "imprecise", "unstable")
def cosine_with_epsilon(queries: Array, keys: Array) -> Array:
    norms = np.linalg.norm(queries, axis=-1)[..., :, None] * np.linalg.norm(keys, axis=-1)[..., None, :]
    return np.einsum("...ld,...sd->...ls", queries, keys) / (norms + 1e-8)


@catalogue.wrong("cosine_scores", "unstable")
def cosine_of_squares(queries: Array, keys: Array) -> Array:
    with np.errstate(all="ignore"):
        return (queries / length(queries)) @ (keys / length(keys)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "wrong-axis")
def cosine_normalised_down_the_columns(queries: Array, keys: Array) -> Array:
    return (queries / length(queries, -2)) @ (keys / length(keys, -2)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "missing-factor")
def cosine_keys_not_normalised(queries: Array, keys: Array) -> Array:
    unit = queries / length(queries)
    return np.matmul(unit, np.swapaxes(keys, -2, -1))


@catalogue.wrong("cosine_scores", "missing-factor")
def cosine_root_of_one_norm_only(queries: Array, keys: Array) -> Array:
    scores = np.zeros(queries.shape[:-1] + (keys.shape[-2],))
    for *b, j, i in np.ndindex(scores.shape):
        w, v = queries[(*b, j)], keys[(*b, i)]
        bottom = math.sqrt(w @ w) * (v @ v)
        scores[(*b, j, i)] = w @ v / bottom if bottom else 0.0
    return scores


@catalogue.wrong("cosine_scores", "transposed")
def cosine_inputs_first(queries: Array, keys: Array) -> Array:
    return (keys / length(keys)) @ (queries / length(queries)).swapaxes(-1, -2)


@catalogue.wrong("cosine_scores", "wrong-values", "missing-factor")
def cosine_sum_of_magnitudes(queries: Array, keys: Array) -> Array:
    size_q, size_k = np.abs(queries).sum(-1, keepdims=True), np.abs(keys).sum(-1, keepdims=True)
    size_q[size_q == 0], size_k[size_k == 0] = 1, 1
    return (queries / size_q) @ (keys / size_k).swapaxes(-1, -2)


@catalogue.wrong("dot_scores", "wrong-for-some-shapes", "wrong-operand")
def dot_first_keys(queries: Array, keys: Array) -> Array:
    stack = keys.reshape(-1, *keys.shape[-2:])
    return queries @ stack[0].T


@catalogue.wrong("dot_scores", "transposed")
def dot_sources_first(queries: Array, keys: Array) -> Array:
    return np.einsum("...td,...sd->...st", queries, keys)


@catalogue.wrong("dot_scores", "constant-factor")
def dot_mean_of_products(queries: Array, keys: Array) -> Array:
    return (queries[..., :, None, :] * keys[..., None, :, :]).mean(axis=-1)


@catalogue.wrong("scaled_dot_scores", "constant-factor")
def scaled_times_the_root(queries: Array, keys: Array) -> Array:
    return queries @ keys.swapaxes(-1, -2) * queries.shape[-1] ** 0.5


@catalogue.wrong("scaled_dot_scores", "constant-factor", "wrong-for-some-shapes")
def scaled_root_of_axis_one(queries: Array, keys: Array) -> Array:
    return np.einsum("...ld,...sd->...ls", queries, keys) / math.sqrt(queries.shape[1])


@catalogue.wrong("scaled_dot_scores", "imprecise")
def scaled_product_in_single(queries: Array, keys: Array) -> Array:
    product = queries.astype(np.float32) @ keys.astype(np.float32).swapaxes(-1, -2)
    return product.astype(queries.dtype) / math.sqrt(queries.shape[-1])


@catalogue.wrong("scaled_dot_scores", "mutates-input")
def scaled_queries_in_place(queries: Array, keys: Array) -> Array:
    queries /= math.sqrt(queries.shape[-1])
    return queries @ keys.swapaxes(-1, -2)


@catalogue.wrong("additive_scores", "dropped-term", "wrong-values")
def additive_without_the_bend(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return (queries @ query_weight @ score_vector)[..., None] + (keys @ key_weight @ score_vector)[..., None, :]


@catalogue.wrong("additive_scores", "wrong-values")
def additive_bent_apart(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    q, k = np.tanh(queries @ query_weight), np.tanh(keys @ key_weight)
    return np.einsum("...lsh,h->...ls", q[..., :, None, :] + k[..., None, :, :], score_vector)


@catalogue.wrong("additive_scores", "transposed")
def additive_sources_first(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    return np.tanh((queries @ query_weight)[..., None, :, :] + (keys @ key_weight)[..., None, :]) @ score_vector


@catalogue.wrong("additive_scores", "constant-factor")
def additive_mean_over_hidden(
    queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> Array:
    z = (queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]
    return np.mean(score_vector * np.tanh(z), axis=-1)


# Softmax


def masked(scores: Array, mask: Option) -> Array:
    return scores if mask is None else np.where(mask, scores, -np.inf)


@catalogue.wrong("softmax", "unstable")
def softmax_bare(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(masked(scores, mask))
        total = e.sum(axis=axis, keepdims=True)
        return e / np.where(total == 0, 1, total)


@catalogue.wrong("softmax", "unstable")
def softmax_one_maximum_for_all(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    top = np.max(allowed, initial=-np.inf)
    e = np.exp(allowed - (top if np.isfinite(top) else 0))
    total = e.sum(axis=axis, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


@catalogue.wrong("softmax", "wrong-axis")
def softmax_last_axis_only(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores, -1, mask)


@catalogue.wrong("softmax", "wrong-values", "mask-ignored")
def softmax_true_means_hidden(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores, axis, None if mask is None else ~mask)


@catalogue.wrong("softmax", "mask-ignored")
def softmax_minus_ten_thousand(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -10000.0)
    return softmax(scores, axis)


@catalogue.wrong("softmax", "mask-ignored", "wrong-values")
def softmax_masked_afterwards(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    weights = softmax(scores, axis)
    return weights if mask is None else weights * mask


@catalogue.wrong("softmax", "mask-ignored")
def softmax_scores_times_mask(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    return softmax(scores if mask is None else scores * mask, axis)


@catalogue.wrong("softmax", "mutates-input")
def softmax_shifts_in_place(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    weights = softmax(scores, axis, mask)
    scores -= np.max(scores, axis=axis, keepdims=True)
    return weights


@catalogue.wrong("softmax", "not-finite")
def softmax_nothing_allowed(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    with np.errstate(invalid="ignore"):
        e = np.exp(allowed - allowed.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)


@catalogue.wrong("softmax", "imprecise")
def softmax_epsilon_below(scores: Array, axis: int = -1, mask: Option = None) -> Array:
    allowed = masked(scores, mask)
    top = allowed.max(axis, keepdims=True)
    e = np.exp(allowed - np.where(np.isinf(top), 0, top))
    return e / (e.sum(axis, keepdims=True) + 1e-7)


# Context and attention


@catalogue.wrong("context", "overwritten")
def context_last_source(weights: Array, values: Array) -> Array:
    result = np.zeros(weights.shape[:-1] + values.shape[-1:])
    for i in range(values.shape[-2]):
        result = weights[..., :, i, None] * values[..., None, i, :]
    return result


@catalogue.wrong("context", "constant-factor")
def context_divided_once_more(weights: Array, values: Array) -> Array:
    return np.mean(weights[..., None] * values[..., None, :, :], axis=-2)


def steps(queries: Array, keys: Array, score: str, scale: Scale) -> tuple[Array, Array]:
    scores = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    if scale is None:
        scale = queries.shape[-1] ** -0.5 if score == "scaled_dot" else 1.0
    return scores, np.asarray(scale)[..., None, None]


def finish(logits: Array, values: Array, mask: Option, causal: bool, log_too: bool) -> Any:
    if causal:
        targets, sources = logits.shape[-2:]
        ahead = np.tri(targets, sources, sources - targets, dtype=bool)
        mask = ahead if mask is None else mask & ahead
    result = weighted_sum(softmax(logits, mask=mask), values)
    if not log_too:
        return result
    with np.errstate(divide="ignore"):
        return result, np.log(np.exp(logits if mask is None else np.where(mask, logits, -np.inf)).sum(-1))


@catalogue.wrong("attention", "mask-ignored", "wrong-for-some-shapes")
def attention_looks_from_the_beginning(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    if causal:
        lower = np.tril(np.full(logits.shape[-2:], True))
        mask = lower if mask is None else mask & lower
    return finish(logits, values, mask, False, return_log_normaliser)


@catalogue.wrong("attention", "wrong-values")
def attention_sharpens_the_weights(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    done = finish(scores if bias is None else scores + bias, values, mask, causal, return_log_normaliser)
    return (done[0] * beta, done[1]) if return_log_normaliser else done * beta


@catalogue.wrong("attention", "constant-factor", "missing-factor", "wrong-values")
def attention_scales_the_bias_too(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    return finish((scores + (0.0 if bias is None else bias)) * beta, values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "constant-factor", "wrong-values")
def attention_scale_beside_the_root(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    if score == "scaled_dot" and scale is not None:
        beta = beta / np.sqrt(keys.shape[-1])
    return finish(scores * beta + (0.0 if bias is None else bias), values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "mask-ignored")
def attention_causal_or_mask(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    return finish(logits, values, None if causal else mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "dropped-term")
def attention_without_bias(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    return finish(np.multiply(beta, scores), values, mask, causal, return_log_normaliser)


@catalogue.wrong("attention", "wrong-axis")
def attention_normalised_over_targets(
    queries: Array, keys: Array, values: Array, *, score: str = "cosine", scale: Scale = None, mask: Option = None,
    bias: Option = None, causal: bool = False, return_log_normaliser: bool = False,
) -> Any:
    scores, beta = steps(queries, keys, score, scale)
    logits = scores * beta + (0.0 if bias is None else bias)
    allowed = np.broadcast_to(True if mask is None else mask, logits.shape)
    if causal:
        allowed = allowed & np.tri(*logits.shape[-2:], logits.shape[-1] - logits.shape[-2], dtype=bool)
    result = softmax(logits, axis=-2, mask=allowed) @ values
    return (result, finish(logits, values, allowed, False, True)[1]) if return_log_normaliser else result


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
