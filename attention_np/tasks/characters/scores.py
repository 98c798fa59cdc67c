"""What a character of the test text costs: the model beside counts and compressors, on the same text."""

from __future__ import annotations

from ...functional._checks import Array
from .alphabet import Alphabet
from .compressors import gzip_bits, lzma_bits
from .n_grams import NGrams
from .texts import Texts
from .training import CharacterModel

ORDERS = {"every character alike": 0, "1-grams": 1, "2-grams": 2, "5-grams": 5}


def model_bits(model: CharacterModel, texts: Texts) -> float:
    """Bits per character of the test text."""
    return float(model.bits(model.alphabet.encode(texts.test)).mean())


def baseline_bits(texts: Texts) -> dict[str, float]:
    """Bits per character of the test text by those who only count, and by compressors that have packed the training text before."""
    alphabet = Alphabet(texts.alphabet)
    train, test = alphabet.encode(texts.train), alphabet.encode(texts.test)
    found = {name: _counted(train, test, len(alphabet), order) for name, order in ORDERS.items()}
    return {**found, "gzip": gzip_bits(texts.train, texts.test), "LZMA": lzma_bits(texts.train, texts.test)}


def _counted(train: Array, test: Array, characters: int, order: int) -> float:
    # Without the first character, which the model is given.
    return float(NGrams(train, characters, order).bits(test)[1:].mean())
