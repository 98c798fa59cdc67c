"""A summariser from untrained to saved and loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ..models.summarizer import Summarizer
from ..optim import Adam, WarmupCosine
from ..training import CheckpointError, TrainingResult, load_checkpoint, save_checkpoint, train
from .splits import Dataset
from .summaries import (
    SummarizerSettings,
    batches_of,
    build_vocabulary,
    make_summarizer,
    validation_loss,
)
from .vocabulary import Vocabulary

_KIND = "summariser"


@dataclass(frozen=True)
class TrainedSummarizer:
    """A model in evaluation mode, and what it was made with.

    Attributes
    ----------
    model : Summarizer
    vocabulary : Vocabulary
    settings : SummarizerSettings
    facts : mapping
        Seed, steps, the data's hash and packages: where it comes from, as JSON can say it.
    """

    model: Summarizer
    vocabulary: Vocabulary
    settings: SummarizerSettings
    facts: Mapping[str, Any]

    @property
    def sharpness(self) -> float | None:
        """β in force; None without attention."""
        attention = self.model.decoder.attention
        return None if attention is None else float(attention.scale_in_force(self.settings.width))


def train_summarizer(
    dataset: Dataset,
    settings: SummarizerSettings,
    *,
    seed: int,
    minutes: float | None = None,
    epochs: int | None = None,
    packages: tuple[str, ...] = (),
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool | TextIO = True,
) -> tuple[TrainedSummarizer, TrainingResult]:
    """Train a summariser on the training pairs and extras, and keep the weights that are best on validation.

    Parameters
    ----------
    dataset : Dataset
    settings : SummarizerSettings
    seed : int
        Of everything random.
    minutes, epochs
        How long; one of the two, as in `train`.
    packages : tuple of str
        Those harvested beyond the usual, to be found again by `facts`.
    checkpoint, resume, progress
        As in `train`.
    """
    rng = np.random.default_rng(seed)
    vocabulary = build_vocabulary(dataset)
    model = make_summarizer(settings, vocabulary, rng)
    trained = TrainedSummarizer(model, vocabulary, settings, {})
    validation = batches_of(dataset.validation, vocabulary, 64)
    facts = {"seed": seed, "data": dataset.sha256, "packages": list(packages)}
    result = train(
        model,
        Adam(model.parameters(), settings.learning_rate),
        batches_of([*dataset.train, *dataset.extras], vocabulary, settings.batch_size),
        rng=rng,
        minutes=minutes,
        epochs=epochs,
        schedule=lambda total: WarmupCosine(total // 20, total),
        clip=2.0,
        validate=lambda: {"loss": validation_loss(model, validation)},
        watch=None if model.decoder.attention is None else lambda: {"sharpness": trained.sharpness or 0.0},
        checkpoint=checkpoint,
        resume=resume,
        configuration={**settings.as_dict(), **facts},
        progress=progress,
    )
    facts = {**facts, "steps": result.steps, "best epoch": result.best_epoch}
    return TrainedSummarizer(model, vocabulary, settings, facts), result


def save_summarizer(path: Path, trained: TrainedSummarizer) -> None:
    """Write model, vocabulary and settings to one file.

    Raises
    ------
    CheckpointError
        If the file cannot be written.
    """
    metadata = {
        "kind": _KIND,
        "settings": trained.settings.as_dict(),
        "words": trained.vocabulary.to_list(),
        "writable": trained.vocabulary.writable,
        "facts": dict(trained.facts),
    }
    save_checkpoint(path, trained.model.state_dict(), metadata)


def load_summarizer(path: Path) -> TrainedSummarizer:
    """Read what `save_summarizer` wrote.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or something else.
    """
    saved = load_checkpoint(path)
    if saved.metadata.get("kind") != _KIND:
        raise CheckpointError(f"{path}: is a checkpoint, but not of a summariser")
    try:
        settings = SummarizerSettings(**saved.metadata["settings"])
        vocabulary = Vocabulary(saved.metadata["words"], saved.metadata["writable"])
        model = make_summarizer(settings, vocabulary, np.random.default_rng(0))
        model.load_state_dict(saved.arrays)
        facts = saved.metadata["facts"]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: is a summariser that this attention_np cannot build ({error})") from error
    model.eval()
    return TrainedSummarizer(model, vocabulary, settings, facts)
