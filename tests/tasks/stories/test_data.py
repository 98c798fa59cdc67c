"""Stories as ids: what a batch holds, and what is held out."""

from __future__ import annotations

import itertools

import numpy as np

from attention_np.tasks.stories.data import ANSWERS, LONGEST, WORDS, FreshStories, draw_held_out, lay_out
from attention_np.tasks.stories.story import KINDS, draw_story


def stories(count=12, seed=0):
    rng = np.random.default_rng(seed)
    return [draw_story(kind, rng=rng) for kind, _ in zip(itertools.cycle(KINDS), range(count), strict=False)]


def words(ids):
    return tuple(WORDS[id] for id in ids if id)


def test_a_batch_says_the_stories_word_for_word():
    drawn = stories()
    batch = lay_out(drawn)
    for row, story in enumerate(drawn):
        told = [words(batch.sentences[place]) for place in batch.story[row][batch.mask[row]]]
        assert tuple(told) == story.sentences
        assert words(batch.questions[row]) == story.question
        assert ANSWERS[batch.answers[row]] == story.answer
    assert len(np.unique(batch.sentences, axis=0)) == len(batch.sentences)
    assert batch.tokens == len(drawn)


def test_the_supporting_sentences_are_no_part_of_a_batch():
    drawn = stories()
    without = [story._replace(support=()) for story in drawn]
    for name, array in vars(lay_out(drawn)).items():
        np.testing.assert_array_equal(array, getattr(lay_out(without), name))


def test_held_out_stories_are_different_and_never_shown():
    # Short stories of one kind are few enough to come again soon.
    held = draw_held_out(["one"], 1500, rng=np.random.default_rng(0))
    assert len(set(held)) == 1500
    rng = np.random.default_rng(0)
    free = [draw_story("one", rng=rng) for _ in range(3000)]
    assert set(free) & set(held)
    fresh = FreshStories(["one"], held, stories=3000, size=50)
    asked = {(story.sentences, story.question) for story in held}
    for batch in fresh.epoch(np.random.default_rng(0)):
        for row in range(batch.tokens):
            told = tuple(words(batch.sentences[place]) for place in batch.story[row][batch.mask[row]])
            assert (told, words(batch.questions[row])) not in asked


def test_an_epoch_has_every_kind_equally_often_in_as_many_batches_as_it_says():
    fresh = FreshStories(["one", "counting"], [], stories=65, size=20)
    batches = list(fresh.epoch(np.random.default_rng(3)))
    assert len(batches) == len(fresh) == 7
    counting = sum(int((batch.questions[:, 0] == WORDS.index("how")).sum()) for batch in batches)
    assert counting == 65 and sum(batch.tokens for batch in batches) == 130
    assert max(batch.story.shape[1] for batch in batches) <= LONGEST


def test_epochs_differ_and_the_same_state_draws_the_same_epoch():
    fresh = FreshStories(["two"], [], stories=30, size=10)
    rng = np.random.default_rng(3)
    state = rng.bit_generator.state
    first = [batch.answers for batch in fresh.epoch(rng)]
    second = [batch.answers for batch in fresh.epoch(rng)]
    rng.bit_generator.state = state
    again = [batch.answers for batch in fresh.epoch(rng)]
    np.testing.assert_array_equal(np.concatenate(again), np.concatenate(first))
    assert (np.concatenate(second) != np.concatenate(first)).any()
