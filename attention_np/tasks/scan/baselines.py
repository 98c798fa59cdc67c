"""What can be had without learning: the commonest answer, and the answer to the most similar command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...functional._checks import Array
from ..batches import padded
from .layout import WORDS
from .scores import ScanScore, score_answers
from .splits import Split


def score_baselines(split: Split) -> dict[str, ScanScore]:
    """The score of each baseline on the commands to be tested with, by its name."""
    return {
        "commonest actions": score_answers(split.test, commonest_actions(split)),
        "nearest command": score_answers(split.test, nearest_actions(split)),
    }


def commonest_actions(split: Split) -> list[tuple[str, ...]]:
    """Always the action sequence that most training commands ask for."""
    ((actions, _),) = Counter(command.actions for command in split.train).most_common(1)
    return [actions] * len(split.test)


def nearest_actions(split: Split) -> list[tuple[str, ...]]:
    """The actions of the training command at the smallest edit distance in words; of several, the first's."""
    known = list(dict.fromkeys(split.train))
    ids = {word: place for place, word in enumerate(WORDS)}
    rows = padded([[ids[word] for word in command.words] for command in known], -1).T.astype(np.int8)
    lengths = np.array([len(command.words) for command in known])
    return [known[_nearest([ids[word] for word in command.words], rows, lengths)].actions for command in split.test]


def _nearest(words: Sequence[int], rows: Array, lengths: Array) -> int:
    """The known command that fewest insertions, deletions and substitutions lead to (Levenshtein), all at once.

    ``rows`` (places, commands) holds the known commands' words; ``distances[j]`` is the distance of the words
    read so far to the first j words of each.
    """
    places, commands = rows.shape
    distances = np.repeat(np.arange(places + 1, dtype=np.int8)[:, None], commands, axis=1)
    for word in words:
        substituted = distances[:-1] + (rows != word)
        deleted = distances + np.int8(1)
        distances = deleted
        np.minimum(distances[1:], substituted, out=distances[1:])
        for place in range(places):
            np.minimum(distances[place + 1], distances[place] + np.int8(1), out=distances[place + 1])
    return int(np.argmin(distances[lengths, np.arange(commands)]))
