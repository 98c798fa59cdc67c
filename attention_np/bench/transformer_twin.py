"""The language model in PyTorch: the same architecture, written as PyTorch is; imported only where PyTorch is."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..functional import sinusoidal_positions
from ..functional._checks import Array
from ..models.transformer import LanguageModel, TokenBatch, TransformerSettings

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn
F: Any = torch.nn.functional


class BlockModule(nn.Module):
    """A pre-norm block: causal self attention and a feed-forward layer, each added to what runs through."""

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        width = settings.width
        hidden = 4 * width if settings.hidden is None else settings.hidden
        self.heads, self.cosine = settings.heads, settings.score == "cosine"
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(settings.dropout)
        if self.cosine:
            self.log_scale = nn.Parameter(torch.zeros(settings.heads))

    def forward(self, running: Any) -> Any:
        """(B, T, width) to (B, T, width)."""
        running = running + self.dropout(self._attend(self.attention_norm(running)))
        widened = F.gelu(self.widen(self.feed_forward_norm(running)), approximate="tanh")
        return running + self.dropout(self.narrow(widened))

    def _attend(self, inputs: Any) -> Any:
        batch, length, width = inputs.shape
        split = (batch, length, self.heads, width // self.heads)
        queries, keys, values = (
            linear(inputs).view(split).transpose(1, 2) for linear in (self.query, self.key, self.value)
        )
        scale = None
        if self.cosine:
            sharpness = torch.exp(self.log_scale).clamp(max=100.0)[:, None, None]
            queries, keys, scale = F.normalize(queries, dim=-1) * sharpness, F.normalize(keys, dim=-1), 1.0
        context = F.scaled_dot_product_attention(queries, keys, values, is_causal=True, scale=scale)
        return self.output(context.transpose(1, 2).reshape(batch, length, width))


class LanguageModelModule(nn.Module):
    """`models.transformer.LanguageModel` with sinusoidal positions, and the score cosine with learned sharpness or scaled_dot."""

    def __init__(self, vocabulary_size: int, settings: TransformerSettings, longest: int, dtype: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, settings.width)
        self.register_buffer("waves", torch.from_numpy(sinusoidal_positions(longest, settings.width, np.dtype(dtype))))
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks = nn.ModuleList(BlockModule(settings) for _ in range(settings.depth))
        self.norm = nn.LayerNorm(settings.width)
        self.label_smoothing = settings.label_smoothing

    def forward(self, inputs: Any, targets: Any) -> Any:
        """The mean loss of a batch of tokens."""
        embedded = self.embedding(inputs) * math.sqrt(self.embedding.weight.shape[1])
        running = self.dropout(embedded + self.waves[: inputs.shape[1]])
        for block in self.blocks:
            running = block(running)
        logits = F.linear(self.norm(running), self.embedding.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=self.label_smoothing)


class TransformerTwin:
    """The module with the weights of ours, and a training step with AdamW and clipped gradients."""

    def __init__(
        self,
        ours: LanguageModel,
        settings: TransformerSettings,
        *,
        longest: int,
        learning_rate: float,
        weight_decay: float = 0.01,
        clip: float,
    ) -> None:
        values = ours.state_dict()
        table = values["words.embedding.weight"]
        self.model = LanguageModelModule(len(table), settings, longest, table.dtype.str).to(
            torch.from_numpy(table).dtype
        )
        self.model.load_state_dict(
            {name: torch.from_numpy(array) for name, array in twin_state(values).items()}, strict=False
        )
        scales = [parameter for name, parameter in self.model.named_parameters() if name.endswith("log_scale")]
        others = [parameter for name, parameter in self.model.named_parameters() if not name.endswith("log_scale")]
        groups = [{"params": others}, {"params": scales, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=learning_rate, weight_decay=weight_decay)
        self.clip = clip

    def loss(self, batch: TokenBatch) -> Any:
        """Of a batch, to be differentiated."""
        return self.model(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets))

    def step(self, batch: TokenBatch) -> float:
        """One step of training; gives the loss before it."""
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return float(loss.item())


def twin_state(values: Mapping[str, Array]) -> dict[str, Array]:
    """Our arrays (values or gradients) under PyTorch's names and in its layout: a linear layer keeps its weight as (out, in)."""
    state = {}
    for name, array in values.items():
        path = name.split(".")
        # words.embedding.weight, decoder.norm.gain; and of a block, decoder.blocks.N.sublayer...: norm.gain,
        # inner.linear.weight, inner.sharpness.log_scale.
        if path[1] != "blocks":
            owner = path[1:2]
        elif path[-1] == "log_scale":
            owner = path[1:3]
        else:
            owner = [*path[1:3], f"{path[3]}_norm" if path[4] == "norm" else path[5]]
        is_linear = array.ndim == 2 and path[1] == "blocks"
        last = "weight" if path[-1] == "gain" else path[-1]
        state[".".join([*owner, last])] = np.ascontiguousarray(array.T if is_linear else array)
    return state
