"""One supporting fact, learned in seconds from answers alone; attention finds the fact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.tasks.stories.model import StorySettings, load_stories, make_model, save_stories, sharpness
from attention_np.tasks.stories.scores import looks, read, score_model, score_readings
from attention_np.tasks.stories.training import held_out, train_model

SETTINGS = StorySettings(("one",), hops=2)
TRANSFORMER = StorySettings(("one",), hops=2, architecture="transformer")


@pytest.fixture(scope="module")
def stories():
    return held_out(SETTINGS, 0)[:400]


@pytest.fixture(scope="module")
def trained():
    return train_model(SETTINGS, seed=0, epochs=2, stories=6000, progress=False)


@pytest.fixture(scope="module")
def transformer():
    return train_model(TRANSFORMER, seed=0, epochs=3, stories=6000, progress=False)


@pytest.mark.slow
def test_answers_are_right_and_attention_lies_on_the_sentence_that_they_follow_from(trained, stories):
    score = score_model(trained, stories)["one"]
    assert score.right >= 0.95 > 0.6 > score.last_place > score.most_frequent
    assert score.evidence.precision >= 0.9 and score.evidence.recall >= 0.9
    assert score.latest.recall < 0.5
    assert score.pointer.row in ("hop 1", "hop 2") and score.pointer.share >= 0.9


@pytest.mark.slow
def test_a_transformer_answers_too_and_what_reaches_its_question_is_the_sentence_that_the_answer_follows_from(
    transformer, stories
):
    score = score_model(transformer, stories)["one"]
    assert score.right >= 0.95 > 0.6 > score.last_place
    assert score.evidence.precision == score.evidence.recall >= 0.9
    assert score.latest.recall < 0.5 and score.pointer.share >= 0.8


@pytest.mark.slow
def test_a_transformer_with_equal_weights_learns_less(transformer, stories):
    settings = replace(TRANSFORMER, score=None, learn_scale=False)
    model = train_model(settings, seed=0, epochs=2, stories=6000, progress=False)
    found = score_model(model, stories)["one"]
    assert found.right < 0.6 < score_model(transformer, stories)["one"].right
    assert found.evidence is None and found.pointer is None and not sharpness(model)


@pytest.mark.slow
@pytest.mark.parametrize(("score", "highest"), [(None, 0.6), ("cosine", 0.85)])
def test_without_attention_or_with_sharpness_one_less_is_learned(trained, stories, score, highest):
    settings = StorySettings(("one",), score=score, learn_scale=False, hops=2)
    model = train_model(settings, seed=0, epochs=2, stories=6000, progress=False)
    found = score_model(model, stories)["one"]
    assert found.right < highest < score_model(trained, stories)["one"].right
    assert (found.evidence is None) == (score is None)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "given", "rows"), [("trained", SETTINGS, 2), ("transformer", TRANSFORMER, 9)])
def test_a_saved_model_reads_as_the_trained_one_did(kind, given, rows, stories, tmp_path, request):
    model = request.getfixturevalue(kind)
    save_stories(tmp_path / "model.npz", model, given, seed=0)
    loaded, settings, seed = load_stories(tmp_path / "model.npz")
    assert (settings, seed) == (given, 0)
    for story, reading, again in zip(stories, read(model, stories), read(loaded, stories), strict=True):
        assert reading.answer == again.answer and reading.chosen == again.chosen
        np.testing.assert_array_equal(reading.weights, again.weights)
        assert reading.weights.shape == (rows, len(story.sentences))
    assert len(looks(loaded)) == rows
    assert len(sharpness(loaded)) == 2


def test_the_chosen_of_a_transformer_are_as_many_as_support_and_the_same_beside_longer_stories():
    settings = StorySettings(("two", "counting"), architecture="transformer", hops=1, width=8)
    model = make_model(settings, np.random.default_rng(0))
    stories = [*held_out(settings, 0)[:20], *held_out(settings, 0)[-20:]]
    for story, reading in zip(stories, read(model, stories), strict=True):
        (alone,) = read(model, [story])
        assert len(reading.chosen) == len(story.support) and reading.chosen == alone.chosen
        np.testing.assert_allclose(reading.weights, alone.weights, rtol=1e-4)
        # One block: half of what reaches the question is the mean of what its heads look at, the other half itself.
        np.testing.assert_allclose(reading.weights[-1], reading.weights[:-1].mean(axis=0) / 2, rtol=1e-5)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ValueError, match="architecture: expected one of memory-network, transformer, got 'lstm'"):
        make_model(replace(SETTINGS, architecture="lstm"), np.random.default_rng(0))


def test_scores_are_by_kind(stories):
    settings = StorySettings(("one", "counting"), hops=1)
    both = [*held_out(settings, 0)[:20], *held_out(settings, 0)[-20:]]
    model = train_model(settings, seed=0, epochs=1, stories=64, progress=False)
    scores = score_model(model, both)
    assert list(scores) == ["one", "counting"]
    assert scores["counting"].last_place is None
    assert scores["one"] == score_readings(read(model, both[:20]), both[:20], looks(model))
