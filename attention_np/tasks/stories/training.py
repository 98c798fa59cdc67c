"""Training of models on stories, with nothing but the answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from ...optim import Adam, WarmupCosine
from ...training import train
from .data import FreshStories, draw_held_out
from .model import MEMORY, TRANSFORMER, StoryModel, StorySettings, make_model, sharpness
from .story import Story

STORIES = 10_000
"""Stories of each kind in an epoch."""
TESTED = 1_000
"""Stories of each kind that are held out."""
EPOCHS: Mapping[str, int] = {MEMORY: 12, TRANSFORMER: 6}
"""How long each architecture learns unless said otherwise."""
_LEARNING_RATES = {MEMORY: 1e-2, TRANSFORMER: 1e-3}


def held_out(settings: StorySettings, seed: int) -> list[Story]:
    """The stories that a training with this seed never shows."""
    return draw_held_out(settings.kinds, TESTED, rng=np.random.default_rng([seed, 1]))


def train_model(
    settings: StorySettings,
    *,
    seed: int,
    epochs: int | None = None,
    minutes: float | None = None,
    stories: int = STORIES,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool | TextIO = True,
) -> StoryModel:
    """A model trained from answers alone: the supporting sentences are never shown to it.

    It learns for so many `epochs` or `minutes`; for the architecture's epochs, if neither is given.
    """
    if minutes is None and epochs is None:
        epochs = EPOCHS[settings.architecture]
    rng = np.random.default_rng(seed)
    model = make_model(settings, rng)
    train(
        model,
        Adam(model.parameters(), _LEARNING_RATES[settings.architecture]),
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
