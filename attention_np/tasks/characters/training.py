"""Learning to foretell the next character."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ...functional._checks import Array
from ...models.transformer import LanguageModel, TransformerSettings, generate
from ...optim import AdamW, WarmupCosine
from ...training import TrainingResult, train
from .alphabet import Alphabet
from .texts import BETWEEN, Texts
from .windows import Windows, overlapping

EPOCH_BATCHES = 200
SCORED_TOGETHER = 32


@dataclass(frozen=True)
class CharacterSettings:
    """How a character model is built and trained.

    Attributes
    ----------
    transformer : TransformerSettings
        Rotary positions unless said otherwise: text copies from itself at all distances, and a model that adds waves to its words
        learns to much more slowly.
    context : int
        Characters that the model sees at a time while it learns; even.
    batch : int
        Such windows in a step.
    learning_rate, weight_decay : float
        At the height of the schedule; of AdamW.
    """

    transformer: TransformerSettings = TransformerSettings(positions="rotary")
    context: int = 128
    batch: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        if self.context < 2 or self.context % 2:
            raise ValueError(f"context: expected an even number of characters from 2 on, got {self.context}")

    def as_dict(self) -> dict[str, Any]:
        """As JSON can say it; `from_dict` makes the settings of it again."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> CharacterSettings:
        """The settings that `as_dict` said."""
        return cls(**{**said, "transformer": TransformerSettings(**said["transformer"])})


class CharacterModel:
    """A decoder-only transformer with its alphabet.

    Parameters
    ----------
    alphabet : Alphabet
    settings : CharacterSettings
    rng : numpy.random.Generator
    """

    def __init__(self, alphabet: Alphabet, settings: CharacterSettings, *, rng: np.random.Generator) -> None:
        self.alphabet, self.settings, self.rng = alphabet, settings, rng
        self.model = LanguageModel(len(alphabet), settings.transformer, rng=rng)

    def fit(
        self,
        texts: Texts,
        *,
        epochs: int | None = None,
        minutes: float | None = None,
        checkpoint: Path | None = None,
        resume: bool = False,
        configuration: Mapping[str, Any] | None = None,
        progress: bool | TextIO = True,
    ) -> TrainingResult:
        """Train for so many epochs of `EPOCH_BATCHES` steps, or so many minutes; the best by the validation text is kept."""
        settings, validation = self.settings, self.alphabet.encode(texts.validation)
        ids = self.alphabet.encode(texts.train)
        parameters = self.model.parameters()
        return train(
            self.model,
            AdamW(parameters, settings.learning_rate, beta2=0.99, weight_decay=settings.weight_decay),
            Windows(ids, settings.context, settings.batch, EPOCH_BATCHES),
            rng=self.rng,
            epochs=epochs,
            minutes=minutes,
            schedule=lambda total: WarmupCosine(min(100, total // 10), total, 0.02),
            clip=1.0,
            validate=lambda: {"bits": float(self.bits(validation).mean())},
            criterion="bits",
            checkpoint=checkpoint,
            resume=resume,
            configuration=configuration,
            progress=progress,
        )

    def bits(self, ids: Array) -> Array:
        """What each character of a text but the first costs, -log2 of its probability behind those before it."""
        found = []
        for batch in overlapping(ids, self.settings.context, SCORED_TOGETHER, -1):
            logits = self.model.logits(batch.inputs)[batch.targets != -1]
            targets = batch.targets[batch.targets != -1]
            log_total = np.log(np.exp(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1)) + logits.max(axis=-1)
            found.append((log_total - logits[np.arange(len(targets)), targets]) / math.log(2))
        return np.concatenate(found)

    def sample(
        self, characters: int, *, beginning: str = "", temperature: float, top_k: int | None, rng: np.random.Generator
    ) -> str:
        """Write so many characters behind a beginning, as if a docstring began there."""
        ids = self.alphabet.encode(BETWEEN + beginning)[None]
        context = self.settings.context
        drawn = generate(
            self.model, ids, characters, temperature=temperature, top_k=top_k, context=context, rng=rng
        )
        return self.alphabet.decode(drawn[0])
