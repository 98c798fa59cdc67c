"""The nearest neighbour among bags of words, or of anything else that can be counted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

Bag = Mapping[str, int]
"""How often each word occurs."""


class TfIdf:
    """An index of bags, asked for the one that is most like another: the highest cosine of tf-idf vectors.

    A word that occurs c times in a bag, and in m of the n bags of the index, has the weight
    (1 + ln c)·(1 + ln((1 + n)/(1 + m))) (Salton and Buckley 1988). The vectors are sparse, so a bag is
    compared word by word.
    """

    def __init__(self, bags: Sequence[Bag]) -> None:
        containing = Counter(word for bag in bags for word in bag)
        self._idf = {word: 1.0 + math.log((1 + len(bags)) / (1 + m)) for word, m in containing.items()}
        self._size = len(bags)
        rows: defaultdict[str, list[int]] = defaultdict(list)
        weights: defaultdict[str, list[float]] = defaultdict(list)
        for row, bag in enumerate(bags):
            for word, weight in self._unit(bag).items():
                rows[word].append(row)
                weights[word].append(weight)
        self._index = {word: (np.array(rows[word]), np.array(weights[word])) for word in rows}

    def _unit(self, bag: Bag) -> dict[str, float]:
        known = {word: c for word, c in bag.items() if word in self._idf}
        vector = {word: (1.0 + math.log(c)) * self._idf[word] for word, c in known.items()}
        norm = math.sqrt(sum(weight * weight for weight in vector.values()))
        return {word: weight / norm for word, weight in vector.items()}

    def nearest(self, bag: Bag) -> int:
        """The place of the bag that is most like this one; the first of equals."""
        cosines = np.zeros(self._size)
        for word, weight in self._unit(bag).items():
            rows, weights = self._index[word]
            cosines[rows] += weight * weights
        return int(np.argmax(cosines))


def n_grams(symbols: Sequence[str], longest: int = 3) -> Counter[str]:
    """How often each run of one to `longest` symbols occurs; an edge of the sequence counts as a symbol."""
    framed = ["", *symbols, ""]
    runs = (framed[first : first + n] for n in range(1, longest + 1) for first in range(len(framed) - n + 1))
    return Counter("\0".join(run) for run in runs)
