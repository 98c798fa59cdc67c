"""One supporting fact, learned in a second from answers alone; attention finds the fact."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.stories.training import (
    StorySettings,
    held_out,
    load_stories,
    read,
    save_stories,
    score_model,
    score_readings,
    sharpness,
    train_model,
)

SETTINGS = StorySettings(("one",), hops=2)


@pytest.fixture(scope="module")
def stories():
    return held_out(SETTINGS, 0)[:400]


@pytest.fixture(scope="module")
def trained():
    return train_model(SETTINGS, seed=0, epochs=2, stories=6000, progress=False)


@pytest.mark.slow
def test_answers_are_right_and_attention_lies_on_the_sentence_that_they_follow_from(trained, stories):
    score = score_model(trained, stories)["one"]
    assert score.right >= 0.95 > 0.6 > score.last_place > score.most_frequent
    assert score.evidence.precision >= 0.9 and score.evidence.recall >= 0.9
    assert score.latest.recall < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("score", "highest"), [(None, 0.6), ("cosine", 0.85)])
def test_without_attention_or_with_sharpness_one_less_is_learned(trained, stories, score, highest):
    settings = StorySettings(("one",), score=score, learn_scale=False, hops=2)
    model = train_model(settings, seed=0, epochs=2, stories=6000, progress=False)
    found = score_model(model, stories)["one"]
    assert found.right < highest < score_model(trained, stories)["one"].right
    assert (found.evidence is None) == (score is None)


@pytest.mark.slow
def test_a_saved_model_reads_as_the_trained_one_did(trained, stories, tmp_path):
    save_stories(tmp_path / "model.npz", trained, SETTINGS, seed=0)
    model, settings, seed = load_stories(tmp_path / "model.npz")
    assert (settings, seed) == (SETTINGS, 0)
    for story, reading, again in zip(stories, read(trained, stories), read(model, stories), strict=True):
        assert reading.answer == again.answer
        np.testing.assert_array_equal(reading.weights, again.weights)
        assert reading.weights.shape == (2, len(story.sentences))
    assert len(sharpness(model)) == 2


def test_scores_are_by_kind(stories):
    settings = StorySettings(("one", "counting"), hops=1)
    both = [*held_out(settings, 0)[:20], *held_out(settings, 0)[-20:]]
    model = train_model(settings, seed=0, epochs=1, stories=64, progress=False)
    scores = score_model(model, both)
    assert list(scores) == ["one", "counting"]
    assert scores["counting"].last_place is None
    assert scores["one"] == score_readings(read(model, both[:20]), both[:20])
