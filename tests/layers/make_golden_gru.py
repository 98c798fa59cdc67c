"""Makes golden_gru.npz: what PyTorch's GRU gives for padded sequences, forwards and backwards.

Run ``python tests/layers/make_golden_gru.py`` where torch is installed, when a case is added. The tests
always check the numbers it wrote, and where torch is installed they compare again on other data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

PARTS = ("input_weight", "input_bias", "recurrent_weight", "recurrent_bias")
# Name: directions, lengths of the sequences, width of the inputs, width of the states.
CASES = {
    "forwards": (1, (5, 5, 5), 4, 3),
    "forwards_padded": (1, (2, 5, 1), 4, 3),
    "both": (2, (4, 4), 3, 5),
    "both_padded": (2, (3, 6, 1, 4), 2, 3),
}


def draw(case, rng):
    """Parameters, inputs, initial states and upstreams in our layout; nothing is sent to padding."""
    directions, lengths, in_width, width = CASES[case]
    batch, time = len(lengths), max(lengths)
    present = np.arange(time) < np.array(lengths)[:, None]
    return {
        "input_weight": rng.standard_normal((in_width, directions * 3 * width)),
        "input_bias": rng.standard_normal(directions * 3 * width),
        "recurrent_weight": rng.standard_normal((directions, width, 3 * width)),
        "recurrent_bias": rng.standard_normal((directions, 1, 3 * width)),
        "inputs": rng.standard_normal((batch, time, in_width)),
        "initial": rng.standard_normal((batch, directions * width)),
        "d_outputs": rng.standard_normal((batch, time, directions * width)) * present[..., None],
        "d_final": rng.standard_normal((batch, directions * width)),
    }


def torch_gru(case, arrays):
    """Results and gradients by PyTorch, of packed sequences, in our layout; outputs are zero at padding."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    directions, lengths, in_width, width = CASES[case]
    batch, time = len(lengths), max(lengths)
    gru = torch.nn.GRU(in_width, width, batch_first=True, bidirectional=directions == 2, dtype=torch.float64)
    ours = {
        "weight_ih": np.split(arrays["input_weight"].T, directions),
        "bias_ih": np.split(arrays["input_bias"], directions),
        "weight_hh": arrays["recurrent_weight"].swapaxes(1, 2),
        "bias_hh": arrays["recurrent_bias"][:, 0],
    }
    suffixes = ["_l0", "_l0_reverse"][:directions]
    with torch.no_grad():
        for name, per_direction in ours.items():
            for suffix, value in zip(suffixes, per_direction, strict=True):
                getattr(gru, name + suffix).copy_(torch.tensor(np.ascontiguousarray(value)))

    def by_direction(array):
        return torch.tensor(array.reshape(batch, directions, width).swapaxes(0, 1).copy())

    def by_batch(tensor):
        return tensor.detach().numpy().swapaxes(0, 1).reshape(batch, -1).copy()

    inputs = torch.tensor(arrays["inputs"], requires_grad=True)
    initial = by_direction(arrays["initial"]).requires_grad_()
    packed = pack_padded_sequence(inputs, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    states, final = gru(packed, initial)
    outputs, _ = pad_packed_sequence(states, batch_first=True, total_length=time)
    by_outputs = (outputs * torch.tensor(arrays["d_outputs"])).sum()
    by_final = (final * by_direction(arrays["d_final"])).sum()
    (by_outputs + by_final).backward()

    def gradients(name):
        return [getattr(gru, name + suffix).grad.numpy() for suffix in suffixes]

    return {
        "outputs": outputs.detach().numpy(),
        "final": by_batch(final),
        "d_inputs": inputs.grad.numpy(),
        "d_initial": by_batch(initial.grad),
        "d_input_weight": np.concatenate(gradients("weight_ih")).T,
        "d_input_bias": np.concatenate(gradients("bias_ih")),
        "d_recurrent_weight": np.stack(gradients("weight_hh")).swapaxes(1, 2),
        "d_recurrent_bias": np.stack(gradients("bias_hh"))[:, None],
    }


def main():
    golden = {}
    for case in CASES:
        arrays = draw(case, np.random.default_rng(17))
        for results in ({f"given {name}": array for name, array in arrays.items()}, torch_gru(case, arrays)):
            golden.update({f"{case} {name}": array for name, array in results.items()})
    np.savez_compressed(Path(__file__).with_name("golden_gru.npz"), **golden)


if __name__ == "__main__":
    main()
