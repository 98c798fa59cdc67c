"""From sequences to sequences: a translator of any symbols, words or characters, with its two vocabularies."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self, TextIO

import numpy as np

from ..functional._checks import Array
from ..models.explained import ExplainedPair
from ..models.seq2seq import PairBatch, Seq2Seq
from ..models.transformer import Transformer, TransformerSettings
from ..optim import Adam, WarmupCosine
from ..training import CheckpointError, TrainingResult, load_model, save_model, train
from ..training.interface import Metrics
from .batches import Batches, padded
from .vocabulary import END, PAD, START, UNKNOWN, Vocabulary

Symbols = Sequence[str]
"""A source or a target: words, characters or phones, each a string."""

ARCHITECTURES = ("recurrent", "transformer")
_AT_ONCE = 250
"""Sources that are translated together."""


@dataclass(frozen=True)
class Translation:
    """What was written for a source, and where attention lay for each word of it (None without attention).

    A word is whatever the target is a sequence of, a character perhaps. `weights` has a row for each word written, and a
    column for each of the source.
    """

    words: list[str]
    weights: Array | None


@dataclass(frozen=True)
class TransducerSettings:
    """How a `Transducer` is built.

    Attributes
    ----------
    score, learn_scale, width, dropout
        As in `Seq2Seq`; the score None is a model without attention.
    longest : int
        The symbols that it writes at most.
    architecture : {"recurrent", "transformer"}
        A `Seq2Seq`, or a `Transformer` of two blocks on each side.
    positions : {"sinusoidal", "rotary", "alibi"}
        Of a transformer, as in `TransformerSettings`; recurrences need none.
    """

    score: str | None = "cosine"
    learn_scale: bool = True
    width: int = 96
    dropout: float = 0.1
    longest: int = 24
    architecture: str = "recurrent"
    positions: str = "sinusoidal"


class Transducer:
    """A `Seq2Seq` or a `Transformer`, and its two vocabularies: symbols in, symbols out.

    A symbol that the source's vocabulary lacks is read as the unknown one; none but the target's are ever written.

    Parameters
    ----------
    source, target : Vocabulary
    settings : TransducerSettings
    rng : numpy.random.Generator
    """

    def __init__(
        self, source: Vocabulary, target: Vocabulary, settings: TransducerSettings, *, rng: np.random.Generator
    ) -> None:
        self.source = source
        self.target = target
        self.settings = settings
        self.rng = rng
        self.model = _model(len(source), len(target), settings, rng)

    @property
    def sharpness(self) -> float | None:
        """β in force, of a transformer the mean over all heads; None without attention."""
        if isinstance(self.model, Transformer):
            return self.model.sharpness
        attention = self.model.decoder.attention
        return None if attention is None else float(attention.scale_in_force(self.settings.width))

    def fit(
        self,
        sources: Sequence[Symbols],
        targets: Sequence[Symbols],
        *,
        learning_rate: float = 3e-3,
        batch_size: int = 64,
        epochs: int | None = None,
        minutes: float | None = None,
        validate: Metrics | None = None,
        criterion: str = "loss",
        better: Literal["lower", "higher"] = "lower",
        checkpoint: Path | None = None,
        resume: bool = False,
        configuration: Mapping[str, Any] | None = None,
        progress: bool | TextIO = True,
    ) -> TrainingResult:
        """Train on pairs of a source and a target; the arguments are those of `train`."""
        sharpness = self.sharpness
        return train(
            self.model,
            Adam(self.model.parameters(), learning_rate),
            self.batches(sources, targets, batch_size),
            rng=self.rng,
            epochs=epochs,
            minutes=minutes,
            schedule=lambda total: WarmupCosine(total // 10, total),
            clip=1.0,
            validate=validate,
            criterion=criterion,
            better=better,
            watch=None if sharpness is None else lambda: {"sharpness": self.sharpness or 0.0},
            checkpoint=checkpoint,
            resume=resume,
            configuration=configuration,
            progress=progress,
        )

    def batches(self, sources: Sequence[Symbols], targets: Sequence[Symbols], size: int) -> Batches[PairBatch]:
        """Batches for `train`, and for validation in order."""

        def make(indices: Array) -> PairBatch:
            return self._lay_out([sources[index] for index in indices], [targets[index] for index in indices])

        return Batches([len(source) for source in sources], size, make)

    def loss(self, batches: Batches[PairBatch]) -> float:
        """The mean loss per target symbol."""
        losses, counts = [], []
        for batch in batches.in_order():
            losses.append(self.model(batch)[0])
            counts.append(int((batch.targets != PAD).sum()))
        return float(np.average(losses, weights=counts))

    def translate(self, sources: Sequence[Symbols], *, beams: int = 1) -> list[Translation]:
        """Translate each source by beam search; one beam is greedy."""
        translations: list[Translation] = []
        for first in range(0, len(sources), _AT_ONCE):
            rows = sources[first : first + _AT_ONCE]
            batch = self._lay_out(rows, [[]] * len(rows))
            found = self.model.predict(
                batch.source,
                batch.mask,
                start=START,
                end=END,
                padding=PAD,
                beams=beams,
                longest=self.settings.longest,
                never=[UNKNOWN],
            )
            written = [self.target.decode(hypothesis.words) for hypothesis in found]
            looked = self.weights(rows, written)
            translations += [Translation(words, weights) for words, weights in zip(written, looked, strict=True)]
        return translations

    def weights(self, sources: Sequence[Symbols], targets: Sequence[Symbols]) -> list[Array | None]:
        """Where attention lies for each symbol of these targets: a row each, a column for each symbol of the source."""
        found: list[Array | None] = []
        for first in range(0, len(sources), _AT_ONCE):
            rows, columns = targets[first : first + _AT_ONCE], sources[first : first + _AT_ONCE]
            looked = self.model.weights(self._lay_out(columns, rows))
            if looked is None:
                found += [None] * len(rows)
            else:
                found += [
                    matrix[: len(row), : len(column)] for matrix, row, column in zip(looked, rows, columns, strict=True)
                ]
        return found

    def explained(self, source: Symbols, target: Symbols) -> ExplainedPair:
        """One pair, opened for `visualize.explain`: a row for each symbol of the target and one for its end."""
        source_layer = "source_words" if isinstance(self.model, Transformer) else "source_embedding"
        return ExplainedPair(self.model, self._lay_out([source], [target]), source_layer)

    def _lay_out(self, sources: Sequence[Symbols], targets: Sequence[Symbols]) -> PairBatch:
        source = padded([self.source.encode(row) for row in sources], PAD)
        ids = [self.target.encode(row) for row in targets]
        return PairBatch(
            source=source,
            mask=source != PAD,
            inputs=padded([[START, *row] for row in ids], PAD),
            targets=padded([[*row, END] for row in ids], PAD),
            padding=PAD,
        )

    def save(self, path: str | os.PathLike[str], kind: str, **facts: Any) -> None:
        """Write model, vocabularies and settings to one file, for `load`.

        Raises
        ------
        CheckpointError
            If the file cannot be written.
        """
        configuration = {
            "settings": asdict(self.settings),
            "source": self.source.to_list(),
            "target": self.target.to_list(),
        }
        save_model(path, kind, self.model, configuration, **facts)

    @classmethod
    def load(cls, path: str | os.PathLike[str], kind: str) -> tuple[Self, dict[str, Any]]:
        """Read what `save` wrote: the transducer, in evaluation mode, and the facts.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or of another kind.
        """
        saved = load_model(path, kind)
        try:
            settings = TransducerSettings(**saved.configuration["settings"])
            source, target = (Vocabulary(saved.configuration[side]) for side in ("source", "target"))
            transducer = cls(source, target, settings, rng=np.random.default_rng(0))
            transducer.model.load_state_dict(saved.weights)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: holds a model that this attention_np cannot build ({error})") from error
        transducer.model.eval()
        return transducer, saved.facts


def _model(
    source_size: int, target_size: int, settings: TransducerSettings, rng: np.random.Generator
) -> Seq2Seq | Transformer:
    if settings.architecture == "recurrent":
        return Seq2Seq(
            source_size,
            target_size,
            width=settings.width,
            score=settings.score,
            learn_scale=settings.learn_scale,
            dropout=settings.dropout,
            rng=rng,
        )
    if settings.architecture != "transformer":
        expected = ", ".join(ARCHITECTURES)
        raise ValueError(f"architecture: expected one of {expected}, got {settings.architecture!r}")
    if settings.score is None:
        raise ValueError("score: expected one for a transformer, which is nothing without attention")
    built = TransformerSettings(
        width=settings.width,
        depth=2,
        score=settings.score,
        learn_scale=settings.learn_scale,
        positions=settings.positions,
        dropout=settings.dropout,
    )
    return Transformer(source_size, target_size, built, rng=rng)


def vocabulary_of(rows: Sequence[Symbols], fewest: int = 1) -> Vocabulary:
    """The symbols that occur at least `fewest` times in one side of the training pairs."""
    return Vocabulary.build([], rows, fewest)
