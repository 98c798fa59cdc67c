"""TextRank: the sentence that is most like the others, found as PageRank finds the page most linked to."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .vocabulary import is_word, split_words

DAMPING = 0.85
_TOLERANCE = 1e-9
_MOST_SENTENCES = 50
_FEWEST_WORDS = 3
_SENTENCE_BREAK = re.compile(r"(?<=[.!?])(?<!\.\w\.)\s+(?=[^a-z\s])|\n")


def sentences(text: str) -> list[list[str]]:
    """The sentences of a text in their words, without punctuation; a line's end ends a sentence as well.

    Headings and the like, of fewer than three words, are left out unless there is nothing else.
    """
    parts = ([word for word in split_words(part) if is_word(word)] for part in _SENTENCE_BREAK.split(text))
    found = [words for words in parts if words]
    return [words for words in found if len(words) >= _FEWEST_WORDS] or found


def sentence_ranks(texts: Sequence[Sequence[str]], damping: float = DAMPING) -> npt.NDArray[np.float64]:
    """The rank of each sentence: how often a reader is there who keeps moving to a similar sentence.

    With s_ij the cosine similarity of the word counts of two different sentences, and P_ij = s_ij / Σ_k s_kj
    the chance to move from j to i (1/n from a sentence like no other), the ranks r are the fixed point of

        r = (1 − damping)/n + damping · P r,

    found by power iteration. Source: Mihalcea and Tarau 2004, "TextRank: bringing order into texts", equation
    2, with the cosine in place of their overlap (as LexRank, Erkan and Radev 2004).

    Returns
    -------
    array of shape (sentences,)
        Positive, with sum 1.
    """
    number = len(texts)
    every_word = dict.fromkeys(word for words in texts for word in words)
    columns = {word: column for column, word in enumerate(every_word)}
    counts = np.zeros((number, len(columns)))
    for row, words in enumerate(texts):
        np.add.at(counts[row], [columns[word] for word in words], 1.0)
    # A sentence with words has a norm of at least 1; one without is similar to none.
    unit = counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1.0)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, 0.0)
    outgoing = similarity.sum(axis=0)
    moves = np.full_like(similarity, 1.0 / max(number, 1))
    np.divide(similarity, outgoing, out=moves, where=outgoing > 0)
    ranks = np.full(number, 1.0 / max(number, 1))
    # Each step shrinks the distance to the fixed point by the damping at least, so this ends.
    while True:
        following = (1.0 - damping) / max(number, 1) + damping * (moves @ ranks)
        if np.abs(following - ranks).sum() < _TOLERANCE:
            return following
        ranks = following


def most_central_sentence(text: str) -> list[str]:
    """The words of the sentence with the highest rank among the first fifty, the earlier of equal ones."""
    candidates = sentences(text)[:_MOST_SENTENCES]
    if not candidates:
        return []
    # Rounded, so that ranks equal but for the order of summation are equal.
    return candidates[int(np.argmax(sentence_ranks(candidates).round(7)))]
