"""The command model by PyTorch's cells and automatic differentiation, one row and one step after the other."""

from __future__ import annotations

import numpy as np

FORGET_BEFORE_CANDIDATE = [0, 1, 3, 2]
ORDERS = {"elman": [0], "gru": [0, 1, 2], "lstm": FORGET_BEFORE_CANDIDATE}
"""Where PyTorch's gates, in its order, stand in ours."""


def loss_and_gradients(state, cell, score, learn_scale, batch):
    """The teacher-forced mean loss, and the gradient of every parameter in `state` by name."""
    import torch

    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in state.items()}
    width = state["embedding.weight"].shape[1]

    def make_cell(prefix):
        """A function of input and state, of one row."""
        places = np.concatenate([np.arange(width) + place * width for place in ORDERS[cell]])
        weights = [
            tensors[f"{prefix}.{name}"].reshape(-1, len(places))[:, places].T
            for name in ("input_weight", "recurrent_weight", "input_bias", "recurrent_bias")
        ]
        weights[2:] = [bias[:, 0] for bias in weights[2:]]
        if cell == "lstm":
            return lambda x, s: torch.cat(torch.lstm_cell(x[None], list(s[None].split(width, 1)), *weights), 1)[0]
        step = torch.gru_cell if cell == "gru" else torch.rnn_tanh_cell
        return lambda x, s: step(x[None], s[None], *weights)[0]

    def attend(query, memory):
        query = query @ tensors["decoder.attention.query_weight"]
        keys = memory @ tensors["decoder.attention.key_weight"]
        if score == "cosine":
            scores = torch.cosine_similarity(query[None], keys, dim=1)
        elif score == "additive":
            scores = torch.tanh(query + keys) @ tensors["decoder.attention.score_vector"]
        else:
            scores = keys @ query / (width**0.5 if score == "scaled_dot" and not learn_scale else 1)
        if learn_scale:
            scores = scores * tensors["decoder.attention.sharpness.log_scale"].exp()
        return torch.softmax(scores, 0) @ memory

    encode, decode = make_cell("encoder"), make_cell("decoder.recurrent")
    losses = []
    for words, mask, inputs, targets in zip(batch.source, batch.mask, batch.inputs, batch.targets, strict=True):
        hidden = torch.zeros(width * (2 if cell == "lstm" else 1), dtype=torch.float64)
        memory = []
        for word in words[mask]:
            hidden = encode(tensors["embedding.weight"][word], hidden)
            memory.append(hidden[:width])
        for previous, target in zip(inputs, targets, strict=True):
            if target == batch.padding:
                break
            seen = [] if score is None else [attend(hidden[:width], torch.stack(memory))]
            hidden = decode(torch.cat([tensors["decoder.embedding.weight"][previous], *seen]), hidden)
            features = torch.cat([hidden[:width], *seen])
            logits = features @ tensors["decoder.output.weight"] + tensors["decoder.output.bias"]
            losses.append(-torch.log_softmax(logits, 0)[target])
    loss = torch.stack(losses).mean()
    loss.backward()
    return float(loss.detach()), {name: tensor.grad.numpy() for name, tensor in tensors.items()}
