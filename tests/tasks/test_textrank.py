from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attention_np.tasks.textrank import DAMPING, most_central_sentence, sentence_ranks, sentences

TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), min_size=1, max_size=7)


def test_a_text_falls_into_sentences_and_headings_are_left_out() -> None:
    text = "Parameters\nDraw the lines. Numbers (e.g. 1.5) are fine!  Is it\nan axis of it? Yes."
    assert sentences(text) == [
        ["draw", "the", "lines"],
        ["numbers", "e", "g", "1", "5", "are", "fine"],
        ["an", "axis", "of", "it"],
    ]
    assert sentences("Yes. No.") == [["yes"], ["no"]]


@given(TEXTS)
def test_ranks_are_the_fixed_point_of_their_equation(texts: list[list[str]]) -> None:
    ranks = sentence_ranks(texts)
    number = len(texts)
    cosine = np.zeros((number, number))
    for i, first in enumerate(texts):
        for j, second in enumerate(texts):
            if i != j:
                a, b = (np.array([words.count(letter) for letter in "abcdef"]) for words in (first, second))
                cosine[i, j] = a @ b / np.sqrt((a @ a) * (b @ b))
    following = np.full(number, (1 - DAMPING) / number)
    for j in range(number):
        total = cosine[:, j].sum()
        following += DAMPING * ranks[j] * (cosine[:, j] / total if total else np.full(number, 1 / number))
    np.testing.assert_allclose(ranks, following, atol=1e-8)
    np.testing.assert_allclose(ranks.sum(), 1.0, atol=1e-8)


def test_a_sentence_without_words_is_similar_to_none() -> None:
    ranks = sentence_ranks([[], ["a", "b"], ["b", "c"]])
    assert np.isfinite(ranks).all()
    assert ranks[0] < ranks[1]


def test_the_sentence_most_like_the_others_is_taken() -> None:
    text = "Colour is nice. The axis limits and the tick labels. Set the axis limits. Set the tick labels."
    assert most_central_sentence(text) == ["the", "axis", "limits", "and", "the", "tick", "labels"]


def test_of_equal_sentences_the_earlier_is_taken_and_of_none_nothing() -> None:
    assert most_central_sentence("One two three. Four five six.") == ["one", "two", "three"]
    assert most_central_sentence("  \n ") == []
