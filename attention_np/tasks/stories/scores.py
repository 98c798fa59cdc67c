"""How well a model answers, and whether attention lay on the sentences that the answers follow from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from ...models.rollout import rollout
from ...models.transformer import StoryReader
from ...training import blas_threads
from .baselines import last_place_mentioned, most_frequent_answer
from .data import ANSWERS, lay_out
from .evidence import (
    EvidenceScore,
    Pointer,
    best_pointer,
    chosen_by_attention,
    latest_sentences,
    most_weighty,
    score_evidence,
)
from .model import StoryModel, sharpness
from .story import Story

_AT_ONCE = 250


class Reading(NamedTuple):
    """What the model answered, where it looked, and what it took its answer from as far as attention tells.

    Attributes
    ----------
    answer : str
    weights : array (rows, sentences) or None
        None without attention. The rows are those of `looks`.
    chosen : set of int or None
        Of a memory network the sentence with the largest weight at each hop; of a transformer as many sentences as support the
        answer, those from which most reaches the question (`rollout`).
    """

    answer: str
    weights: Array | None
    chosen: set[int] | None


class StoryScore(NamedTuple):
    """How well questions of one kind are answered, beside what needs no attention.

    Attributes
    ----------
    right : float
        The share of answers that are right.
    most_frequent : float
        What the most frequent answer of the kind gets.
    last_place : float or None
        What the place mentioned last gets; None where no place is asked for.
    evidence : EvidenceScore or None
        Of the sentences that were chosen; None without attention.
    latest : EvidenceScore or None
        Of as many sentences, the latest of the story.
    pointer : Pointer or None
        The hop, or the head, that points at a supporting sentence most often.
    """

    right: float
    most_frequent: float
    last_place: float | None
    evidence: EvidenceScore | None
    latest: EvidenceScore | None
    pointer: Pointer | None

    def as_dict(self) -> dict[str, object]:
        """As JSON says it."""
        return {name: value._asdict() if hasattr(value, "_asdict") else value for name, value in self._asdict().items()}


def looks(model: StoryModel) -> list[str]:
    """What the rows of a `Reading` are: hops, or heads of blocks and at last all of them together."""
    if not isinstance(model, StoryReader):
        return [f"hop {hop}" for hop in range(1, model.hops + 1)]
    heads = [
        f"block {block}, head {head}"
        for block, layer in enumerate(model.stack.blocks, start=1)
        for head in range(1, layer.attention.inner.heads + 1)
    ]
    return [*heads, "all, by rollout"]


def read(model: StoryModel, stories: Sequence[Story]) -> list[Reading]:
    """Answer the questions of these stories."""
    readings: list[Reading] = []
    with blas_threads(1):
        for first in range(0, len(stories), _AT_ONCE):
            readings += _read(model, stories[first : first + _AT_ONCE])
    return readings


def _read(model: StoryModel, stories: Sequence[Story]) -> list[Reading]:
    batch = lay_out(stories)
    if isinstance(model, StoryReader):
        logits, looked = model.answer(batch), np.moveaxis(model.weights(batch), 1, 0)
    else:
        logits, looked = model.answer(batch)
    answers = [ANSWERS[place] for place in np.argmax(logits, axis=-1)]
    if not sharpness(model):
        return [Reading(answer, None, None) for answer in answers]
    readings = []
    for story, answer, weights in zip(stories, answers, looked, strict=True):
        if isinstance(model, StoryReader):
            rows = _of_the_question(weights, len(story.sentences))
            readings.append(Reading(answer, rows, most_weighty(rows[-1], len(story.support))))
        else:
            rows = weights[:, : len(story.sentences)]
            readings.append(Reading(answer, rows, chosen_by_attention(rows, story)))
    return readings


def _of_the_question(weights: Array, sentences: int) -> Array:
    """Of (blocks, heads, 1 + S, 1 + S) what the question, which stands first, has of each sentence; its own share is left out."""
    present = weights[..., : 1 + sentences, : 1 + sentences]
    through = rollout(list(present))
    return np.concatenate([present[:, :, 0].reshape(-1, 1 + sentences), through[:1]])[:, 1:]


def score_readings(readings: Sequence[Reading], stories: Sequence[Story], rows: Sequence[str]) -> StoryScore:
    """Score answers and evidence of stories of one kind; `rows` names those of the readings."""
    right = float(np.mean([reading.answer == story.answer for reading, story in zip(readings, stories, strict=True)]))
    answered = right, most_frequent_answer(stories), last_place_mentioned(stories)
    chosen = [reading.chosen for reading in readings if reading.chosen is not None]
    weights = [reading.weights for reading in readings if reading.weights is not None]
    if not chosen:
        return StoryScore(*answered, None, None, None)
    as_many = [latest_sentences(story, len(found)) for found, story in zip(chosen, stories, strict=True)]
    pointer = best_pointer(weights, stories, rows)
    return StoryScore(*answered, score_evidence(chosen, stories), score_evidence(as_many, stories), pointer)


def score_model(model: StoryModel, stories: Sequence[Story]) -> dict[str, StoryScore]:
    """Scores by kind of question."""
    kinds = dict.fromkeys(story.kind for story in stories)
    of_kind = {kind: [story for story in stories if story.kind == kind] for kind in kinds}
    return {kind: score_readings(read(model, part), part, looks(model)) for kind, part in of_kind.items()}
