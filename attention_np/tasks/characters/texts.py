"""The documentation that is installed here as three long texts: to learn from, to stop by, and to be tested on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..docstring_reader import Docstring
from ..docstrings import harvest
from ..splits import BODY_JACCARD, SHINGLE, near_duplicates

TEST_SHARE = 0.06
VALIDATION_SHARE = 0.04
TEST_CHARACTERS = 100_000
VALIDATION_CHARACTERS = 30_000
RAREST = 20
"""Occurrences in the training text below which a character is written as `UNKNOWN`, in all three texts."""
BETWEEN = "\f"
"""Stands before each docstring: the page break."""
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Texts:
    """Docstrings one behind the other, each behind `BETWEEN`.

    Attributes
    ----------
    train, validation, test : str
    alphabet : str
        All characters that occur in them.
    """

    train: str
    validation: str
    test: str
    alphabet: str

    @property
    def sha256(self) -> str:
        """A hash of the three: equal hashes mean equal texts, so comparable scores."""
        joined = "\0".join((self.train, self.validation, self.test))
        return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def read_texts(packages: Iterable[str] = (), cache: Path | None = None) -> Texts:
    """Harvest the docstrings of this machine and divide them; see `harvest` for the arguments and errors."""
    return divide(harvest(packages, cache).docstrings)


def divide(
    docstrings: Sequence[Docstring],
    validation_characters: int = VALIDATION_CHARACTERS,
    test_characters: int = TEST_CHARACTERS,
) -> Texts:
    """Divide by whole modules, in the order of the SHA-256 of their names, and remove what leaks.

    A held-out docstring goes where it is equal to one that is learned from, or shares so many 4-word shingles with one as `splits`
    calls a leak. What is left is cut down to so many characters, docstrings of all held-out modules mixed, so that many
    authors are heard in a text that is scored in seconds.

    Raises
    ------
    ValueError
        If nothing is left to learn from, to stop by, or to be tested on.
    """
    texts = [f"{docstring.summary}\n\n{docstring.body}".strip() for docstring in docstrings]
    sizes: Counter[str] = Counter()
    for docstring, text in zip(docstrings, texts, strict=True):
        sizes[docstring.module] += len(text)
    parts = _parts(sizes)
    divided: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for docstring, text in zip(docstrings, texts, strict=True):
        divided[parts[docstring.module]].append(text)
    train = divided["train"]
    validation = _cut(_without_leaks(divided["validation"], train), validation_characters)
    test = _cut(_without_leaks(divided["test"], [*train, *divided["validation"]]), test_characters)
    if not (train and validation and test):
        found = f"{len(train)}, {len(validation)} and {len(test)}"
        raise ValueError(f"docstrings: expected some for training, validation and test, got {found}")
    counts = Counter(BETWEEN + BETWEEN.join(train))
    frequent = {character for character, count in counts.items() if count >= RAREST} | {BETWEEN}
    alphabet = "".join(sorted(frequent | {UNKNOWN}))
    return Texts(_joined(train, frequent), _joined(validation, frequent), _joined(test, frequent), alphabet)


def _parts(sizes: Counter[str]) -> dict[str, str]:
    """Which text each module belongs to."""
    parts: dict[str, str] = {}
    total, test, validation = sizes.total(), 0, 0
    for module in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        parts[module] = "train"
        if test < TEST_SHARE * total:
            parts[module], test = "test", test + sizes[module]
        elif validation < VALIDATION_SHARE * total:
            parts[module], validation = "validation", validation + sizes[module]
    return parts


def _without_leaks(texts: Sequence[str], others: Sequence[str]) -> list[str]:
    known = set(others)
    similar = near_duplicates([_shingles(text) for text in texts], [_shingles(text) for text in others], BODY_JACCARD)
    kept = (text for place, text in enumerate(texts) if place not in similar and text not in known)
    return list(dict.fromkeys(kept))


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = text.split()
    return frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _cut(texts: Sequence[str], characters: int) -> list[str]:
    """As many as do not exceed so many characters, in the order of their SHA-256, which mixes them."""
    kept, length = [], 0
    for text in sorted(texts, key=lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()):
        if length + len(text) + 1 <= characters:
            kept.append(text)
            length += len(text) + 1
    return kept


def _joined(texts: Sequence[str], frequent: set[str]) -> str:
    joined = "".join(BETWEEN + text for text in texts)
    return joined.translate({ord(character): UNKNOWN for character in set(joined) - frequent})
