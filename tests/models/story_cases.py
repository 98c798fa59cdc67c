"""Stories of ids for models that answer questions, and a task so small that it is learned in seconds."""

from __future__ import annotations

import numpy as np

from attention_np.models.memory_network import StoryBatch

WORDS, ANSWERS, LONGEST = 11, 4, 7
LENGTHS = (5, 2, 3)


def make_batch(seed=1, more_sentences=0, more_words=0):
    rng = np.random.default_rng(seed)
    sentences = np.zeros((6, 4 + more_words), int)
    for row, words in enumerate((4, 2, 3, 4, 1, 3)):
        sentences[row, :words] = rng.integers(1, WORDS, words)
    mask = np.zeros((3, 5 + more_sentences), bool)
    story = np.zeros(mask.shape, int)
    for row, length in enumerate(LENGTHS):
        mask[row, :length] = True
        story[row, :length] = rng.integers(len(sentences), size=length)
    questions = rng.integers(1, WORDS, (3, 3))
    questions[1, 2] = 0
    return StoryBatch(sentences, story, mask, questions, rng.integers(ANSWERS, size=3))


def tiny_task(seed, stories):
    """Sentences "<person> <place>"; the question names a person who occurs once: ids 1 to 4 are people, 5 to 8 places.

    Gives the stories, and for each the sentence that holds the answer.
    """
    rng = np.random.default_rng(seed)
    people = rng.permuted(np.tile(np.arange(4), (stories, 1)), axis=1)
    places = rng.integers(4, size=(stories, 4))
    sentences = np.array([[1 + person, 5 + place] for person in range(4) for place in range(4)])
    asked = rng.integers(4, size=stories)
    where = np.arange(stories), asked
    batch = StoryBatch(
        sentences, people * 4 + places, np.full((stories, 4), True), 1 + people[where][:, None], places[where]
    )
    return batch, asked
