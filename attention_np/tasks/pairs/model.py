"""A model for pairs: trained, chosen on development data, and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import numpy as np

from ...training import TrainingResult
from ..edit_distance import error_rate
from ..transducer import Transducer, TransducerSettings, vocabulary_of
from .reading import PairFile, SymbolPair
from .scores import PairScore, score_pairs

MINUTES = 3.0
BATCH = 32
# A symbol that was seen once teaches little; it teaches what to do with one that was never seen.
_FEWEST = 2
_VALIDATED = 1000


def train_pairs(
    train: PairFile,
    development: PairFile,
    settings: TransducerSettings,
    *,
    seed: int,
    minutes: float | None = MINUTES,
    epochs: int | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool | TextIO = True,
) -> tuple[Transducer, TrainingResult]:
    """A model of these settings, trained, with the weights that make the fewest errors in the development pairs.

    Errors are edits per symbol of the target, of greedy search, in the first thousand pairs. Symbols of the source that
    occur once in training are read as unknown, so that unknown ones at test time meet a vector that was trained.

    Parameters
    ----------
    train, development : PairFile
    settings : TransducerSettings
    seed : int
        Of weights, dropout and the order of the pairs.
    minutes, epochs
        How long; one of the two, as in `train`.
    checkpoint, resume, progress
        As in `train`.
    """
    transducer = Transducer(
        vocabulary_of(train.sources, _FEWEST), vocabulary_of(train.targets), settings, rng=np.random.default_rng(seed)
    )
    chosen = development.pairs[:_VALIDATED]
    sources, targets = [pair.source for pair in chosen], [pair.target for pair in chosen]

    def validate() -> dict[str, float]:
        written = [translation.words for translation in transducer.translate(sources)]
        return {"errors": error_rate(zip(written, targets, strict=True))}

    result = transducer.fit(
        train.sources,
        train.targets,
        batch_size=BATCH,
        minutes=minutes,
        epochs=epochs,
        validate=validate,
        criterion="errors",
        checkpoint=checkpoint,
        resume=resume,
        configuration={
            **asdict(settings),
            "seed": seed,
            "train": train.sha256,
            "development": development.sha256,
        },
        progress=progress,
    )
    return transducer, result


def evaluate_pairs(transducer: Transducer, pairs: Sequence[SymbolPair], units: str, *, beams: int) -> PairScore:
    """Score a model on pairs, whose targets are sequences of `units`."""
    found = transducer.translate([pair.source for pair in pairs], beams=beams)
    return score_pairs([translation.words for translation in found], [pair.target for pair in pairs], units)
