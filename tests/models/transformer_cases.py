"""Small transformers and batches for them."""

from __future__ import annotations

import numpy as np

from attention_np.models.seq2seq import PairBatch
from attention_np.models.transformer import LanguageModel, TokenBatch, Transformer, TransformerSettings

PAD, START, END = 0, 1, 2
SOURCE_SIZE, TARGET_SIZE = 9, 7
SOURCES, TARGETS = (5, 2, 4), (3, 4, 1)
SMALL = {"width": 8, "depth": 2, "heads": 2, "hidden": 6}


def language_model(seed=0, dtype=np.float64, **settings):
    rng = np.random.default_rng(seed)
    return LanguageModel(TARGET_SIZE, TransformerSettings(**{**SMALL, **settings}), rng=rng, dtype=dtype)


def transformer(seed=0, dtype=np.float64, **settings):
    rng = np.random.default_rng(seed)
    return Transformer(SOURCE_SIZE, TARGET_SIZE, TransformerSettings(**{**SMALL, **settings}), rng=rng, dtype=dtype)


def token_batch(seed=1, texts=3, length=5, ignored=None):
    ids = np.random.default_rng(seed).integers(0, TARGET_SIZE, (texts, length + 1))
    return TokenBatch(ids[:, :-1], ids[:, 1:], ignored)


def pair_batch(seed=1, more_sources=0, more_targets=0):
    rng = np.random.default_rng(seed)
    source = np.full((3, 5 + more_sources), PAD)
    targets = np.full((3, 5 + more_targets), PAD)
    inputs = targets.copy()
    for row, (words, written) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        source[row, :words] = rng.integers(3, SOURCE_SIZE, words)
        sentence = rng.integers(3, TARGET_SIZE, written)
        targets[row, : written + 1] = [*sentence, END]
        inputs[row, : written + 1] = [START, *sentence]
    return PairBatch(source, source != PAD, inputs, targets, PAD)
