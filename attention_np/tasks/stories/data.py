"""Stories as ids: one vocabulary for all kinds, training and held-out stories, and their batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from ...models.memory_network import StoryBatch
from ..batches import Batches, padded
from .story import COUNTS, Story, draw_story
from .world import DROPS, MOVES, PEOPLE, PLACES, TAKES, THINGS, Sentence

LONGEST = 16
"""Sentences in the longest story."""

ANSWERS = (*PLACES, "yes", "no", *COUNTS)
_ASKING = ("where", "is", "in", "how", "many", "things", "does", "carry")
_VERBS = tuple(word for verb in (*MOVES, *TAKES, *DROPS) for word in verb)
WORDS = tuple(dict.fromkeys(("", "the", *_ASKING, *_VERBS, *PEOPLE, *PLACES, *THINGS)))
"""Every word that a story or a question can have; the first is padding."""

_ANSWER_IDS = {answer: place for place, answer in enumerate(ANSWERS)}
_WORD_IDS = {word: place for place, word in enumerate(WORDS)}


class Split(NamedTuple):
    """Stories to learn from, and stories that none of them equals in sentences and question."""

    train: list[Story]
    test: list[Story]


def draw_split(kinds: Sequence[str], *, training: int = 10_000, testing: int = 1_000, rng: np.random.Generator) -> Split:
    """Draw so many stories of each kind.

    Parameters
    ----------
    kinds : sequence of str
        Of `KINDS`.
    training, testing : int
        Stories of each kind.
    rng : numpy.random.Generator
    """
    train = [draw_story(kind, rng=rng) for kind in kinds for _ in range(training)]
    seen = set(train)
    test: list[Story] = []
    for kind in kinds:
        drawn: list[Story] = []
        while len(drawn) < testing:
            story = draw_story(kind, rng=rng)
            if story not in seen:
                drawn.append(story)
        test += drawn
    return Split(train, test)


def lay_out(stories: Sequence[Story]) -> StoryBatch:
    """A batch of these stories; what they are supported by is no part of it."""
    places: dict[Sentence, int] = {}
    told = [[places.setdefault(sentence, len(places)) for sentence in story.sentences] for story in stories]
    rows = padded(told, -1)
    return StoryBatch(
        sentences=padded([_ids(sentence) for sentence in places], 0),
        story=np.maximum(rows, 0),
        mask=rows >= 0,
        questions=padded([_ids(story.question) for story in stories], 0),
        answers=np.array([_ANSWER_IDS[story.answer] for story in stories]),
    )


def batches(stories: Sequence[Story], size: int) -> Batches[StoryBatch]:
    """Batches of `size` stories of like length."""

    def make(indices: Array) -> StoryBatch:
        return lay_out([stories[index] for index in indices])

    return Batches([len(story.sentences) for story in stories], size, make)


def _ids(words: Sentence) -> list[int]:
    return [_WORD_IDS[word] for word in words]
