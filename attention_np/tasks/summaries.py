"""The summaries task: pairs of text and summary become batches, and a trained model writes summaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..functional._checks import Array
from ..models.explained import ExplainedPair
from ..models.summarizer import Summarizer, SummaryBatch
from .batches import Batches, padded
from .cleaning import Pair
from .splits import Dataset
from .vocabulary import END, PAD, START, UNKNOWN, Vocabulary, join_words

LONGEST_SUMMARY = 24


@dataclass(frozen=True)
class SummarizerSettings:
    """What a summariser is made and trained with, but for the data and the seed.

    Attributes
    ----------
    score : str or None
        Of the attention; None: neither attention nor pointer.
    learn_scale : bool
        Whether the sharpness is learned; β = 1 otherwise.
    width : int
    dropout : float
    batch_size : int
    learning_rate : float
        At the top of its schedule.
    """

    score: str | None = "cosine"
    learn_scale: bool = True
    width: int = 160
    dropout: float = 0.45
    batch_size: int = 32
    learning_rate: float = 2e-3

    def as_dict(self) -> dict[str, object]:
        """The settings by name, as a checkpoint keeps them."""
        return asdict(self)


@dataclass(frozen=True)
class Summary:
    """A summary written by a model, and how it came about.

    Attributes
    ----------
    text : str
    words : list of str
    source : list of str
    weights : array (words, source) or None
        Where attention lay; None for a model without.
    copied : list of float
        The share of each word's probability that came from the pointer.
    """

    text: str
    words: list[str]
    source: list[str]
    weights: Array | None
    copied: list[float]


def build_vocabulary(dataset: Dataset) -> Vocabulary:
    """The words of the training pairs and extras."""
    pairs = [*dataset.train, *dataset.extras]
    return Vocabulary.build([pair.source for pair in pairs], [pair.target for pair in pairs])


def make_summarizer(settings: SummarizerSettings, vocabulary: Vocabulary, rng: np.random.Generator) -> Summarizer:
    """An untrained model for this vocabulary."""
    return Summarizer(
        len(vocabulary),
        vocabulary.writable,
        width=settings.width,
        score=settings.score,
        learn_scale=settings.learn_scale,
        dropout=settings.dropout,
        rng=rng,
    )


def lay_out(sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]], vocabulary: Vocabulary) -> SummaryBatch:
    """Sources and targets as one batch; targets may be empty where a model is only to predict."""
    extended_rows, input_rows, target_rows = [], [], []
    for source, target in zip(sources, targets, strict=True):
        extended, extra = vocabulary.extend(source)
        present = set(extended)
        ids = [id if id < vocabulary.writable or id in present else UNKNOWN for id in vocabulary.encode(target, extra)]
        extended_rows.append(extended)
        target_rows.append([*ids, END])
        input_rows.append([START, *(id if id < len(vocabulary) else UNKNOWN for id in ids)])
    extended_source = padded(extended_rows, PAD)
    return SummaryBatch(
        source=np.where(extended_source < len(vocabulary), extended_source, UNKNOWN),
        mask=extended_source != PAD,
        inputs=padded(input_rows, PAD),
        targets=padded(target_rows, PAD),
        padding=PAD,
        extended_source=extended_source,
        unknown=UNKNOWN,
    )


def batches_of(pairs: Sequence[Pair], vocabulary: Vocabulary, size: int) -> Batches[SummaryBatch]:
    """Pairs of like length of source in batches of `size`."""

    def make(indices: Array) -> SummaryBatch:
        chosen = [pairs[index] for index in indices]
        return lay_out([pair.source for pair in chosen], [pair.target for pair in chosen], vocabulary)

    return Batches([len(pair.source) for pair in pairs], size, make)


def validation_loss(model: Summarizer, batches: Batches[SummaryBatch]) -> float:
    """The mean loss per word of the targets over all batches, the model being in evaluation mode."""
    losses, words = 0.0, 0
    for batch in batches.in_order():
        counted = int((batch.targets != PAD).sum())
        losses += model(batch)[0] * counted
        words += counted
    return losses / max(words, 1)


def write_summaries(
    model: Summarizer,
    vocabulary: Vocabulary,
    sources: Iterable[Sequence[str]],
    *,
    beams: int = 4,
    length_power: float = 1.0,
    batch_size: int = 32,
) -> list[Summary]:
    """Summaries of sources (see `cleaning.source_words`), by beam search; `model` must be in evaluation mode."""
    # A source's separators are for reading only; in words of the vocabulary angle brackets stand nowhere else.
    separators = [id for id, word in enumerate(vocabulary.to_list()) if word.startswith("<") and id != END]
    pending = [list(source) for source in sources]
    by_length = sorted(range(len(pending)), key=lambda index: len(pending[index]))
    written: dict[int, Summary] = {}
    for first in range(0, len(by_length), batch_size):
        indices = by_length[first : first + batch_size]
        chosen = [pending[index] for index in indices]
        found = model.predict(
            lay_out(chosen, [[]] * len(chosen), vocabulary),
            start=START,
            end=END,
            beams=beams,
            longest=LONGEST_SUMMARY,
            length_power=length_power,
            unwritten=separators,
        )
        words = [
            vocabulary.decode(hypotheses[0].words, vocabulary.extend(source)[1])
            for hypotheses, source in zip(found, chosen, strict=True)
        ]
        looked = model.look(lay_out(chosen, words, vocabulary))
        for row, (index, source, target) in enumerate(zip(indices, chosen, words, strict=True)):
            weights, copied = None, [0.0] * len(target)
            if looked is not None:
                weights = looked[0][row, : len(target), : len(source)]
                copied = looked[1][row, : len(target)].tolist()
            written[index] = Summary(join_words(target), target, source, weights, copied)
    return [written[index] for index in range(len(pending))]


def explained_summary(model: Summarizer, vocabulary: Vocabulary, summary: Summary) -> ExplainedPair:
    """What was written, opened for `visualize.explain`: a row for each word and one for the end."""
    return ExplainedPair(model, lay_out([summary.source], [summary.words], vocabulary), "embedding")
