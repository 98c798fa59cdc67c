"""One model for each number of keys: trained in seconds, and held against the ceilings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from ...functional._checks import Array
from ...models.associative_memory import AssociativeMemory, RecallBatch
from ...optim import Adam, WarmupCosine
from ...training import blas_threads, train
from .bounds import ceiling_of_all, ceiling_of_one
from .memories import VALUES, FreshMemories, draw_memories

EPOCHS = 4
_TESTED = 20_000


class Variant(NamedTuple):
    """Which attention: its score, and whether it learns a sharpness or has that of the score itself, 1 for a cosine."""

    score: str
    learn_scale: bool

    @property
    def name(self) -> str:
        """As a table or a legend says it."""
        words = self.score.replace("_", " ")
        if self.learn_scale:
            return f"{words}, learned β"
        return f"{words}, β = 1" if self.score == "cosine" else words

    @property
    def file_name(self) -> str:
        """As the name of a file says it."""
        return self.score if self.learn_scale else f"{self.score}-beta-one"


VARIANTS = (Variant("cosine", False), Variant("cosine", True), Variant("dot", False))
"""What the figure compares."""


@dataclass(frozen=True)
class RecallScore:
    """How well a model recalls from memories that it never saw, and how it looks at them.

    Attributes
    ----------
    keys : int
    sharpness : float
        β in force.
    accuracy : float
        The share of answers that are right.
    right_weight : float
        The geometric mean, over all keys, of the weight on the key that is asked for.
    largest_weight : float
        Of all keys for all queries.
    ceiling_of_one, ceiling_of_all : float or None
        What `largest_weight` and `right_weight` cannot exceed at this sharpness; None where the score is not bounded.
    most_frequent : float
        The share that is right when the answer is the memory's most frequent value: uniform weights can do no better.
    """

    keys: int
    sharpness: float
    accuracy: float
    right_weight: float
    largest_weight: float
    ceiling_of_one: float | None
    ceiling_of_all: float | None
    most_frequent: float


def make_model(keys: int, variant: Variant, *, rng: np.random.Generator) -> AssociativeMemory:
    """A model whose keys have as many components as there are keys: a regular simplex has room."""
    return AssociativeMemory(
        keys, VALUES, width=keys, score=variant.score, learn_scale=variant.learn_scale, rng=rng
    )


def train_model(
    keys: int,
    variant: Variant,
    *,
    seed: int,
    epochs: int | None = EPOCHS,
    minutes: float | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool | TextIO = True,
) -> AssociativeMemory:
    """A trained model: 100 batches of new memories an epoch."""
    rng = np.random.default_rng([seed, keys])
    model = make_model(keys, variant, rng=rng)
    train(
        model,
        Adam(model.parameters(), 2e-2),
        # Beyond 64 keys a memory holds so many that fewer of them do.
        FreshMemories(keys, 100, size=32 if keys <= 64 else 16),
        rng=rng,
        epochs=epochs,
        minutes=minutes,
        schedule=lambda total: WarmupCosine(total // 20, total),
        clip=1.0,
        watch=lambda: {"sharpness": _sharpness(model)},
        checkpoint=checkpoint,
        resume=resume,
        configuration=configuration(keys, variant, seed),
        progress=progress,
    )
    return model


def configuration(keys: int, variant: Variant, seed: int) -> Mapping[str, object]:
    """What a model is built from again."""
    return {"keys": keys, **variant._asdict(), "seed": seed}


def score_model(model: AssociativeMemory) -> RecallScore:
    """Score a model on 20,000 questions about memories that it never saw, each asked for all its keys."""
    keys = model.keys
    memories = draw_memories(max(1, _TESTED // keys), keys, keys, rng=np.random.default_rng(keys))
    with blas_threads(1):
        answers = [
            np.argmax(model.recall(_part(memories, first)).logits, axis=-1) for first in range(0, len(memories.keys), 64)
        ]
        weights = weights_of_keys(model)
    sharpness, bounded = _sharpness(model), model.attention.score == "cosine"
    counts = (memories.values[..., None] == np.arange(VALUES)).sum(axis=1)
    with np.errstate(divide="ignore"):
        right_weight = float(np.exp(np.mean(np.log(np.diagonal(weights).astype(float)))))
    return RecallScore(
        keys=keys,
        sharpness=sharpness,
        accuracy=float(np.mean(np.concatenate(answers) == memories.answers)),
        right_weight=right_weight,
        largest_weight=float(weights.max()),
        ceiling_of_one=ceiling_of_one(keys, sharpness) if bounded else None,
        ceiling_of_all=ceiling_of_all(keys, sharpness) if bounded else None,
        most_frequent=float(np.mean(counts.argmax(axis=1)[:, None] == memories.answers)),
    )


def weights_of_keys(model: AssociativeMemory) -> Array:
    """Where attention lies, (asked, shown), when all keys are shown in order and each is asked for."""
    shown = np.arange(model.keys)[None]
    anything = np.zeros_like(shown)
    return model.recall(RecallBatch(shown, anything, shown, anything)).weights[0]


def _part(memories: RecallBatch, first: int) -> RecallBatch:
    rows = slice(first, first + 64)
    return RecallBatch(memories.keys[rows], memories.values[rows], memories.asked[rows], memories.answers[rows])


def _sharpness(model: AssociativeMemory) -> float:
    return float(model.attention.scale_in_force(model.query.weight.value.shape[0]))
