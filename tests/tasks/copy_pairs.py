"""Texts to copy word by word, in place of harvested docstrings."""

from __future__ import annotations

import numpy as np

from attention_np.tasks.cleaning import Pair
from attention_np.tasks.docstrings import Docstring
from attention_np.tasks.splits import Dataset

WORDS = [f"word{letter}" for letter in "abcdefghijkl"]


def copy_pair(words, name="copy"):
    """A pair whose summary is its text."""
    text = " ".join(words)
    docstring = Docstring(f"module.{name}", "module", "function", (), text[:1].upper() + text[1:], text)
    return Pair(docstring, text, ("<function>", name, "<text>", *words), tuple(words))


def copy_dataset(train, validation=30, test=50, seed=0):
    """Two to four words each, one of which occurs nowhere else, so that only a pointer can write it."""
    rng = np.random.default_rng(seed)
    pairs = []
    for number in range(train + validation + test):
        words = [str(word) for word in rng.choice(WORDS, rng.integers(2, 5), replace=False)]
        words[rng.integers(len(words))] = f"new{number}"
        pairs.append(copy_pair(words))
    return Dataset(
        tuple(pairs[:train]), tuple(pairs[train : train + validation]), tuple(pairs[train + validation :]), (), {}
    )
