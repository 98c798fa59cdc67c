"""Training, validation and test data from whole modules, and nothing in one that gives away another.

Documentation repeats itself: a method's text stands again at its wrapper in another module, or differs from
it in one word. A random split would reward remembering. Modules are therefore never divided, and what still
resembles the other side is removed.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from .cleaning import Pair, make_pairs
from .docstrings import harvest
from .vocabulary import split_words

TEST_SHARE = 0.16
VALIDATION_SHARE = 0.10
BODY_JACCARD = 0.4
"""Two bodies leak when so much of the 4-word shingles of both together is common to them."""
SUMMARY_JACCARD = 0.75
"""Two summaries leak when so much of the words of both together is common to them."""
SHINGLE = 4
_FEWEST_MASKED_WORDS = 3


@dataclass(frozen=True)
class Dataset:
    """The split data and how they came about.

    Attributes
    ----------
    train, validation, test : tuple of Pair
    extras : tuple of Pair
        More training data: summaries with hardly a body.
    counts : dict
        What was found and what was removed, in words to print, in order.
    """

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...]
    extras: tuple[Pair, ...]
    counts: dict[str, int]

    @property
    def sha256(self) -> str:
        """A hash of all the data in their order: equal hashes mean equal data, so comparable scores."""
        digest = hashlib.sha256()
        for part in ("train", "validation", "test", "extras"):
            for pair in getattr(self, part):
                texts = (part, pair.docstring.object_name, pair.reference, pair.text)
                words = (*pair.source, "", *pair.target, "\n")
                digest.update("\0".join((*texts, *words)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def prepare(packages: Iterable[str] = (), cache: Path | None = None) -> Dataset:
    """Harvest, clean and split the docstrings of this machine; see `harvest` for the arguments and errors."""
    found = harvest(packages, cache)
    pairs, extras = make_pairs(found.docstrings)
    dataset = split(pairs, extras)
    counts = {
        "files with docstrings": found.files,
        "files that could not be read": found.unreadable,
        "docstrings": len(found.docstrings),
        **dataset.counts,
    }
    return replace(dataset, counts=counts)


def split(
    pairs: Sequence[Pair],
    extras: Sequence[Pair] = (),
    validation_share: float = VALIDATION_SHARE,
    test_share: float = TEST_SHARE,
) -> Dataset:
    """Split by whole modules and remove what leaks.

    Modules are taken in the order of the SHA-256 of their names, so that the same files give the same split:
    for the test until it holds `test_share` of the pairs, then for validation, the rest is for training. Then
    every pair is removed from the test that resembles one for training or validation (see `leaking`), from
    validation that resembles one for training, and from the extras that resembles one for validation or test
    or stands in a module of theirs.

    Raises
    ------
    ValueError
        If the shares are not positive with a sum below 1.
    """
    if not (validation_share > 0 and test_share > 0 and validation_share + test_share < 1):
        raise ValueError(
            "validation_share, test_share: expected positive shares with a sum below 1, "
            f"got {validation_share} and {test_share}"
        )
    sizes = Counter(pair.docstring.module for pair in pairs)
    held_out: dict[str, str] = {}
    test = validation = 0
    for module in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if test < test_share * len(pairs):
            test += sizes[module]
            held_out[module] = "test"
        elif validation < validation_share * len(pairs):
            validation += sizes[module]
            held_out[module] = "validation"
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    for pair in pairs:
        parts[held_out.get(pair.docstring.module, "train")].append(pair)
    train_pairs, validation_pairs, test_pairs = parts.values()
    train_features, validation_features = _all_features(train_pairs), _all_features(validation_pairs)
    kept_validation = _without(validation_pairs, leaking(validation_features, train_features))
    test_features = _all_features(test_pairs)
    kept_test = _without(test_pairs, leaking(test_features, [*train_features, *validation_features]))
    free_extras = [extra for extra in extras if extra.docstring.module not in held_out]
    held_out_features = [*validation_features, *test_features]
    kept_extras = _without(free_extras, leaking(_all_features(free_extras), held_out_features))
    counts = {
        "pairs of summary and text": len(pairs),
        "summaries with hardly a text": len(extras),
        "pairs for training": len(train_pairs),
        "pairs for validation": len(kept_validation),
        "pairs for the test": len(kept_test),
        "extra summaries for training": len(kept_extras),
        "removed from validation as too similar": len(validation_pairs) - len(kept_validation),
        "removed from the test as too similar": len(test_pairs) - len(kept_test),
        "removed from the extras as too similar or held out": len(extras) - len(kept_extras),
    }
    return Dataset(tuple(train_pairs), tuple(kept_validation), tuple(kept_test), tuple(kept_extras), counts)


class Features(NamedTuple):
    """What of a pair is compared: texts that must not be equal, and two sets that must not be similar."""

    identities: frozenset[tuple[str, str]]
    summary: frozenset[str]
    shingles: frozenset[tuple[str, ...]]


def features(pair: Pair) -> Features:
    """The summary and text with the object's own name masked, the summary's words, the text's shingles."""
    words, target = split_words(pair.text), list(pair.target)
    names = {" ".join(pair.name), " ".join(split_words(pair.docstring.object_name.rpartition(".")[2]))}
    identities = {("summary", " ".join(target))}
    for kind, tokens in (("masked summary", target), ("masked text", words)):
        masked = f" {' '.join(tokens)} "
        for name in names:
            masked = masked.replace(f" {name} ", " <name> ")
        if len(masked.split()) >= _FEWEST_MASKED_WORDS:
            identities.add((kind, masked))
    shingles = frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))
    return Features(frozenset(identities), frozenset(target), shingles)


