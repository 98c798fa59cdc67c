"""The models that are measured as wholes, and batches for them."""

from __future__ import annotations

import numpy as np

from ..functional._checks import Array
from ..models import ArticleModel
from ..models.summarizer import Summarizer, SummaryBatch
from ..models.transformer import LanguageModel, TokenBatch, TransformerSettings
from ..tasks.batches import padded
from ..tasks.summaries import SummarizerSettings
from ..tasks.vocabulary import END, PAD, SPECIAL, START, UNKNOWN

ARTICLE, SUMMARIZER, TRANSFORMER = "the article's model", "the summariser", "a transformer"

VOCABULARY, WIDTH, BATCH, LENGTH = 5_000, 128, 64, 64
"""Of the article's model: words and classes, hidden width, sequences, their length."""

# What the documentation that the main job reads comes to, in its longer batches: there most of its time goes.
READABLE, WRITABLE, BEYOND = 5_500, 4_300, 40
SOURCE_LENGTHS, TARGET_LENGTHS = (44, 52), (5, 20)

TRANSFORMER_SETTINGS = TransformerSettings(width=128, depth=4, heads=4)
CHARACTERS, TEXTS, TEXT_LENGTH = 100, 16, 128


def article_model(rng: np.random.Generator) -> ArticleModel:
    """1.3 million parameters."""
    return ArticleModel(VOCABULARY, WIDTH, VOCABULARY, rng=rng)


def article_batch(rng: np.random.Generator) -> tuple[Array, Array]:
    """Ids (B, T), and a class for each sequence (B,)."""
    return rng.integers(VOCABULARY, size=(BATCH, LENGTH)), rng.integers(VOCABULARY, size=BATCH)


def summarizer(rng: np.random.Generator) -> Summarizer:
    """The main job's model at its settings: 1.3 million parameters."""
    settings = SummarizerSettings()
    return Summarizer(
        READABLE,
        WRITABLE,
        width=settings.width,
        score=settings.score,
        learn_scale=settings.learn_scale,
        dropout=settings.dropout,
        rng=rng,
    )


def summary_batch(rng: np.random.Generator) -> SummaryBatch:
    """A random batch of the main job's size: some source words are beyond the vocabulary, a third of the targets can be copied."""
    sources, targets = [], []
    for _ in range(SummarizerSettings().batch_size):
        source = rng.integers(len(SPECIAL), READABLE + BEYOND, rng.integers(*SOURCE_LENGTHS, endpoint=True))
        target = rng.integers(len(SPECIAL), WRITABLE, rng.integers(*TARGET_LENGTHS, endpoint=True))
        sources.append(source)
        targets.append(np.where(rng.random(len(target)) < 1 / 3, rng.choice(source, len(target)), target))
    extended_source = padded([source.tolist() for source in sources], PAD)
    known = [np.where(target < READABLE, target, UNKNOWN) for target in targets]
    return SummaryBatch(
        source=np.where(extended_source < READABLE, extended_source, UNKNOWN),
        mask=extended_source != PAD,
        inputs=padded([[START, *target.tolist()] for target in known], PAD),
        targets=padded([[*target.tolist(), END] for target in targets], PAD),
        padding=PAD,
        extended_source=extended_source,
        unknown=UNKNOWN,
    )


def transformer(rng: np.random.Generator) -> LanguageModel:
    """A decoder alone, of cosines with a learned sharpness: 0.8 million parameters."""
    return LanguageModel(CHARACTERS, TRANSFORMER_SETTINGS, rng=rng)


def transformer_batch(rng: np.random.Generator) -> TokenBatch:
    """Random characters."""
    ids = rng.integers(CHARACTERS, size=(TEXTS, TEXT_LENGTH + 1))
    return TokenBatch(np.ascontiguousarray(ids[:, :-1]), np.ascontiguousarray(ids[:, 1:]))
