"""Evidence and baselines, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.stories.baselines import last_place_mentioned, most_frequent_answer
from attention_np.tasks.stories.evidence import (
    EvidenceScore,
    Pointer,
    best_pointer,
    chosen_by_attention,
    latest_sentences,
    most_weighty,
    score_evidence,
)
from attention_np.tasks.stories.story import Story

MARY = ("Mary", "went", "to", "the", "kitchen")
TAKEN = ("Mary", "took", "the", "milk")
JOHN = ("John", "moved", "to", "the", "garden")
WHERE_MILK = Story("two", (MARY, TAKEN, JOHN), ("where", "is", "the", "milk"), "kitchen", (0, 1))
WHERE_JOHN = Story("one", (MARY, JOHN), ("where", "is", "John"), "garden", (1,))
MARY_IN = Story("yes-no", (MARY, JOHN), ("is", "Mary", "in", "the", "garden"), "no", (0,))
HOW_MANY = Story("counting", (MARY, TAKEN), ("how", "many", "things", "does", "Mary", "carry"), "one", (1,))


def test_the_sentence_of_largest_weight_is_chosen_at_each_hop_and_padding_never_is():
    weights = np.array([[0.1, 0.6, 0.3, 0.0], [0.1, 0.2, 0.3, 0.9], [0.2, 0.5, 0.3, 0.0]])
    assert chosen_by_attention(weights, WHERE_MILK) == {1, 2}


def test_as_many_sentences_as_are_asked_for_are_those_of_the_largest_weights():
    assert most_weighty(np.array([0.1, 0.3, 0.2, 0.4]), 2) == {1, 3}
    assert most_weighty(np.array([0.2, 0.2, 0.1]), 1) == {0}


def test_the_best_pointer_is_the_row_whose_largest_weight_lies_on_support_most_often():
    weights = [np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]]), np.array([[0.4, 0.6], [0.3, 0.7]])]
    assert best_pointer(weights, [WHERE_MILK, WHERE_JOHN], ["first", "second"]) == Pointer("second", 1.0)
    assert best_pointer(weights[:1], [WHERE_MILK], ["first", "second"]) == Pointer("second", 1.0)
    # Of two equally good the first; and a share is one of the stories.
    alike = [np.array([[0.1, 0.2, 0.7], [0.1, 0.3, 0.6]]), weights[1]]
    assert best_pointer(alike, [WHERE_MILK, WHERE_JOHN], ["first", "second"]) == Pointer("first", 0.5)


def test_precision_recall_and_exact_are_means_over_stories():
    chosen = [{0, 2}, {1}]
    assert score_evidence(chosen, [WHERE_MILK, WHERE_JOHN]) == EvidenceScore((0.5 + 1) / 2, (0.5 + 1) / 2, 0.5)
    assert score_evidence([{0, 1, 2}], [WHERE_MILK]) == EvidenceScore(2 / 3, 1.0, 0.0)


def test_the_latest_sentences_are_no_more_than_there_are():
    assert latest_sentences(WHERE_MILK, 2) == {1, 2}
    assert latest_sentences(WHERE_JOHN, 3) == {0, 1}


@pytest.mark.parametrize(("chosen", "stories"), [([], []), ([set()], [WHERE_JOHN])])
def test_nothing_chosen_cannot_be_scored(chosen, stories):
    with pytest.raises(ValueError, match="chosen: expected at least one story"):
        score_evidence(chosen, stories)


def test_the_most_frequent_answer_gets_its_share():
    assert most_frequent_answer([WHERE_JOHN, WHERE_JOHN, WHERE_MILK]) == pytest.approx(2 / 3)


def test_the_last_place_mentioned_answers_where_and_whether_but_not_how_many():
    assert last_place_mentioned([WHERE_JOHN]) == 1
    assert last_place_mentioned([WHERE_MILK, WHERE_JOHN]) == 0.5
    assert last_place_mentioned([MARY_IN]) == 0  # it says yes: the garden was mentioned last
    assert last_place_mentioned([HOW_MANY]) is None
