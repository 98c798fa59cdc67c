"""A model for dates: trained, and scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from ...training import TrainingResult
from ..transducer import Transducer, TransducerSettings, vocabulary_of
from .alignment import DateAlignment, date_alignment
from .examples import DateExample, DateSplit

MINUTES = 2.0


@dataclass(frozen=True)
class DateScore:
    """How well dates are read.

    Attributes
    ----------
    exact : float
        The share that is right in all ten characters.
    by_locale : mapping of str to float
        The same by language.
    alignment : DateAlignment or None
        Of the attention at the right characters; None without attention.
    """

    exact: float
    by_locale: Mapping[str, float]
    alignment: DateAlignment | None


def train_dates(
    split: DateSplit,
    settings: TransducerSettings,
    *,
    seed: int,
    minutes: float | None = MINUTES,
    epochs: int | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    configuration: Mapping[str, object] | None = None,
    progress: bool | TextIO = True,
) -> tuple[Transducer, TrainingResult]:
    """A model of these settings, trained on the split, with the weights that are best on its validation.

    Parameters
    ----------
    split : DateSplit
    settings : TransducerSettings
    seed : int
        Of weights, dropout and the order of the examples.
    minutes, epochs
        How long; one of the two, as in `train`.
    checkpoint, resume, configuration, progress
        As in `train`.
    """
    sources, targets = _sides(split.train)
    transducer = Transducer(
        vocabulary_of(sources), vocabulary_of(targets), settings, rng=np.random.default_rng(seed)
    )
    held_out = transducer.batches(*_sides(split.validation), 100)
    result = transducer.fit(
        sources,
        targets,
        minutes=minutes,
        epochs=epochs,
        validate=lambda: {"loss": transducer.loss(held_out)},
        checkpoint=checkpoint,
        resume=resume,
        configuration={**asdict(settings), "seed": seed, **(configuration or {})},
        progress=progress,
    )
    return transducer, result


def score_dates(transducer: Transducer, examples: Sequence[DateExample]) -> DateScore:
    """Score on examples: what is written, and where attention lies."""
    sources, targets = _sides(examples)
    written = ["".join(found.words) for found in transducer.translate(sources)]
    exact, by_locale = _shares(written, examples)
    weights = [matrix for matrix in transducer.weights(sources, targets) if matrix is not None]
    return DateScore(exact, by_locale, date_alignment(weights, examples) if weights else None)


def score_rule(rule: Callable[[str], str], examples: Sequence[DateExample]) -> DateScore:
    """Score a function from text to date."""
    return DateScore(*_shares([rule(example.text) for example in examples], examples), None)


def _sides(examples: Sequence[DateExample]) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    return [example.source for example in examples], [example.target for example in examples]


def _shares(written: Sequence[str], examples: Sequence[DateExample]) -> tuple[float, dict[str, float]]:
    by_locale: defaultdict[str, list[bool]] = defaultdict(list)
    for text, example in zip(written, examples, strict=True):
        by_locale[example.style.locale].append(text == example.date.isoformat())
    shares = {locale: float(np.mean(by_locale[locale])) for locale in sorted(by_locale)}
    return float(np.mean([right for group in by_locale.values() for right in group])), shares
