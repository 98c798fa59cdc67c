"""A model for stories: what it is made of, saved, and loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models.memory_network import MemoryNetwork
from ...models.transformer import StoryReader, TransformerSettings
from ...training import CheckpointError, load_model, save_model
from .data import ANSWERS, LONGEST, WORDS

MEMORY, TRANSFORMER = "memory-network", "transformer"
WIDTHS: Mapping[str, int] = {MEMORY: 32, TRANSFORMER: 64}
"""The architectures, and how wide each is unless said otherwise."""
INITIAL_SCALE = 30.0
"""Where β of a memory network starts. From 10, attention that points nowhere yet is often blurred before it learns to point: with
two supporting facts alone, and these very settings, it then stayed at 0.4 right for four epochs with both of two seeds; from 30 with
one of five."""

StoryModel = MemoryNetwork | StoryReader


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
    hops : int
        Readings of the story by a memory network, blocks of a transformer.
    architecture : str
        Of `WIDTHS`.
    width : int or None
        None is the architecture's.
    """

    kinds: tuple[str, ...]
    score: str | None = "cosine"
    learn_scale: bool = True
    hops: int = 3
    architecture: str = MEMORY
    width: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON says it; ``StorySettings(**settings)`` takes it back."""
        return {**asdict(self), "kinds": list(self.kinds)}


def make_model(settings: StorySettings, rng: np.random.Generator) -> StoryModel:
    """An untrained model."""
    if settings.architecture not in WIDTHS:
        raise ValueError(f"architecture: expected one of {', '.join(WIDTHS)}, got {settings.architecture!r}")
    width = WIDTHS[settings.architecture] if settings.width is None else settings.width
    if settings.architecture == TRANSFORMER:
        built = TransformerSettings(
            width=width,
            depth=settings.hops,
            score=settings.score or "cosine",
            # Scores that are multiplied by nothing give equal weights.
            scale=0.0 if settings.score is None else None,
            learn_scale=settings.learn_scale and settings.score is not None,
        )
        return StoryReader(len(WORDS), len(ANSWERS), built, longest=LONGEST, rng=rng)
    return MemoryNetwork(
        len(WORDS),
        len(ANSWERS),
        longest=LONGEST,
        width=width,
        hops=settings.hops,
        score=settings.score,
        learn_scale=settings.learn_scale,
        initial_scale=INITIAL_SCALE,
        rng=rng,
    )


def sharpness(model: StoryModel) -> Mapping[str, float]:
    """β of each hop, or of each block the mean over its heads; nothing without attention."""
    if isinstance(model, StoryReader):
        layers = [block.attention.inner for block in model.stack.blocks]
        betas = [float(np.mean(layer.scale_in_force)) for layer in layers if layer.scale != 0]
    else:
        betas = [float(layer.scale_in_force(1)) for layer in model.attention]
    return {f"β{hop}": beta for hop, beta in enumerate(betas, start=1)}


def save_stories(path: Path, model: StoryModel, settings: StorySettings, *, seed: int) -> None:
    """Save a trained model, with the seed by which its held-out stories are drawn again."""
    save_model(path, "stories", model, settings.as_dict(), seed=seed)


def load_stories(path: Path) -> tuple[StoryModel, StorySettings, int]:
    """The model that `save_stories` saved, its settings and its seed.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or something else.
    """
    saved = load_model(path, "stories")
    try:
        settings = StorySettings(**{**saved.configuration, "kinds": tuple(saved.configuration["kinds"])})
        model = make_model(settings, np.random.default_rng(0))
        model.load_state_dict(saved.weights)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: holds a model that this attention_np cannot build ({error})") from error
    model.eval()
    return model, settings, saved.facts["seed"]
