"""PyTorch's one-directional recurrent networks on padded sequences, in our layout."""

from __future__ import annotations

import numpy as np

LENGTHS, TIME, IN, HIDDEN = (2, 5, 1, 5), 5, 3, 4


def draw(gates, carried, rng):
    """Parameters, inputs, initial states and upstreams; nothing is sent to padding."""
    present = np.arange(TIME) < np.array(LENGTHS)[:, None]
    batch, columns, state = len(LENGTHS), gates * HIDDEN, carried * HIDDEN
    return {
        "input_weight": rng.standard_normal((IN, columns)),
        "input_bias": rng.standard_normal(columns),
        "recurrent_weight": rng.standard_normal((HIDDEN, columns)),
        "recurrent_bias": rng.standard_normal(columns),
        "inputs": rng.standard_normal((batch, TIME, IN)),
        "initial": rng.standard_normal((batch, state)),
        "d_outputs": rng.standard_normal((batch, TIME, HIDDEN)) * present[..., None],
        "d_final": rng.standard_normal((batch, state)),
        "mask": present,
    }


def by_torch(network, order, arrays):
    """What `network`, whose gates stand in the places `order` of ours, gives for `arrays`; outputs are zero at padding."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    columns = np.concatenate([np.arange(HIDDEN) + place * HIDDEN for place in order])
    names = {"input_weight": "weight_ih_l0", "input_bias": "bias_ih_l0"}
    names |= {"recurrent_weight": "weight_hh_l0", "recurrent_bias": "bias_hh_l0"}
    with torch.no_grad():
        for ours, theirs in names.items():
            getattr(network, theirs).copy_(torch.tensor(np.ascontiguousarray(arrays[ours][..., columns].T)))
    inputs = torch.tensor(arrays["inputs"], requires_grad=True)
    initial = torch.tensor(arrays["initial"], requires_grad=True)
    begun = [part.contiguous()[None] for part in initial.split(HIDDEN, dim=-1)]
    packed = pack_padded_sequence(inputs, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    states, last = network(packed, tuple(begun) if len(begun) > 1 else begun[0])
    final = torch.cat([part[0] for part in (last if isinstance(last, tuple) else (last,))], dim=-1)
    outputs, _ = pad_packed_sequence(states, batch_first=True, total_length=TIME)
    by_outputs = (outputs * torch.tensor(arrays["d_outputs"])).sum()
    (by_outputs + (final * torch.tensor(arrays["d_final"])).sum()).backward()
    back = np.argsort(columns)
    return {
        "outputs": outputs.detach().numpy(),
        "final": final.detach().numpy(),
        "d_inputs": inputs.grad.numpy(),
        "d_initial": initial.grad.numpy(),
        **{f"d_{ours}": getattr(network, theirs).grad.numpy().T[..., back] for ours, theirs in names.items()},
    }


def by_ours(layer, arrays):
    """The same by our layer."""
    layer.load_state_dict({name: arrays[name] for name, _ in layer.named_parameters()})
    read, backward = layer(arrays["inputs"], arrays["mask"], arrays["initial"])
    d_inputs, d_initial = backward(d_outputs=arrays["d_outputs"], d_final=arrays["d_final"])
    return {
        "outputs": read.outputs * arrays["mask"][..., None],
        "final": read.final,
        "d_inputs": d_inputs,
        "d_initial": d_initial,
        **{f"d_{name}": parameter.grad for name, parameter in layer.named_parameters()},
    }
