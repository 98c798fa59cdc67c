"""A baseline that counts: how often each character stood behind the few before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...functional._checks import Array


class _Counts(NamedTuple):
    """What stood behind contexts of one length: all grams with their counts, all contexts with totals and followers."""

    grams: Array
    counts: Array
    contexts: Array
    totals: Array
    followers: Array


class NGrams:
    r"""Counts of all lengths up to an order, each mixed with the next shorter one (Witten & Bell 1991).

    .. math:: p(c \mid h) = \frac{n(h c) + t(h) \; p(c \mid h')}{n(h) + t(h)}

    n counts in the text, t(h) is how many different characters stood behind h, and h' is h without its first character.
    A context with many followers promises new ones, and the shorter context is asked for them. The shortest of all is no
    context and no count: every character alike. So everything has a probability.

    Parameters
    ----------
    ids : integer array (N,)
        The text that is counted.
    characters : int
        In the alphabet.
    order : int
        n: the character and n - 1 before it. 0 counts nothing.
    """

    def __init__(self, ids: Array, characters: int, order: int) -> None:
        if order < 0 or order * np.log2(max(characters, 2)) >= 63:
            raise ValueError(f"order: expected one from 0 on whose grams can be numbered in 63 bits, got {order}")
        self.characters = characters
        self._lengths = [self._count(_grams(ids, characters, length)) for length in range(1, order + 1)]

    def bits(self, ids: Array) -> Array:
        """What each character of a text costs, -log2 of its probability behind those before it: (N,)."""
        probabilities = np.full(len(ids), 1 / self.characters)
        for length, counted in enumerate(self._lengths, 1):
            grams = _grams(ids, self.characters, length)
            place, known = _find(counted.contexts, grams // self.characters)
            gram_place, gram_known = _find(counted.grams, grams)
            seen = np.where(gram_known, counted.counts[gram_place], 0)
            shorter = probabilities[length - 1 :]
            followers = counted.followers[place]
            mixed = (seen + followers * shorter) / (counted.totals[place] + followers)
            probabilities[length - 1 :] = np.where(known, mixed, shorter)
        return -np.log2(probabilities)

    def _count(self, grams: Array) -> _Counts:
        different, counts = np.unique(grams, return_counts=True)
        contexts, first, followers = np.unique(different // self.characters, return_index=True, return_counts=True)
        return _Counts(different, counts, contexts, np.add.reduceat(counts, first), followers)


def _grams(ids: Array, characters: int, length: int) -> Array:
    """Every run of so many characters as one number, whose last digit is the last character."""
    number = max(0, len(ids) - length + 1)
    grams = np.zeros(number, np.int64)
    for place in range(length):
        grams = grams * characters + ids[place : place + number]
    return grams


def _find(known: Array, sought: Array) -> tuple[Array, Array]:
    """Where each number stands among the known ones, and whether it does."""
    place = np.minimum(np.searchsorted(known, sought), len(known) - 1)
    return place, known[place] == sought
