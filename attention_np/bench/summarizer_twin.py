"""The summariser in PyTorch: the same architecture, written as PyTorch is; imported only where PyTorch is."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..functional._checks import Array
from ..models.summarizer import Summarizer, SummaryBatch

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn
F: Any = torch.nn.functional
rnn: Any = torch.nn.utils.rnn


class TwinBatch:
    """A `SummaryBatch` as tensors."""

    def __init__(self, batch: SummaryBatch) -> None:
        self.source, self.inputs, self.targets, self.extended_source, self.mask = (
            torch.from_numpy(array)
            for array in (batch.source, batch.inputs, batch.targets, batch.extended_source, batch.mask)
        )
        self.lengths = self.mask.sum(dim=1)
        self.padding = batch.padding


class SummarizerModule(nn.Module):
    """`models.Summarizer` with cosine attention, a learned sharpness and a pointer."""

    def __init__(self, vocabulary_size: int, writable: int, width: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, width)
        self.encoder = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(width, width)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.join = nn.Linear(2 * width, width)
        self.output_bias = nn.Parameter(torch.zeros(writable))
        self.gate = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: TwinBatch) -> Any:
        """The mean loss per target word."""
        memory, initial = self._encode(batch)
        features, weights = self._decode(batch, memory, initial)
        return self._loss(batch, features, weights)

    def _encode(self, batch: TwinBatch) -> tuple[Any, Any]:
        source = self.dropout(self.embedding(batch.source))
        packed = rnn.pack_padded_sequence(source, batch.lengths, batch_first=True, enforce_sorted=False)
        states, final = self.encoder(packed)
        states, _ = rnn.pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        both_ends = torch.cat([final[0], final[1]], dim=-1)
        return self.dropout(states + source), torch.tanh(self.bridge(both_ends))

    def _decode(self, batch: TwinBatch, memory: Any, initial: Any) -> tuple[Any, Any]:
        target = self.dropout(self.embedding(batch.inputs))
        states, _ = self.decoder(target, initial[None])
        queries, keys = F.normalize(self.query(states), dim=-1), F.normalize(self.key(memory), dim=-1)
        scores = torch.exp(self.log_scale).clamp(max=100.0) * (queries @ keys.transpose(1, 2))
        weights = torch.softmax(scores.masked_fill(~batch.mask[:, None], float("-inf")), dim=-1)
        joined = torch.cat([states, weights @ memory], dim=-1)
        return self.dropout(torch.tanh(self.join(joined))), weights

    def _loss(self, batch: TwinBatch, features: Any, weights: Any) -> Any:
        # Like ours, it takes the softmax over the vocabulary only where there is a word.
        counted = batch.targets != batch.padding
        rows, targets = features[counted], batch.targets[counted]
        writable = len(self.output_bias)
        logits = F.linear(rows, self.embedding.weight[:writable], self.output_bias)
        is_writable = targets < writable
        known = torch.where(is_writable, targets, 0)
        written = torch.exp(-F.cross_entropy(logits, known, reduction="none")) * is_writable
        sources = batch.extended_source[counted.nonzero()[:, 0]]
        copied = (weights[counted] * (sources == targets[:, None])).sum(dim=-1)
        gate = torch.sigmoid(self.gate(rows)[:, 0])
        return -torch.log(gate * written + (1 - gate) * copied).mean()


class SummarizerTwin:
    """The module with the weights of ours, and the training loop's step."""

    def __init__(self, ours: Summarizer, *, learning_rate: float, clip: float) -> None:
        values = ours.state_dict()
        dropout = ours.source_dropout.rate
        vocabulary_size, width = values["embedding.weight"].shape
        self.model = SummarizerModule(vocabulary_size, len(values["output_bias"]), width, dropout)
        self.model.load_state_dict({name: torch.from_numpy(array) for name, array in _state(values).items()})
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=learning_rate)
        self.clip = clip

    def step(self, batch: TwinBatch) -> float:
        """One step of training; gives the loss before it."""
        self.optimizer.zero_grad()
        loss = self.model(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return float(loss.item())


def _state(values: Mapping[str, Array]) -> dict[str, Array]:
    """Our parameters under PyTorch's names and in its layout: a linear layer keeps its weight as (out, in)."""
    state = {
        "embedding.weight": values["embedding.weight"],
        "output_bias": values["output_bias"],
        "log_scale": values["decoder.attention.sharpness.log_scale"],
    }
    linear = {"bridge": "encoder.bridge", "query": "decoder.query", "key": "decoder.key", "join": "decoder.join"}
    for theirs, own in {**linear, "gate": "gate"}.items():
        state[f"{theirs}.weight"] = values[f"{own}.weight"].T
        if f"{own}.bias" in values:
            state[f"{theirs}.bias"] = values[f"{own}.bias"]
    for reader in ("encoder", "decoder"):
        names = ("input_weight", "input_bias", "recurrent_weight", "recurrent_bias")
        parts = {name: values[f"{reader}.recurrent.{name}"] for name in names}
        directions = len(parts["recurrent_weight"])
        for direction, suffix in enumerate(("_l0", "_l0_reverse")[:directions]):
            state[f"{reader}.weight_ih{suffix}"] = np.split(parts["input_weight"].T, directions)[direction]
            state[f"{reader}.bias_ih{suffix}"] = np.split(parts["input_bias"], directions)[direction]
            state[f"{reader}.weight_hh{suffix}"] = parts["recurrent_weight"][direction].T
            state[f"{reader}.bias_hh{suffix}"] = parts["recurrent_bias"][direction, 0]
    return {name: np.ascontiguousarray(array) for name, array in state.items()}