def leaking(own: Sequence[Features], others: Sequence[Features]) -> set[int]:
    """The positions of the pairs that resemble one of the others.

    Two pairs resemble each other when they have the same summary, the same summary or text but for the
    object's own name, at least `BODY_JACCARD` of their texts' 4-word shingles in common, or at least
    `SUMMARY_JACCARD` of their summaries' words (Jaccard: the size of the intersection divided by that of the
    union).
    """
    identities = set().union(*(other.identities for other in others))
    same = {position for position, one in enumerate(own) if not identities.isdisjoint(one.identities)}
    similar = near_duplicates(
        [one.summary for one in own], [other.summary for other in others], SUMMARY_JACCARD
    )
    similar |= near_duplicates(
        [one.shingles for one in own], [other.shingles for other in others], BODY_JACCARD
    )
    return same | similar


def near_duplicates(queries: Sequence[Set], corpus: Sequence[Set], threshold: float) -> set[int]:
    """The positions of the queries whose Jaccard similarity to a set of the corpus is at least `threshold`.

    Exact, and fast by the prefix filter: two sets so similar share at least t·|A| elements, so the |A| −
    ⌈t·|A|⌉ + 1 rarest elements of A hold at least one of them, and only sets that contain one of these are
    compared (Chaudhuri, Ganti and Kaushik 2006).
    """
    containing: defaultdict[object, list[int]] = defaultdict(list)
    sought = frozenset().union(*queries)
    for position, other in enumerate(corpus):
        for element in sought & other:
            containing[element].append(position)
    found = set()
    for position, query in enumerate(queries):
        required = math.ceil(threshold * len(query) - 1e-9)
        by_rarity = sorted(query, key=lambda element: len(containing.get(element, ())))
        rarest = by_rarity[: len(query) - required + 1]
        candidates = {other for element in rarest for other in containing.get(element, ())}
        if any(_jaccard(query, corpus[other]) >= threshold for other in candidates):
            found.add(position)
    return found


def _jaccard(first: Set, second: Set) -> float:
    common = len(first & second)
    return common / (len(first) + len(second) - common)


def _all_features(pairs: Iterable[Pair]) -> list[Features]:
    return [features(pair) for pair in pairs]


def _without(pairs: Sequence[Pair], positions: set[int]) -> list[Pair]:
    return [pair for position, pair in enumerate(pairs) if position not in positions]
