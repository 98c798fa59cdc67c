"""Right in unusual styles: the additive score, the loss, layer normalisation, the activations, attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..mutant import Catalogue
from .parts import Array, across, inverse, unit

catalogue = Catalogue()
Three = tuple[Array, Array, Array]
Four = tuple[Array, Array, Array, Array]


@catalogue.right("additive_scores_backward")
def pair_by_pair(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> list[Array]:
    d_q, d_k, d_w, d_u, d_v = (
        np.zeros_like(a) for a in (queries, keys, query_weight, key_weight, score_vector)
    )
    for *lead, i, j in np.ndindex(d_scores.shape):
        q, k, g = queries[(*lead, i)], keys[(*lead, j)], d_scores[(*lead, i, j)]
        t = np.tanh(q @ query_weight + k @ key_weight)
        d_v += g * t
        d_z = g * score_vector * (1 - t) * (1 + t)
        d_q[(*lead, i)] += query_weight @ d_z
        d_k[(*lead, j)] += key_weight @ d_z
        d_w += np.outer(q, d_z)
        d_u += np.outer(k, d_z)
    return [d_q, d_k, d_w, d_u, d_v]


@catalogue.right("additive_scores_backward")
def slope_by_the_hyperbolic_cosine(
    d_scores: Array, queries: Array, keys: Array, query_weight: Array, key_weight: Array, score_vector: Array
) -> tuple[Array, Array, Array, Array, Array]:
    leading = range(d_scores.ndim - 2)
    z = (queries @ query_weight)[..., :, None, :] + (keys @ key_weight)[..., None, :, :]
    d_z = np.einsum("...ts,h,...tsh->...tsh", d_scores, score_vector, np.cosh(z) ** -2.0)
    return (
        np.einsum("...tsh,dh->...td", d_z, query_weight),
        np.einsum("...tsh,fh->...sf", d_z, key_weight),
        np.einsum(d_z, [*leading, 20, 21, 22], queries, [*leading, 20, 23], [23, 22]),
        np.einsum(d_z, [*leading, 20, 21, 22], keys, [*leading, 21, 24], [24, 22]),
        np.einsum(d_scores, [*leading, 20, 21], np.tanh(z), [*leading, 20, 21, 22], [22]),
    )


@catalogue.right("cross_entropy_backward")
def jacobian_of_the_logarithm(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    """-Σ_v q_v (δ_vk - p_k), written out for each row that counts."""
    V = logits.shape[-1]
    d_logits = np.zeros_like(logits)
    rows = [n for n in np.ndindex(targets.shape) if ignore_index is None or targets[n] != ignore_index]
    for n in rows:
        log_p = logits[n] - np.logaddexp.reduce(logits[n])
        wanted = np.full(V, label_smoothing / V)
        wanted[targets[n]] += 1 - label_smoothing
        jacobian = np.eye(V) - np.exp(log_p)[None, :]
        d_logits[n] = -(wanted @ jacobian) / len(rows)
    return d_logits


@catalogue.right("cross_entropy_backward")
def weighted_mixture_of_two_losses(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    V = logits.shape[-1]
    weight = np.ones(targets.shape) if ignore_index is None else 1.0 * (targets != ignore_index)
    weight = weight / max(weight.sum(), 1)
    p = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    p /= p.sum(axis=-1, keepdims=True)
    hard = p - (np.arange(V) == np.expand_dims(targets, -1))
    even = p - 1 / max(V, 1)
    return ((1 - label_smoothing) * hard + label_smoothing * even) * weight[..., None]


@catalogue.right("cross_entropy")
def log_sum_exp_minus_the_wanted_logit(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> Array:
    losses = []
    for n in np.ndindex(targets.shape):
        if targets[n] != ignore_index:
            z = logits[n] - logits[n].max()
            wanted = (1 - label_smoothing) * z[targets[n]] + label_smoothing * z.mean()
            losses.append(np.log(np.exp(z).sum()) - wanted)
    return np.array(math.fsum(losses) / max(len(losses), 1))


@catalogue.right("layer_norm_backward")
def jacobian_matrix(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    """(I - 1/n - x̂ x̂ᵀ/n) / σ as a matrix for each position."""
    n = inputs.shape[-1]
    sigma = np.sqrt(inputs.var(axis=-1, keepdims=True) + eps)
    x_hat = (inputs - inputs.mean(axis=-1, keepdims=True)) / sigma
    matrix = np.eye(n) - 1 / n - x_hat[..., :, None] * x_hat[..., None, :] / n
    d_inputs = (matrix @ (gain * d_outputs)[..., None])[..., 0] / sigma
    leading = tuple(range(inputs.ndim - 1))
    return d_inputs, (d_outputs * x_hat).sum(axis=leading), d_outputs.sum(axis=leading)


@catalogue.right("layer_norm_backward")
def path_by_path(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> list[Array]:
    """Through the variance, through the mean, and directly, as the batch-normalisation paper has it."""
    n = inputs.shape[-1]
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True) + eps
    d_hat = d_outputs * gain
    d_variance = np.sum(d_hat * centred, axis=-1, keepdims=True) * -0.5 * variance**-1.5
    d_centred = d_hat * variance**-0.5 + 2 / n * centred * d_variance
    d_inputs = d_centred - d_centred.sum(axis=-1, keepdims=True) / n
    flat = d_outputs.reshape(-1, n)
    d_gain = np.einsum("nd,nd->d", flat, (centred * variance**-0.5).reshape(-1, n))
    return [d_inputs, d_gain, np.ones(len(flat)) @ flat]


@catalogue.right("layer_norm")
def position_by_position(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    outputs = np.empty_like(inputs)
    for n in np.ndindex(inputs.shape[:-1]):
        x = inputs[n] - np.average(inputs[n])
        outputs[n] = x * gain * (x.dot(x) / x.size + eps) ** -0.5 + bias
    return outputs


@catalogue.right("relu_backward")
def heaviside(d_outputs: Array, inputs: Array) -> Array:
    return np.heaviside(inputs, 0.0) * d_outputs


@catalogue.right("gelu_backward")
def through_a_sigmoid(d_outputs: Array, inputs: Array) -> Array:
    """1/2 (1 + tanh u) is sigmoid(2u), so gelu is x sigmoid(2u)."""
    x = np.clip(inputs, -10, 10)
    u = math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)
    s = 1 / (1 + np.exp(-2 * u))
    c = 1 / (1 + np.exp(2 * u))
    return d_outputs * (s + 2 * x * s * c * math.sqrt(2 / math.pi) * (1 + 0.134145 * x * x))


@catalogue.right("tanh_backward")
def difference_of_squares(d_outputs: Array, outputs: Array) -> Array:
    return (1 - outputs) * (1 + outputs) * d_outputs


@catalogue.right("sigmoid_backward")
def through_the_odds(d_outputs: Array, outputs: Array) -> Array:
    return np.multiply(d_outputs, outputs - np.square(outputs))


@catalogue.right("sigmoid")
def by_the_logarithm_of_its_inverse(inputs: Array) -> Array:
    return np.exp(-np.logaddexp(0, -inputs))


def _weights(
    queries: Array, keys: Array, score: str, scale: Any, mask: Array | None, bias: Array | None, causal: bool
) -> tuple[Array, Array, Array]:
    """Raw scores, weights and logarithms of the normalisers of one pair of matrices."""
    (L, d), S = queries.shape, len(keys)
    raw = unit(queries)[0] @ unit(keys)[0].T if score == "cosine" else queries @ keys.T
    factor = (max(d, 1) ** -0.5 if score == "scaled_dot" else 1.0) if scale is None else scale
    logits = raw * factor + (0 if bias is None else bias)
    for i in range(L):
        for j in range(S):
            if (causal and j > i + S - L) or (mask is not None and not mask[i, j]):
                logits[i, j] = -np.inf
    log_sums = np.logaddexp.reduce(logits, axis=-1, initial=-np.inf)
    return raw, np.exp(logits - np.where(log_sums == -np.inf, 0, log_sums)[:, None]), log_sums


def _of_each(array: Any, lead: tuple[int, ...], tail: tuple[int, ...]) -> Any:
    return None if array is None else np.broadcast_to(array, (*lead, *tail))


@catalogue.right("attention")
def head_by_head(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Any = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    return_log_normaliser: bool = False,
) -> Any:
    *heads, L, _ = queries.shape
    lead, S = tuple(heads), keys.shape[-2]
    scale, mask, bias = _of_each(scale, lead, ()), _of_each(mask, lead, (L, S)), _of_each(bias, lead, (L, S))
    result, log_normaliser = np.zeros((*lead, L, values.shape[-1])), np.zeros((*lead, L))
    for h in np.ndindex(lead):
        beta, may, added = (None if a is None else a[h] for a in (scale, mask, bias))
        _, p, log_normaliser[h] = _weights(queries[h], keys[h], score, beta, may, added, causal)
        result[h] = p @ values[h]
    return (result, log_normaliser) if return_log_normaliser else result


@catalogue.right("attention_backward")
def head_by_head_backwards(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Any = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    context: Array | None = None,
    log_normaliser: Array | None = None,
) -> Four:
    """What the forward pass kept is not used: all is computed again, a head at a time."""
    *heads, L, d = queries.shape
    lead, S, shape = tuple(heads), keys.shape[-2], np.shape(scale)
    of_heads = _of_each(scale, lead, ()), _of_each(mask, lead, (L, S)), _of_each(bias, lead, (L, S))
    d_q, d_k, d_v = np.zeros_like(queries), np.zeros_like(keys), np.zeros_like(values)
    d_scale = np.zeros((1,) * (len(lead) - len(shape)) + shape)
    for h in np.ndindex(lead):
        beta, may, added = (None if a is None else a[h] for a in of_heads)
        raw, p, _ = _weights(queries[h], keys[h], score, beta, may, added, causal)
        d_v[h] = p.T @ d_context[h]
        d_logits = np.zeros((L, S))
        for i in range(L):
            d_logits[i] = (np.diag(p[i]) - np.outer(p[i], p[i])) @ (values[h] @ d_context[h][i])
        d_scale[tuple(at if size > 1 else 0 for at, size in zip(h, d_scale.shape, strict=True))] += np.vdot(
            d_logits, raw
        )
        d_raw = d_logits * ((max(d, 1) ** -0.5 if score == "scaled_dot" else 1.0) if beta is None else beta)
        if score == "cosine":
            (q_hat, q_norm), (k_hat, k_norm) = unit(queries[h]), unit(keys[h])
            d_q[h] = across(d_raw @ k_hat, q_hat) * inverse(q_norm)
            d_k[h] = across(d_raw.T @ q_hat, k_hat) * inverse(k_norm)
        else:
            d_q[h], d_k[h] = d_raw @ keys[h], d_raw.T @ queries[h]
    return d_q, d_k, d_v, d_scale.reshape(shape)
