"""Training of memory networks on stories, with nothing but the answers, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from ...functional._checks import Array
from ...models.memory_network import MemoryNetwork
from ...optim import Adam, WarmupCosine
from ...training import blas_threads, load_model, save_model, train
from .baselines import last_place_mentioned, most_frequent_answer
from .data import ANSWERS, LONGEST, WORDS, FreshStories, draw_held_out, lay_out
from .evidence import EvidenceScore, chosen_by_attention, latest_sentences, score_evidence
from .story import Story

EPOCHS = 12
STORIES = 10_000
"""Stories of each kind in an epoch."""
TESTED = 1_000
"""Stories of each kind that are held out."""
INITIAL_SCALE = 30.0
"""Where β starts. From 10, attention that points nowhere yet is often blurred before it learns to point: with two supporting facts
alone, and these very settings, it then stayed at 0.4 right for four epochs with both of two seeds; from 30 with one of five."""


@dataclass(frozen=True)
class StorySettings:
    """What a model is trained on and made of.

    Attributes
    ----------
    kinds : tuple of str
        Of `KINDS`; one model learns them all.
    score : str or None
        None reads with equal weights, without attention.
    learn_scale : bool
    width, hops : int
    """

    kinds: tuple[str, ...]
    score: str | None = "cosine"
    learn_scale: bool = True
    width: int = 32
    hops: int = 3

    def as_dict(self) -> dict[str, Any]:
        """As JSON says it; ``StorySettings(**settings)`` takes it back."""
        return {**asdict(self), "kinds": list(self.kinds)}


class Reading(NamedTuple):
    """What the model answered, and where it looked: weights (hops, sentences), None without attention."""

    answer: str
    weights: Array | None


@dataclass(frozen=True)
class StoryScore:
    """How well questions of one kind are answered, beside what needs no attention.

    Attributes
    ----------
    right : float
        The share of answers that are right.
    most_frequent : float
        What the most frequent answer of the kind gets.
    last_place : float or None
        What the place mentioned last gets; None where no place is asked for.
    evidence : EvidenceScore or None
        Of the sentences with the largest weight at each hop; None without attention.
    latest : EvidenceScore or None
        Of as many sentences, the latest of the story.
    """

    right: float
    most_frequent: float
    last_place: float | None
    evidence: EvidenceScore | None
    latest: EvidenceScore | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON says it."""
        found = {name: None if value is None else value._asdict() for name, value in self._evidence().items()}
        return {"right": self.right, "most_frequent": self.most_frequent, "last_place": self.last_place, **found}

    def _evidence(self) -> dict[str, EvidenceScore | None]:
        return {"evidence": self.evidence, "latest": self.latest}


def held_out(settings: StorySettings, seed: int) -> list[Story]:
    """The stories that a training with this seed never shows."""
    return draw_held_out(settings.kinds, TESTED, rng=np.random.default_rng([seed, 1]))


def make_model(settings: StorySettings, rng: np.random.Generator) -> MemoryNetwork:
    """An untrained model."""
    return MemoryNetwork(
        len(WORDS),
        len(ANSWERS),
        longest=LONGEST,
        width=settings.width,
        hops=settings.hops,
        score=settings.score,
        learn_scale=settings.learn_scale,
        initial_scale=INITIAL_SCALE,
        rng=rng,
    )


def train_model(
    settings: StorySettings,
    *,
    seed: int,
    epochs: int | None = EPOCHS,
    minutes: float | None = None,
    stories: int = STORIES,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool | TextIO = True,
) -> MemoryNetwork:
    """A model trained from answers alone: the supporting sentences are never shown to it."""
    rng = np.random.default_rng(seed)
    model = make_model(settings, rng)
    train(
        model,
        Adam(model.parameters(), 1e-2),
        FreshStories(settings.kinds, held_out(settings, seed), stories=stories, size=64),
        rng=rng,
        epochs=epochs,
        minutes=minutes,
        schedule=lambda total: WarmupCosine(total // 20, total),
        clip=5.0,
        watch=lambda: sharpness(model),
        checkpoint=checkpoint,
        resume=resume,
        configuration={**settings.as_dict(), "seed": seed, "stories": stories},
        progress=progress,
    )
    return model


def save_stories(path: Path, model: MemoryNetwork, settings: StorySettings, *, seed: int) -> None:
    """Save a trained model, with the seed by which its held-out stories are drawn again."""
    save_model(path, "stories", model, settings.as_dict(), seed=seed)


def load_stories(path: Path) -> tuple[MemoryNetwork, StorySettings, int]:
    """The model that `save_stories` saved, its settings and its seed."""
    saved = load_model(path, "stories")
    settings = StorySettings(**{**saved.configuration, "kinds": tuple(saved.configuration["kinds"])})
    model = make_model(settings, np.random.default_rng(0))
    model.load_state_dict(saved.weights)
    model.eval()
    return model, settings, saved.facts["seed"]


def sharpness(model: MemoryNetwork) -> Mapping[str, float]:
    """β of each hop; nothing without attention."""
    return {f"β{hop}": float(layer.scale_in_force(1)) for hop, layer in enumerate(model.attention, start=1)}


def read(model: MemoryNetwork, stories: Sequence[Story]) -> list[Reading]:
    """Answer the questions of these stories."""
    readings = []
    with blas_threads(1):
        for first in range(0, len(stories), 250):
            part = stories[first : first + 250]
            answered = model.answer(lay_out(part))
            for story, logits, weights in zip(part, answered.logits, answered.weights, strict=True):
                looked = weights[:, : len(story.sentences)] if model.attention else None
                readings.append(Reading(ANSWERS[int(np.argmax(logits))], looked))
    return readings


def score_readings(readings: Sequence[Reading], stories: Sequence[Story]) -> StoryScore:
    """Score answers and evidence of stories of one kind."""
    right = float(np.mean([reading.answer == story.answer for reading, story in zip(readings, stories, strict=True)]))
    looked = [reading.weights for reading in readings]
    evidence = latest = None
    if not any(weights is None for weights in looked):
        chosen = [
            chosen_by_attention(weights, story)
            for weights, story in zip(looked, stories, strict=True)
            if weights is not None
        ]
        evidence = score_evidence(chosen, stories)
        as_many = [latest_sentences(story, len(found)) for found, story in zip(chosen, stories, strict=True)]
        latest = score_evidence(as_many, stories)
    return StoryScore(right, most_frequent_answer(stories), last_place_mentioned(stories), evidence, latest)


def score_model(model: MemoryNetwork, stories: Sequence[Story]) -> dict[str, StoryScore]:
    """Scores by kind of question."""
    kinds = dict.fromkeys(story.kind for story in stories)
    of_kind = {kind: [story for story in stories if story.kind == kind] for kind in kinds}
    return {kind: score_readings(read(model, part), part) for kind, part in of_kind.items()}
