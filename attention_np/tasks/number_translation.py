"""Act one of the main job: number words from English to German, whose alignment is known and can be scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from ..functional._checks import Array
from ..models.seq2seq import PairBatch, Seq2Seq
from ..optim import Adam, WarmupCosine
from ..training import train
from .batches import Batches, padded
from .number_words import AlignmentScore, NumberPair, Split, alignment_accuracy

PAD, START, END = 0, 1, 2
_FIRST_WORD = 3

VARIANTS: Mapping[str, tuple[str | None, bool]] = {
    "learned sharpness": ("cosine", True),
    "sharpness 1": ("cosine", False),
    "no attention": (None, False),
}
"""The three models that act one compares: what each is called, its score, and whether it learns a sharpness."""


@dataclass(frozen=True)
class Translation:
    """A translated number, and where attention lay for each word (None without attention)."""

    words: list[str]
    weights: Array | None


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
    """A `Seq2Seq` for number words, with its two small vocabularies.

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
        self._source_ids = _numbered(word for pair in pairs for word in pair.source)
        self._target_words = sorted({word for pair in pairs for word in pair.target})
        self._target_ids = _numbered(self._target_words)
        self.rng = rng
        self.model = Seq2Seq(
            _FIRST_WORD + len(self._source_ids),
            _FIRST_WORD + len(self._target_ids),
            width=width,
            score=score,
            learn_scale=learn_scale,
            dropout=0.1,
            rng=rng,
        )

    @property
    def sharpness(self) -> float | None:
        """β in force; None without attention."""
        attention = self.model.decoder.attention
        return None if attention is None else float(attention.scale_in_force(1))

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
        sharpness = self.sharpness
        watch = None if sharpness is None else lambda: {"sharpness": self.sharpness or 0.0}
        result = train(
            self.model,
            Adam(self.model.parameters(), 3e-3),
            self._batches(pairs),
            rng=self.rng,
            epochs=epochs,
            minutes=minutes,
            schedule=lambda total: WarmupCosine(total // 10, total),
            clip=1.0,
            watch=watch,
            checkpoint=checkpoint,
            resume=resume,
            configuration=configuration,
            progress=progress,
        )
        return result.history

    def translate(self, sources: Sequence[Sequence[str]]) -> list[Translation]:
        """Translate word lists, greedily."""
        translations = []
        for first in range(0, len(sources), 250):
            rows = sources[first : first + 250]
            batch = self._lay_out(rows, [[]] * len(rows))
            found = self.model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD)
            written = [[self._target_words[id - _FIRST_WORD] for id in hypothesis.words] for hypothesis in found]
            for row, words, weights in zip(rows, written, self._weights(rows, written), strict=True):
                translations.append(Translation(words, None if weights is None else weights[:, : len(row)]))
        return translations

    def evaluate(self, pairs: Sequence[NumberPair]) -> TranslationScore:
        """Score on pairs never seen: exact translations, and the alignment of attention at the right words."""
        translated = self.translate([pair.source for pair in pairs])
        exact = float(
            np.mean([list(pair.target) == found.words for pair, found in zip(pairs, translated, strict=True)])
        )
        if self.model.decoder.attention is None:
            return TranslationScore(exact, None)
        weights: list[Array] = []
        for first in range(0, len(pairs), 250):
            rows = pairs[first : first + 250]
            looked = self._weights([pair.source for pair in rows], [pair.target for pair in rows])
            weights += [
                matrix[:, : len(pair.source)] for matrix, pair in zip(looked, rows, strict=True) if matrix is not None
            ]
        return TranslationScore(exact, alignment_accuracy(weights, pairs))

    def _weights(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[Array | None]:
        """A row of weights over the padded source for each word of each target."""
        looked = self.model.weights(self._lay_out(sources, targets))
        if looked is None:
            return [None] * len(sources)
        return [matrix[: len(target)] for matrix, target in zip(looked, targets, strict=True)]

    def _batches(self, pairs: Sequence[NumberPair]) -> Batches[PairBatch]:
        def make(indices: Array) -> PairBatch:
            chosen = [pairs[index] for index in indices]
            return self._lay_out([pair.source for pair in chosen], [pair.target for pair in chosen])

        return Batches([len(pair.source) for pair in pairs], 64, make)

    def _lay_out(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> PairBatch:
        source = padded([self._ids("source", self._source_ids, words) for words in sources], PAD)
        ids = [self._ids("target", self._target_ids, words) for words in targets]
        return PairBatch(
            source=source,
            mask=source != PAD,
            inputs=padded([[START, *row] for row in ids], PAD),
            targets=padded([[*row, END] for row in ids], PAD),
            padding=PAD,
        )

    @staticmethod
    def _ids(name: str, ids: Mapping[str, int], words: Sequence[str]) -> list[int]:
        for word in words:
            if word not in ids:
                raise ValueError(f"{name}: expected words of numbers, got {word!r}")
        return [ids[word] for word in words]


def train_variant(
    split: Split, variant: str, *, seed: int, epochs: int = 8, progress: bool | TextIO = True
) -> tuple[Translator, list[dict[str, float]]]:
    """A trained model of `VARIANTS`, and the history of its training."""
    score, learn_scale = VARIANTS[variant]
    translator = Translator(split.train, score=score, learn_scale=learn_scale, rng=np.random.default_rng(seed))
    return translator, translator.fit(split.train, epochs=epochs, progress=progress)


def _numbered(words: Iterable[str]) -> dict[str, int]:
    return {word: _FIRST_WORD + place for place, word in enumerate(sorted(set(words)))}
