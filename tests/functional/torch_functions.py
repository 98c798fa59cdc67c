"""The cases' functions in PyTorch: its own where it has them, else written from the equation. It differentiates them itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .cases import CASES, Case


def cosine_scores(queries, keys):
    return F.cosine_similarity(queries[..., :, None, :], keys[..., None, :, :], dim=-1, eps=0)


def dot_scores(queries, keys):
    return torch.einsum("...ld,...sd->...ls", queries, keys)


def scaled_dot_scores(queries, keys):
    return dot_scores(queries, keys) / queries.shape[-1] ** 0.5


def additive_scores(queries, keys, query_weight, key_weight, score_vector):
    hidden = (
        F.linear(queries, query_weight.T)[..., :, None, :] + F.linear(keys, key_weight.T)[..., None, :, :]
    )
    return torch.einsum("...h,h->...", torch.tanh(hidden), score_vector)


def softmax(scores, axis=-1, mask=None):
    if mask is None:
        return torch.softmax(scores, dim=axis)
    # PyTorch has no weights for a row in which nothing is allowed.
    exponentials = torch.where(mask, torch.exp(scores), 0)
    return exponentials / exponentials.sum(dim=axis, keepdim=True).clamp_min(1e-300)


def context(weights, values):
    return torch.einsum("...ls,...se->...le", weights, values)


def attention(
    queries, keys, values, *, score, scale, mask=None, bias=None, causal=False, return_log_normaliser=False
):
    if score == "scaled_dot" and mask is None:
        return F.scaled_dot_product_attention(queries * scale * queries.shape[-1] ** 0.5, keys, values)
    scores = cosine_scores(queries, keys) if score == "cosine" else dot_scores(queries, keys)
    scores = scores * scale[..., None, None]
    if bias is not None:
        scores = scores + bias
    targets, sources = scores.shape[-2:]
    allowed = torch.ones(targets, sources, dtype=torch.bool) if mask is None else mask
    if causal:
        allowed = allowed & torch.ones(targets, sources, dtype=torch.bool).tril(sources - targets)
    return context(softmax(scores, mask=allowed), values)


def linear(inputs, weight, bias):
    return F.linear(inputs, weight.T, bias)


def embedding(ids, table):
    return F.embedding(ids, table)


def cross_entropy(logits, targets, ignore_index=-100, label_smoothing=0.0):
    rows = logits.reshape(-1, logits.shape[-1])
    return F.cross_entropy(
        rows, targets.reshape(-1), ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def layer_norm(inputs, gain, bias, eps):
    return F.layer_norm(inputs, gain.shape, gain, bias, eps)


def relu(inputs):
    return F.relu(inputs)


def gelu(inputs):
    return F.gelu(inputs, approximate="tanh")


def tanh(inputs):
    return torch.tanh(inputs)


def sigmoid(inputs):
    return torch.sigmoid(inputs)


def dropout(inputs, mask):
    return inputs * mask


def gru_cell(projected, recurrent, hidden):
    """PyTorch's own cell, row by row: with weights of zero, its biases are what is given."""
    width = hidden.shape[-1]
    rows = hidden.reshape(-1, width)
    cell = torch.ops.aten.gru_cell
    steps = []
    for row, a, u in zip(
        rows, projected.reshape(-1, 3 * width), recurrent.reshape(-1, 3 * width), strict=True
    ):
        nothing = row.new_zeros(3 * width, width)
        steps.append(cell(row[None], row[None], nothing, nothing, a, u)[0])
    return torch.stack(steps).reshape(hidden.shape)


def copy_mixture(vocabulary_weights, attention_weights, gate, source_ids, extended_size):
    padding = extended_size - vocabulary_weights.shape[-1]
    written = F.pad(gate[..., None] * vocabulary_weights, (0, padding))
    copied = (1 - gate)[..., None] * attention_weights
    return written.scatter_add(-1, source_ids[..., None, :].expand(copied.shape), copied)


def copy_cross_entropy(logits, attention_weights, gate_logits, targets, source_ids, ignore_index):
    size = logits.shape[-1] + 2
    mixture = copy_mixture(
        torch.softmax(logits, -1), attention_weights, torch.sigmoid(gate_logits), source_ids, size
    )
    counted = targets != ignore_index
    at_target = mixture.gather(-1, targets.clamp_min(0)[..., None])[..., 0]
    return -torch.log(at_target[counted]).sum() / counted.sum().clamp_min(1)


def torch_function(case: Case):
    """The case's function of tensors, by name, with the case's options."""
    function = globals()[case.name.split(" ")[0]]
    if function is attention:
        return lambda **given: attention(**given, **{"score": "cosine", **case.options})
    return lambda **given: function(**given, **case.options)


assert all(case.name.split(" ")[0] in globals() for case in CASES)
