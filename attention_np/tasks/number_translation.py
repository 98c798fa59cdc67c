"""Act one of the main job: number words from English to German, whose alignment is known and can be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from ..models.explained import ExplainedPair
from .number_words import AlignmentScore, NumberPair, Split, alignment_accuracy
from .transducer import Transducer, TransducerSettings, Translation, vocabulary_of

VARIANTS: Mapping[str, tuple[str | None, bool]] = {
    "learned sharpness": ("cosine", True),
    "sharpness 1": ("cosine", False),
    "no attention": (None, False),
}
"""The three models that act one compares: what each is called, its score, and whether it learns a sharpness."""


@dataclass(frozen=True)
class TranslationScore:
    """How well a model translates unseen numbers.

    Attributes
    ----------
    exact : float
        The share of numbers with every word right.
    alignment : AlignmentScore or None
        Of the attention at the right words, against the true alignment; None without attention.
    """

    exact: float
    alignment: AlignmentScore | None


class Translator:
    """A `Transducer` for number words.

    Parameters
    ----------
    pairs : sequence of NumberPair
        Give the vocabularies.
    score, learn_scale
        As in `Seq2Seq`.
    width : int
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        pairs: Sequence[NumberPair],
        *,
        score: str | None,
        learn_scale: bool,
        width: int = 96,
        rng: np.random.Generator,
    ) -> None:
        source = vocabulary_of([pair.source for pair in pairs])
        target = vocabulary_of([pair.target for pair in pairs])
        settings = TransducerSettings(score=score, learn_scale=learn_scale, width=width)
        self._transducer = Transducer(source, target, settings, rng=rng)
        self.model = self._transducer.model

    @property
    def sharpness(self) -> float | None:
        """β in force; None without attention."""
        return self._transducer.sharpness

    def fit(
        self,
        pairs: Sequence[NumberPair],
        *,
        epochs: int | None = 8,
        minutes: float | None = None,
        checkpoint: Path | None = None,
        resume: bool = False,
        configuration: Mapping[str, object] | None = None,
        progress: bool | TextIO = True,
    ) -> list[dict[str, float]]:
        """Train on these pairs, for epochs or, with `epochs` None, for minutes; gives the history of the epochs."""
        result = self._transducer.fit(
            [pair.source for pair in pairs],
            [pair.target for pair in pairs],
            epochs=epochs,
            minutes=minutes,
            checkpoint=checkpoint,
            resume=resume,
            configuration=configuration,
            progress=progress,
        )
        return result.history

    def translate(self, sources: Sequence[Sequence[str]]) -> list[Translation]:
        """Translate word lists, greedily."""
        for word in (word for source in sources for word in source):
            if word not in self._transducer.source:
                raise ValueError(f"source: expected words of numbers, got {word!r}")
        return self._transducer.translate(sources)

    def evaluate(self, pairs: Sequence[NumberPair]) -> TranslationScore:
        """Score on pairs never seen: exact translations, and the alignment of attention at the right words."""
        sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
        translated = self.translate(sources)
        exact = float(np.mean([list(target) == found.words for target, found in zip(targets, translated, strict=True)]))
        looked = [matrix for matrix in self._transducer.weights(sources, targets) if matrix is not None]
        return TranslationScore(exact, alignment_accuracy(looked, pairs) if looked else None)

    def explained(self, pair: NumberPair) -> ExplainedPair:
        """A pair opened for `visualize.explain`."""
        return self._transducer.explained(pair.source, pair.target)


def train_variant(
    split: Split, variant: str, *, seed: int, epochs: int = 8, progress: bool | TextIO = True
) -> tuple[Translator, list[dict[str, float]]]:
    """A trained model of `VARIANTS`, and the history of its training."""
    score, learn_scale = VARIANTS[variant]
    translator = Translator(split.train, score=score, learn_scale=learn_scale, rng=np.random.default_rng(seed))
    return translator, translator.fit(split.train, epochs=epochs, progress=progress)
