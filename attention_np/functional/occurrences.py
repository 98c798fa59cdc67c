"""Where each word stands among many ids, and sums over a word's places."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._checks import Array

FREQUENT = 16
"""Occurrences from which on a sum of its own is cheaper than a place in so many rounds."""


class Occurrences(NamedTuple):
    """The words among N ids, the most frequent ones first.

    Attributes
    ----------
    words : integer array (U,)
        The ids that occur, each once.
    counts : integer array (U,)
        How often.
    places : integer array (N,)
        For each id its index among `words`.
    order : integer array (N,)
        The positions 0 … N-1, sorted by id.
    first : integer array (U,)
        Where in `order` a word's positions begin.
    """

    words: Array
    counts: Array
    places: Array
    order: Array
    first: Array

    def sums(self, rows: Array, sources: Array, block: slice) -> Array:
        """For each word of a block, the sum of ``rows[sources[i]]`` over its i in `order`: (words of the block, width).

        A frequent word's rows are added up in one sum. The others are added in rounds, a word's first occurrence, its second,
        its third: no word comes twice in a round, so a round is one addition of whole rows. As the words are ordered by how
        often they occur, those of a round stand together.

        Ratios to ``np.add.reduceat`` over the sorted rows, alone: 0.17 for 4,096 ids drawn evenly from 5,000, 0.47 for 1,664
        ids of a text (`np.add.at` takes 2.9 and 7 times as long as it; rounds without the sums 0.19 and 2.9).
        """
        begin, times = self.first[block], self.counts[block]
        sums = rows[sources[begin]]
        frequent = np.count_nonzero(times >= FREQUENT)
        for word in range(frequent):
            sums[word] = rows[sources[begin[word] : begin[word] + times[word]]].sum(axis=0)
        for occurrence in range(1, times[frequent:].max(initial=0)):
            others = slice(frequent, np.count_nonzero(times > occurrence))
            sums[others] += rows[sources[begin[others] + occurrence]]
        return sums


def occurrences(ids: Array) -> Occurrences:
    """Sort ids (N,), which are not negative.

    The narrowest integers that hold them are sorted: for 16 bits NumPy sorts by digits, in 0.3 of the time for 4,096 ids.
    """
    narrow = ids.astype(np.min_scalar_type(ids.max(initial=0)))
    order = np.argsort(narrow, kind="stable")
    sorted_ids = ids[order]
    starts = np.ones(ids.size, bool)
    starts[1:] = sorted_ids[1:] != sorted_ids[:-1]
    first = np.flatnonzero(starts)
    counts = np.diff(first, append=ids.size)
    most_often_first = np.argsort(-counts, kind="stable")
    rank = np.empty_like(most_often_first)
    rank[most_often_first] = np.arange(first.size)
    places = np.empty_like(order)
    places[order] = np.repeat(rank, counts)
    first = first[most_often_first]
    return Occurrences(sorted_ids[first], counts[most_often_first], places, order, first)


def one_by_one(ids: Array) -> Occurrences:
    """The same form with every position (N,) a word of its own, however often its id occurs."""
    positions = np.arange(ids.size)
    return Occurrences(ids, np.ones_like(positions), positions, positions, positions)
