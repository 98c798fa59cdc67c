"""How well pairs are written: exact match, and errors by word and by character or phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..edit_distance import error_rate
from ..tf_idf import TfIdf, n_grams
from ..transducer import Symbols
from .units import join_units, words_of

Writer = Callable[[Symbols], Symbols]


class PairScore(NamedTuple):
    """Of what was written for some sources, against their references; see `score_pairs`."""

    exact: float
    word_error_rate: float
    symbol_error_rate: float
    symbol: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the last rate by its name."""
        return {
            "exact": self.exact,
            "word_error_rate": self.word_error_rate,
            f"{self.symbol}_error_rate": self.symbol_error_rate,
        }


def score_pairs(written: Sequence[Symbols], references: Sequence[Symbols], units: str) -> PairScore:
    """Score what was written.

    Parameters
    ----------
    written, references : sequence of symbols
        As many of one as of the other, and at least one.
    units : {"characters", "words", "phones"}
        What they are sequences of.

    Returns
    -------
    PairScore
        ``exact``: the share of rows that are right in every symbol. ``word_error_rate``: edits in words, per word of the
        references; a row of phones is one word, so there it is 1 - exact, as in SIGMORPHON's tasks.
        ``symbol_error_rate``: edits in phones where the units are phones, else in characters, per one of the references;
        ``symbol`` says which.
    """
    rows = list(zip(written, references, strict=True))
    exact = float(np.mean([list(row) == list(reference) for row, reference in rows]))
    by_word = error_rate((words_of(row, units), words_of(reference, units)) for row, reference in rows)
    if units == "phones":
        return PairScore(exact, by_word, error_rate(rows), "phone")
    characters = ((join_units(row, units), join_units(reference, units)) for row, reference in rows)
    return PairScore(exact, by_word, error_rate(characters), "character")


def baselines(
    sources: Sequence[Symbols], targets: Sequence[Symbols], source_units: str, target_units: str
) -> dict[str, Writer]:
    """Ways to write without a model: the source as it stands, and the target of the training source that is most like.

    The nearest neighbour is that of tf-idf vectors over runs of one to three symbols.
    """
    index = TfIdf([n_grams(source) for source in sources])

    def copied(source: Symbols) -> Symbols:
        if source_units == "characters" and target_units == "words":
            return join_units(source, source_units).split()
        return list(join_units(source, source_units)) if target_units == "characters" else source

    return {
        "the source as it stands": copied,
        "nearest neighbour": lambda source: targets[index.nearest(n_grams(source))],
    }
