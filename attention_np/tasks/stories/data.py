"""Stories as ids: one vocabulary for all kinds, stories to hold out, and fresh ones to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...models.memory_network import StoryBatch
from ..batches import Batches, padded
from .story import COUNTS, Story, draw_story
from .world import DROPS, MOVES, PEOPLE, PLACES, TAKES, THINGS, Sentence

LONGEST = 16
"""Sentences in the longest story."""

ANSWERS = (*PLACES, "yes", "no", *COUNTS)
_POOL = 16
_ASKING = ("where", "is", "in", "how", "many", "things", "does", "carry")
_VERBS = tuple(word for verb in (*MOVES, *TAKES, *DROPS) for word in verb)
WORDS = tuple(dict.fromkeys(("", "the", *_ASKING, *_VERBS, *PEOPLE, *PLACES, *THINGS)))
"""Every word that a story or a question can have; the first is padding."""

_ANSWER_IDS = {answer: place for place, answer in enumerate(ANSWERS)}
_WORD_IDS = {word: place for place, word in enumerate(WORDS)}


def draw_held_out(kinds: Sequence[str], stories: int, *, rng: np.random.Generator) -> list[Story]:
    """So many stories of each kind, all different, that a training with them held out never shows."""
    drawn: dict[Story, None] = {}
    for kind in kinds:
        wanted = len(drawn) + stories
        while len(drawn) < wanted:
            drawn[draw_story(kind, rng=rng)] = None
    return list(drawn)


class FreshStories:
    """Batches for the training loop, of stories drawn anew in every epoch; only the answers go with them.

    Parameters
    ----------
    kinds : sequence of str
        Of `KINDS`, equally often.
    held_out : sequence of Story
        Never drawn.
    stories : int
        In an epoch, of each kind.
    size : int
        Stories in a batch.
    """

    def __init__(self, kinds: Sequence[str], held_out: Sequence[Story], *, stories: int, size: int) -> None:
        self.kinds = tuple(kinds)
        self.held_out = frozenset(held_out)
        self.stories = stories
        self.size = size

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-self.stories * len(self.kinds) // self.size)

    def epoch(self, rng: np.random.Generator) -> Iterator[StoryBatch]:
        """New stories, in batches of like length, all from one seed that is drawn before the first."""
        return self._pools(np.random.default_rng(rng.integers(2**63)))

    def _pools(self, rng: np.random.Generator) -> Iterator[StoryBatch]:
        """Drawn some batches at a time, so that the first does not wait for the whole epoch."""
        for first in range(0, self.stories, _POOL * self.size):
            count = min(_POOL * self.size, self.stories - first)
            pool = [self._draw(kind, rng) for kind in self.kinds for _ in range(count)]
            yield from self._batches(pool).epoch(rng)

    def _batches(self, stories: Sequence[Story]) -> Batches[StoryBatch]:
        lengths = [len(story.sentences) for story in stories]
        return Batches(lengths, self.size, lambda indices: lay_out([stories[index] for index in indices]))

    def _draw(self, kind: str, rng: np.random.Generator) -> Story:
        while (story := draw_story(kind, rng=rng)) in self.held_out:
            pass
        return story


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


def _ids(words: Sentence) -> list[int]:
    return [_WORD_IDS[word] for word in words]
