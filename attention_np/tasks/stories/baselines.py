"""What is right without reading: the most frequent answer, and the place that was mentioned last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .story import Story
from .world import PLACES


def most_frequent_answer(stories: Sequence[Story]) -> float:
    """The share that is right when every answer is the one that these very stories have most often."""
    ((_, count),) = Counter(story.answer for story in stories).most_common(1)
    return count / len(stories)


def last_place_mentioned(stories: Sequence[Story]) -> float | None:
    """The share that is right when the place that was mentioned last is taken for the place that is asked about.

    "yes" where that is the place that the question names. None for questions that are not about a place.
    """
    if any(story.kind == "counting" for story in stories):
        return None
    right = 0
    for story in stories:
        last = next(word for sentence in reversed(story.sentences) for word in sentence if word in PLACES)
        guess = last if story.kind != "yes-no" else "yes" if last in story.question else "no"
        right += guess == story.answer
    return right / len(stories)
