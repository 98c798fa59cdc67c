"""Translating number words by a dictionary alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from .number_words import NumberPair


def word_by_word(pairs: Sequence[NumberPair]) -> Callable[[Sequence[str]], list[str]]:
    """A baseline that attends rightly and does nothing else: each English word's commonest translation, in English order.

    Parameters
    ----------
    pairs : sequence of NumberPair
        Where the translations of a word are counted, by the true alignment.

    Returns
    -------
    callable
        From English words to those of the other language.
    """
    counts: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for pair in pairs:
        for place, word in enumerate(pair.source):
            said = (target for target, index in zip(pair.target, pair.alignment, strict=True) if index == place)
            counts[word][tuple(said)] += 1
    commonest = {word: counter.most_common(1)[0][0] for word, counter in counts.items()}

    def translate(source: Sequence[str]) -> list[str]:
        return [word for english_word in source for word in commonest.get(english_word, ())]

    return translate
