"""The article's PyTorch code, to the letter; imported only where PyTorch is."""

from __future__ import annotations

import importlib
from typing import Any

from ..models import ArticleModel

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn


class AttentionModel(nn.Module):
    """The sample's class. Its attention is a linear layer of which the weight alone is used, as ``E @ weight``."""

    def __init__(self, input_dim: int, hidden_dim: int, output_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(input_dim, hidden_dim)
        self.attention = nn.Linear(hidden_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, output_dim)

    def forward(self, inputs: Any) -> Any:
        """Logits (B, C) for ids (B, T)."""
        embedded = self.embedding(inputs)
        attention_weights = torch.softmax(torch.matmul(embedded, self.attention.weight), dim=1)
        attended = torch.sum(attention_weights * embedded, dim=1)
        return self.output(attended)


class ArticleTwin:
    """The class with the weights of ours, and the sample's training step."""

    def __init__(self, ours: ArticleModel) -> None:
        values = ours.state_dict()
        input_dim, hidden_dim = values["embedding.weight"].shape
        self.model = AttentionModel(input_dim, hidden_dim, len(values["output.bias"]))
        with torch.no_grad():
            self.model.embedding.weight.copy_(torch.from_numpy(values["embedding.weight"]))
            self.model.attention.weight.copy_(torch.from_numpy(values["attention.weight"]))
            # A linear layer keeps its weight as (out, in).
            self.model.output.weight.copy_(torch.from_numpy(values["output.weight"].T))
            self.model.output.bias.copy_(torch.from_numpy(values["output.bias"]))
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.criterion = nn.CrossEntropyLoss()

    def step(self, inputs: Any, targets: Any) -> float:
        """One step of training; gives the loss before it."""
        self.optimizer.zero_grad()
        outputs = self.model(inputs)
        loss = self.criterion(outputs, targets)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())
