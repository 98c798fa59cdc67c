"""Right implementations in unusual styles, which nobody may accuse."""

from __future__ import annotations

import math

import numpy as np

from ..mutant import Catalogue

catalogue = Catalogue()


@catalogue.right("cosine_scores")
def angle_by_angle(queries, keys):
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for *lead, j, i in np.ndindex(*scores.shape):
        w, v = queries[(*lead, j)].tolist(), keys[(*lead, i)].tolist()
        a, b = math.hypot(*w), math.hypot(*v)
        if a and b:
            scores[(*lead, j, i)] = math.fsum((x / a) * (y / b) for x, y in zip(w, v, strict=True))
    return scores


def _unit(x):
    scale = np.abs(x).max(axis=-1, keepdims=True, initial=0)
    scale = np.where(scale == 0, 1, scale)
    length = np.linalg.norm(x / scale, axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        return x / scale / np.where(length == 0, 1, length), np.where(length == 0, 0, 1 / length / scale)


@catalogue.right("cosine_scores_backward")
def explicit_projector(d_scores, queries, keys):
    (q, a), (k, b) = _unit(queries), _unit(keys)
    across_q = np.eye(q.shape[-1]) - q[..., :, None] * q[..., None, :]
    across_k = np.eye(k.shape[-1]) - k[..., :, None] * k[..., None, :]
    d_q = np.einsum("...ls,...sd,...lde,...lz->...le", d_scores, k, across_q, a)
    d_k = np.einsum("...ls,...ld,...sde,...sz->...se", d_scores, q, across_k, b)
    return [d_q, d_k]


@catalogue.right("cosine_scores_backward")
def pair_by_pair(d_scores, queries, keys):
    (q, a), (k, b) = _unit(queries), _unit(keys)
    d_queries, d_keys = np.zeros_like(queries), np.zeros_like(keys)
    for j in range(queries.shape[-2]):
        for i in range(keys.shape[-2]):
            qj, ki, g = q[..., j, :], k[..., i, :], d_scores[..., j, i, None]
            cosine = np.sum(qj * ki, axis=-1)[..., None]
            d_queries[..., j, :] += g * a[..., j, :] * (ki - cosine * qj)
            d_keys[..., i, :] += g * b[..., i, :] * (qj - cosine * ki)
    return d_queries, d_keys


@catalogue.right("cosine_scores_backward")
def weighted_scores_first(d_scores, queries, keys):
    (q, a), (k, b) = _unit(queries), _unit(keys)
    pulled = d_scores * np.einsum("...ld,...sd->...ls", q, k)
    d_q = np.matmul(d_scores, k) * a - q * (pulled.sum(-1)[..., None] * a)
    d_k = np.matmul(q.swapaxes(-1, -2), d_scores).swapaxes(-1, -2) * b - k * (pulled.sum(-2)[..., None] * b)
    return d_q, d_k


@catalogue.right("dot_scores_backward")
def results_in_another_memory_order(d_scores, queries, keys):
    d_queries = (keys.swapaxes(-1, -2) @ d_scores.swapaxes(-1, -2)).swapaxes(-1, -2)
    return d_queries, (queries.swapaxes(-1, -2) @ d_scores).swapaxes(-1, -2)


@catalogue.right("dot_scores")
def broadcast_and_sum(queries, keys):
    return sum(queries[..., :, None, c] * keys[..., None, :, c] for c in range(queries.shape[-1]))


@catalogue.right("scaled_dot_scores_backward")
def fourth_root_on_either_side(d_scores, queries, keys):
    root = math.sqrt(math.sqrt(queries.shape[-1]))
    d_queries = np.einsum("...ls,...sd->...ld", d_scores, keys / root)
    return [d_queries / root, np.einsum("...ls,...ld->...sd", d_scores, queries / root) / root]


@catalogue.right("additive_scores")
def source_after_source(queries, keys, query_weight, key_weight, score_vector):
    q = queries @ query_weight
    columns = [np.tanh(q + (keys[..., i, :] @ key_weight)[..., None, :]) @ score_vector for i in range(keys.shape[-2])]
    return np.stack(columns, axis=-1)


@catalogue.right("additive_scores_backward")
def hyperbolic_cosine_and_einsum(d_scores, queries, keys, query_weight, key_weight, score_vector):
    z = np.einsum("...ld,dh->...lh", queries, query_weight)[..., :, None, :]
    z = z + np.einsum("...sf,fh->...sh", keys, key_weight)[..., None, :, :]
    dz = np.einsum("...ls,h,...lsh->...lsh", d_scores, score_vector, np.cosh(z) ** -2)
    tiles, q, k = (a.reshape(-1, *a.shape[a.ndim - n :]) for a, n in ((dz, 3), (queries, 2), (keys, 2)))
    inputs = np.einsum("...lsh,dh->...ld", dz, query_weight), np.einsum("...lsh,fh->...sf", dz, key_weight)
    weights = np.einsum("nlsh,nld->dh", tiles, q), np.einsum("nlsh,nsf->fh", tiles, k)
    return [*inputs, *weights, np.tensordot(d_scores, np.tanh(z), axes=d_scores.ndim)]


@catalogue.right("additive_scores_backward")
def unit_of_the_hidden_layer_at_a_time(d_scores, queries, keys, query_weight, key_weight, score_vector):
    grads = [np.zeros_like(a) for a in (queries, keys, query_weight, key_weight, score_vector)]
    for h in range(len(score_vector)):
        t = np.tanh((queries @ query_weight[:, h])[..., :, None] + (keys @ key_weight[:, h])[..., None, :])
        dz = d_scores * score_vector[h] * (1 + t) * (1 - t)
        to_queries, to_keys = dz.sum(-1)[..., None], dz.sum(-2)[..., None]
        grads[0] += to_queries * query_weight[:, h]
        grads[1] += to_keys * key_weight[:, h]
        grads[2][:, h] = (to_queries * queries).reshape(-1, queries.shape[-1]).sum(0)
        grads[3][:, h] = (to_keys * keys).reshape(-1, keys.shape[-1]).sum(0)
        grads[4][h] = np.vdot(d_scores, t)
    return tuple(grads)


@catalogue.right("softmax")
def through_the_logarithm(scores, axis=-1, mask=None):
    s = scores if mask is None else np.where(mask, scores, -np.inf)
    log_z = np.logaddexp.reduce(s, axis, keepdims=True)
    return np.exp(s - np.where(log_z == -np.inf, 0, log_z))


@catalogue.right("softmax")
def row_by_row_in_python(scores, axis=-1, mask=None):
    s = np.moveaxis(np.where(True if mask is None else mask, scores, -np.inf), axis, -1)
    result = np.zeros(s.shape)
    for index in np.ndindex(*s.shape[:-1]):
        row = s[index].tolist()
        if max(row) > -math.inf:
            e = [math.exp(x - max(row)) for x in row]
            result[index] = [x / math.fsum(e) for x in e]
    return np.moveaxis(result, -1, axis)


@catalogue.right("softmax_backward")
def whole_jacobian(d_weights, weights, axis=-1):
    p, d = np.moveaxis(weights, axis, -1), np.moveaxis(d_weights, axis, -1)
    jacobian = p[..., :, None] * np.eye(p.shape[-1]) - p[..., :, None] * p[..., None, :]
    return np.moveaxis((jacobian @ d[..., None])[..., 0], -1, axis)


@catalogue.right("softmax_backward")
def pairwise_differences(d_weights, weights, axis=-1):
    p, d = np.swapaxes(weights, axis, -1), np.swapaxes(d_weights, axis, -1)
    rest = 1 - p.sum(axis=-1, keepdims=True)
    differences = d[..., :, None] - d[..., None, :]
    return np.swapaxes(p * (np.einsum("...k,...ik->...i", p, differences) + d * rest), axis, -1)


@catalogue.right("softmax_backward")
def centred_first(d_weights, weights, axis=-1):
    product = (d_weights - d_weights.mean(axis=axis, keepdims=True)) * weights
    return product - weights * np.add.reduce(product, axis=axis, keepdims=True)


@catalogue.right("context_backward")
def outer_products_summed(d_context, weights, values):
    d_weights, d_values = np.empty(weights.shape), np.zeros(values.shape)
    for j in range(weights.shape[-2]):
        d_values += weights[..., j, :, None] * d_context[..., j, None, :]
        for i in range(weights.shape[-1]):
            d_weights[..., j, i] = np.einsum("...e,...e->...", d_context[..., j, :], values[..., i, :])
    return d_weights, d_values


@catalogue.right("attention_backward")
def row_by_row_with_its_jacobian(
    d_context, queries, keys, values, *, score="cosine", scale=None, mask=None, bias=None, causal=False,
    context=None, log_normaliser=None,
):
    *lead, targets, width = queries.shape
    sources = keys.shape[-2]
    if scale is None:
        scale = 1 / math.sqrt(width) if score == "scaled_dot" else 1.0
    beta, d_beta = np.broadcast_to(scale, lead), np.zeros(lead)
    shift = np.broadcast_to(0.0 if bias is None else bias, (*lead, targets, sources))
    seen = np.broadcast_to(True if mask is None else mask, (*lead, targets, sources))
    (q, a), (k, b) = (_unit(queries), _unit(keys)) if score == "cosine" else ((queries, 1), (keys, 1))
    d_q, d_k, d_values = np.zeros(q.shape), np.zeros(k.shape), np.zeros(values.shape)
    for *n, j in np.ndindex(*lead, targets):
        n = tuple(n)
        row = [i for i in range(sources) if seen[n][j, i] and (not causal or j + sources - targets >= i)]
        s = k[n][row] @ q[n][j]
        logits = beta[n] * s + shift[n][j, row]
        if np.all(logits == -np.inf):
            continue
        p = np.exp(logits - np.logaddexp.reduce(logits))
        g = (np.diag(p) - np.outer(p, p)) @ (values[n][row] @ d_context[n][j])
        d_values[n][row] += np.outer(p, d_context[n][j])
        d_beta[n] += g @ s
        d_q[n][j] = beta[n] * g @ k[n][row]
        d_k[n][row] += beta[n] * np.outer(g, q[n][j])
    if score == "cosine":
        d_q, d_k = a * (d_q - q * (q * d_q).sum(-1)[..., None]), b * (d_k - k * (k * d_k).sum(-1)[..., None])
    shape = np.shape(scale)
    padded = (1,) * (d_beta.ndim - len(shape)) + shape
    axes = tuple(i for i, size in enumerate(padded) if size == 1)
    return [d_q, d_k, d_values, d_beta.sum(axis=axes, keepdims=True).reshape(shape)]


@catalogue.right("linear_backward")
def one_extended_matrix(d_outputs, inputs, weight):
    x = np.concatenate([inputs, np.ones((*inputs.shape[:-1], 1))], axis=-1).reshape(-1, len(weight) + 1)
    d_extended = np.einsum("ni,no->oi", x, d_outputs.reshape(-1, weight.shape[1])).T
    return np.inner(d_outputs, weight), d_extended[:-1], d_extended[-1]


@catalogue.right("embedding_backward")
def one_hot_product(d_outputs, ids, vocabulary_size):
    one_hot = (ids.reshape(-1) == np.arange(vocabulary_size)[:, None]).astype(d_outputs.dtype)
    return np.asfortranarray(one_hot @ d_outputs.reshape(ids.size, d_outputs.shape[-1]))


@catalogue.right("embedding_backward")
def dictionary_of_sums(d_outputs, ids, vocabulary_size):
    sums: dict[int, list[float]] = {}
    for where, token in np.ndenumerate(ids):
        before = sums.get(int(token), [0.0] * d_outputs.shape[-1])
        sums[int(token)] = [x + y for x, y in zip(before, d_outputs[where].tolist(), strict=True)]
    return np.array([sums.get(v, [0.0] * d_outputs.shape[-1]) for v in range(vocabulary_size)])


@catalogue.right("cross_entropy_backward")
def through_the_jacobian_of_log_softmax(logits, targets, ignore_index=None, label_smoothing=0.0):
    classes = logits.shape[-1]
    log_p = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    kept = np.broadcast_to(True if ignore_index is None else targets != ignore_index, targets.shape)
    q = np.where(targets[..., None] == np.arange(classes), 1 - label_smoothing, 0) + label_smoothing / classes
    d_log_p = -q * kept[..., None] / max(np.sum(kept), 1)
    jacobian = np.eye(classes) - np.exp(log_p)[..., None, :]
    return np.einsum("...v,...vk->...k", d_log_p, jacobian)


@catalogue.right("cross_entropy_backward")
def in_plain_python_floats(logits, targets, ignore_index=None, label_smoothing=0.0):
    counted = [n for n, y in np.ndenumerate(targets) if y != ignore_index]
    d_logits = np.zeros(logits.shape)
    for n in counted:
        e = [math.exp(x - logits[n].max()) for x in logits[n].tolist()]
        for c, x in enumerate(e):
            q = label_smoothing / len(e) + (1 - label_smoothing) * (c == int(targets[n]))
            d_logits[(*n, c)] = (x / math.fsum(e) - q) / len(counted)
    return d_logits


@catalogue.right("cross_entropy")
def surprise_of_each_token(logits, targets, ignore_index=None, label_smoothing=0.0):
    losses = [
        np.logaddexp.reduce(logits[n]) - (1 - label_smoothing) * logits[n][y] - label_smoothing * logits[n].mean()
        for n, y in np.ndenumerate(targets)
        if y != ignore_index
    ]
    return np.array(math.fsum(losses) / (len(losses) or 1))


@catalogue.right("layer_norm")
def centring_matrix(inputs, gain, bias, eps=1e-5):
    x = np.einsum("ij,...j->...i", np.eye(len(gain)) - 1 / len(gain), inputs)
    return np.einsum("...i,i,...->...i", x, gain, (np.einsum("...i,...i->...", x, x) / len(gain) + eps) ** -0.5) + bias


@catalogue.right("layer_norm_backward")
def chain_of_three_paths(d_outputs, inputs, gain, eps=1e-5):
    d = inputs.shape[-1]
    centred = inputs - inputs.sum(axis=-1, keepdims=True) / d
    inverse = (np.square(centred).sum(axis=-1, keepdims=True) / d + eps) ** -0.5
    d_x_hat = d_outputs * gain
    d_variance = -0.5 * inverse**3 * (d_x_hat * centred).sum(axis=-1, keepdims=True)
    d_centred = d_x_hat * inverse + 2 / d * centred * d_variance
    rows = d_outputs.reshape(-1, d)
    d_gain = np.diag(rows.T @ (centred * inverse).reshape(-1, d))
    return [d_centred - d_centred.mean(axis=-1, keepdims=True), d_gain, np.ones(len(rows)) @ rows]


@catalogue.right("relu_backward")
def heaviside(d_outputs, inputs):
    return np.heaviside(inputs, 0.0) * d_outputs


@catalogue.right("gelu_backward")
def by_the_logistic_function(d_outputs, inputs):
    c, x = 2 * math.sqrt(2 / math.pi), np.clip(inputs, -15, 15)
    p = np.exp(-np.logaddexp(0, -c * (x + 0.044715 * x**3)))
    return d_outputs * (p + c * (x + 0.134145 * x**3) * p * (1 - p))


@catalogue.right("tanh_backward")
def times_one_plus_and_one_minus(d_outputs, outputs):
    return np.array(d_outputs, order="F") * (1 - outputs) * (1 + outputs)


@catalogue.right("sigmoid")
def half_a_tanh(inputs):
    return np.array([0.5 + 0.5 * math.tanh(x / 2) for x in inputs.ravel().tolist()]).reshape(inputs.shape)


@catalogue.right("sigmoid_backward")
def quarter_minus_a_square(d_outputs, outputs):
    return (0.25 - (outputs - 0.5) ** 2) * d_outputs
