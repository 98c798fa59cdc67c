"""Attention as evidence: are the sentences that attention chose those that the answer follows from?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from .story import Story


class EvidenceScore(NamedTuple):
    """Sentences that were chosen, against those that are true support.

    Attributes
    ----------
    precision : float
        The share of the chosen that support, the mean over the stories.
    recall : float
        The share of the supporting that were chosen, the mean over the stories.
    exact : float
        The share of stories in which all supporting sentences were chosen, and no other.
    """

    precision: float
    recall: float
    exact: float


class Pointer(NamedTuple):
    """One row of weights, by its name, and how often its largest lies on a supporting sentence."""

    row: str
    share: float


def chosen_by_attention(weights: Array, story: Story) -> set[int]:
    """The sentence with the largest weight at each hop; `weights` are (hops, S), perhaps with padding behind."""
    return {int(place) for place in np.argmax(weights[:, : len(story.sentences)], axis=-1)}


def most_weighty(weights: Array, count: int) -> set[int]:
    """As many sentences as `count`, those of the largest weights (S,)."""
    return {int(place) for place in np.argsort(-weights, kind="stable")[:count]}


def best_pointer(weights: Sequence[Array], stories: Sequence[Story], rows: Sequence[str]) -> Pointer:
    """The row that points at a supporting sentence in the largest share of the stories, of several the first.

    It is found in the very stories of which its share is told; with a thousand stories and a dozen rows, that flatters it little.
    """
    points = np.array([np.argmax(matrix, axis=-1) for matrix in weights])  # (stories, rows)
    hits = [np.isin(places, story.support) for places, story in zip(points, stories, strict=True)]
    shares = np.mean(hits, axis=0)
    return Pointer(rows[int(np.argmax(shares))], float(np.max(shares)))


def latest_sentences(story: Story, count: int) -> set[int]:
    """As many sentences as `count`, the latest: what a reader without attention would point at."""
    length = len(story.sentences)
    return set(range(max(0, length - count), length))


def score_evidence(chosen: Sequence[set[int]], stories: Sequence[Story]) -> EvidenceScore:
    """Hold the chosen sentences of each story against its true support.

    Raises
    ------
    ValueError
        If there is no story, or for one of them nothing was chosen.
    """
    if not stories or not all(chosen):
        raise ValueError("chosen: expected at least one story, and at least one sentence chosen in each")
    supports = [set(story.support) for story in stories]
    both = [len(found & support) for found, support in zip(chosen, supports, strict=True)]
    return EvidenceScore(
        precision=float(np.mean([hits / len(found) for hits, found in zip(both, chosen, strict=True)])),
        recall=float(np.mean([hits / len(support) for hits, support in zip(both, supports, strict=True)])),
        exact=float(np.mean([found == support for found, support in zip(chosen, supports, strict=True)])),
    )
