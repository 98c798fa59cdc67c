"""Words and their ids: the tokeniser, the vocabulary, and its extension by the words of one source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

PAD, UNKNOWN, START, END = 0, 1, 2, 3
"""The ids of the special entries; every other id stands for a word."""
SPECIAL = ("<pad>", "<unknown>", "<start>", "<end>")
FEWEST_OCCURRENCES = 3
"""A word that occurs less often in the training data is not in the vocabulary: it can only be copied."""

# A word with its 's or 't; punctuation where it separates words in a sentence, not inside a number or a
# dotted name.
_TOKEN = re.compile(r"[^\W_]+(?:['’](?:s|t|re|ve|ll|d|m)\b)?|(?<=\w)[-/](?=\w)|[,;()]|[.:](?=\s|$)")
_CASE_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def split_words(text: str) -> list[str]:
    """Split a text into lower-cased words and punctuation.

    Identifiers fall into words at underscores and dots: ``"numpy.array_split"`` gives ``numpy array split``;
    changes of case do not divide a word, since ROUGE takes ``ValueError`` for one word as well. Kept as words
    of their own are ``, ; ( )``, a full stop or colon behind a word, and a hyphen or slash between two words;
    other signs are dropped.
    """
    return _TOKEN.findall(text.lower())


def identifier_words(name: str) -> list[str]:
    """The words of an identifier: ``set_xlim3D`` gives ``set xlim3d``, ``HTTPServer`` ``http server``."""
    return [word for word in split_words(_CASE_BOUNDARY.sub(" ", name)) if is_word(word)]


def is_word(token: str) -> bool:
    """Whether a token is a word or a number, not punctuation and not a separator such as ``<text>``."""
    return token[0].isalnum()


def join_words(tokens: Iterable[str]) -> str:
    """Write tokens as a line to read: ``["draw", "2", "-", "d", "lines"]`` gives ``"Draw 2-d lines"``."""
    text = " ".join(tokens)
    text = re.sub(r" ([-/]) ", r"\1", text)
    text = re.sub(r" ([,;:.)])", r"\1", text)
    text = re.sub(r"\( ", "(", text)
    return text[:1].upper() + text[1:]


class Vocabulary:
    """The words a model knows, each with an id, the special entries first.

    Parameters
    ----------
    words : sequence of str
        What `to_list` gave, or the words alone; those that occur in summaries first.
    writable : int
        How many ids, counted from 0, a model may write: the special entries and the words that occur in some
        summary. The others it only ever reads, so its output layer needs no more than the first `writable`
        rows.

    Raises
    ------
    ValueError
        If a word occurs twice, or `writable` is not between the number of special entries and the size.
    """

    def __init__(self, words: Sequence[str], writable: int | None = None) -> None:
        words = list(words)
        if tuple(words[: len(SPECIAL)]) != SPECIAL:
            words = [*SPECIAL, *words]
        self._words = words
        self._ids = {word: id for id, word in enumerate(words)}
        self.writable = len(words) if writable is None else writable
        if len(self._ids) != len(words):
            twice = next(word for word, count in Counter(words).items() if count > 1)
            raise ValueError(f"words: expected each word once, got {twice!r} twice")
        if not len(SPECIAL) <= self.writable <= len(words):
            raise ValueError(f"writable: expected {len(SPECIAL)} to {len(words)}, got {self.writable}")

    @classmethod
    def build(
        cls,
        sources: Iterable[Sequence[str]],
        targets: Iterable[Sequence[str]],
        fewest: int = FEWEST_OCCURRENCES,
    ) -> Vocabulary:
        """All words that occur at least `fewest` times in training sources and targets together.

        Words of the targets come first, then those of the sources alone, each by falling count and then by
        alphabet.
        """
        written = Counter(word for target in targets for word in target)
        counts = written + Counter(word for source in sources for word in source)
        common = [word for word, count in counts.items() if count >= fewest]
        common.sort(key=lambda word: (-counts[word], word))
        first = [word for word in common if word in written]
        only_read = [word for word in common if word not in written]
        return cls([*first, *only_read], writable=len(SPECIAL) + len(first))

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    def to_list(self) -> list[str]:
        """All entries in the order of their ids, to be saved beside the model."""
        return list(self._words)

    def encode(self, words: Iterable[str], extra: Sequence[str] = ()) -> list[int]:
        """The ids of words; for ``extra[k]`` outside the vocabulary ``len(self) + k``, else `UNKNOWN`."""
        added = {word: len(self._words) + k for k, word in enumerate(extra)}
        return [self._ids.get(word, added.get(word, UNKNOWN)) for word in words]

    def extend(self, source_words: Iterable[str]) -> tuple[list[int], list[str]]:
        """The ids of a source in its *extended* vocabulary, and the words that extend it.

        A word outside the vocabulary gets the id ``len(self) + k``, k counting such words by first
        occurrence. So a pointer can copy what no row of the output layer stands for (See, Liu and Manning
        2017, section 2.2).
        """
        words = list(source_words)
        extra = list(dict.fromkeys(word for word in words if word not in self._ids))
        return self.encode(words, extra), extra

    def decode(self, ids: Iterable[int], extra: Sequence[str] = ()) -> list[str]:
        """The words of ids, up to the first `END`, without the other special entries but `UNKNOWN`.

        Raises
        ------
        ValueError
            If an id lies outside the vocabulary and its extension by `extra`.
        """
        words = []
        for id in ids:
            if id == END:
                break
            if not 0 <= id < len(self._words) + len(extra):
                raise ValueError(f"ids: expected 0 to {len(self._words) + len(extra) - 1}, got {id}")
            if id not in (PAD, START):
                words.append(self._words[id] if id < len(self._words) else extra[id - len(self._words)])
        return words
