"""Beam search against every sentence there is, written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from attention_np.models.beam_search import beam_search

START, END = 0, 1
VOCABULARY, LONGEST = 4, 4
SEEDS = range(8)


def markov(seed, texts=1):
    """log p(word | text, the two words before), of which a few are impossible.

    The earlier of the two is the step function's state: the state of another beam gives other numbers.
    """
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=1.5, size=(texts, VOCABULARY, VOCABULARY, VOCABULARY))
    logits[..., START] = -np.inf
    logits[rng.random(logits.shape) < 0.1] = -np.inf
    logits[..., 2] = np.maximum(logits[..., 2], -3)
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def stepper(table, calls=None):
    def step(states, words):
        if calls is not None:
            calls.append(words.copy())
        before = states[..., 0].astype(int)
        rows = np.arange(len(table))[:, None]
        return table[rows, before, words], words[..., None].astype(float)

    return step


def search(table, beams, calls=None, **settings):
    states = np.full((len(table), beams, 1), float(START))
    settings = {"longest": LONGEST, **settings}
    return beam_search(stepper(table, calls), states, start=START, end=END, **settings)


def every_sentence(table, longest=LONGEST, length_power=1.0):
    """All sentences of one text with their scores: with an end, or as long as allowed."""
    scored = {}
    for length in range(1, longest + 1):
        for words in itertools.product(range(VOCABULARY), repeat=length):
            if END in words[:-1] or (words[-1] != END and length < longest):
                continue
            past = (START, START, *words)
            total = sum(table[past[t], past[t + 1], past[t + 2]] for t in range(length))
            if total > -np.inf:
                scored[tuple(word for word in words if word != END)] = total / length**length_power
    return sorted(scored.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("length_power", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_beam_as_wide_as_the_search_space_finds_all_sentences_in_order(seed, length_power):
    table = markov(seed)
    expected = every_sentence(table[0], length_power=length_power)
    (found,) = search(table, beams=VOCABULARY**LONGEST, length_power=length_power)
    assert [tuple(hypothesis.words) for hypothesis in found] == [words for words, _ in expected]
    np.testing.assert_allclose([hypothesis.score for hypothesis in found], [score for _, score in expected], rtol=1e-12)


@pytest.mark.parametrize("beams", [1, 3, 7])
def test_several_states_of_any_shape_go_along_with_their_beam(beams):
    # One state holds the word before the last, as an array; the other one all words, an array that grows.
    tables = markov(3, texts=5)
    bare = stepper(tables)

    def step(states, words):
        before, written = states
        np.testing.assert_array_equal(before[..., 0], written[..., -1, 0])
        log_weights, after = bare(before, words)
        return log_weights, (after, np.concatenate([written, words[..., None, None]], axis=-2))

    states = np.full((5, beams, 1), float(START)), np.full((5, beams, 1, 1), START)
    found = beam_search(step, states, start=START, end=END, longest=LONGEST)
    assert found == search(tables, beams)


@pytest.mark.parametrize("length_power", [0.0, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_beam_is_greedy(seed, length_power):
    (table,) = markov(seed)
    words, before, last, total = [], START, START, 0.0
    while len(words) < 12:
        chosen = int(np.argmax(table[before, last]))
        total += table[before, last, chosen]
        words.append(chosen)
        before, last = last, chosen
        if chosen == END:
            break
    (found,) = search(table[None], beams=1, longest=12, length_power=length_power)
    assert found[0].words == [word for word in words if word != END]
    assert found[0].score == pytest.approx(total / len(words) ** length_power)


def test_one_beam_takes_the_likeliest_end_though_a_detour_scores_higher_per_word():
    table = np.full((1, VOCABULARY, VOCABULARY, VOCABULARY), -np.inf)
    table[0, START, START, [END, 3]] = np.log([0.55, 0.45])
    table[0, START, 3, END] = np.log(1.0)
    assert search(table, beams=1) == [[([], pytest.approx(np.log(0.55)))]]
    assert search(table, beams=2)[0][0] == ([3], pytest.approx(np.log(0.45) / 2))


@pytest.mark.parametrize("beams", [1, 2, 3, 7])
def test_texts_are_searched_independently_of_their_neighbours(beams):
    tables = markov(3, texts=9)
    together = search(tables, beams, longest=9)
    for row, found in enumerate(together):
        (alone,) = search(tables[row : row + 1], beams, longest=9)
        assert [hypothesis.words for hypothesis in found] == [hypothesis.words for hypothesis in alone]
        assert [hypothesis.score for hypothesis in found] == pytest.approx([hypothesis.score for hypothesis in alone])


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_hypotheses_are_different_sentences_best_first_and_their_scores_are_their_own(beams):
    tables = markov(5, texts=12)
    for table, found in zip(tables, search(tables, beams), strict=True):
        scores = dict(every_sentence(table))
        sentences = [tuple(hypothesis.words) for hypothesis in found]
        assert 1 <= len(sentences) <= beams
        assert len(set(sentences)) == len(sentences)
        assert [hypothesis.score for hypothesis in found] == pytest.approx([scores[words] for words in sentences])
        assert [hypothesis.score for hypothesis in found] == sorted((h.score for h in found), reverse=True)
        assert not {START, END} & {word for words in sentences for word in words}


def test_bare_likelihood_prefers_the_short_sentence_and_likelihood_per_word_the_long_one():
    # "2" ends at once with .3; "3 3 3" has .7 · .6 · .6 · .6, less in all and more per word.
    table = np.full((1, VOCABULARY, VOCABULARY, VOCABULARY), -np.inf)
    table[0, :, START, [END, 3]] = np.log([[0.3], [0.7]])
    table[0, START, 3, [3, END]] = np.log([0.6, 0.4])
    table[0, 3, 3, [3, END]] = np.log([0.6, 0.4])
    best = {power: search(table, 40, longest=6, length_power=power)[0][0] for power in (0.0, 1.0)}
    assert best[0.0].words == []
    assert best[0.0].score == pytest.approx(np.log(0.3))
    assert len(best[1.0].words) > 2


def test_a_sentence_is_cut_at_the_longest_length():
    table = np.full((1, VOCABULARY, VOCABULARY, VOCABULARY), -np.inf)
    table[..., 2] = 0.0
    (found,) = search(table, beams=3, longest=5)
    assert found == [([2] * 5, 0.0)]


@pytest.mark.parametrize("seed", SEEDS)
def test_sentences_that_repeat_a_pair_of_words_are_left_out_where_they_are_not_wanted(seed):
    table = markov(seed)
    longest = 5
    once = [
        (words, score)
        for words, score in every_sentence(table[0], longest)
        if len(set(itertools.pairwise(words))) == len(words[1:])
    ]
    assert 0 < len(once) < len(every_sentence(table[0], longest))
    (found,) = search(table, beams=VOCABULARY**longest, longest=longest, repeat_pairs=False)
    assert [tuple(hypothesis.words) for hypothesis in found] == [words for words, _ in once]
    np.testing.assert_allclose([hypothesis.score for hypothesis in found], [score for _, score in once], rtol=1e-12)


def test_the_search_stops_when_nothing_open_can_overtake():
    table = np.full((1, VOCABULARY, VOCABULARY, VOCABULARY), np.log(1e-9))
    table[..., END] = np.log(1 - 3e-9)
    calls = []
    search(table, beams=1, longest=50, calls=calls)
    assert len(calls) == 1
    calls.clear()
    search(table, beams=2, longest=50, length_power=0.0, calls=calls)
    assert len(calls) == 2
