"""The transformer that reads stories: derivatives, padding, weights, and a tiny task learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.models.transformer import StoryReader, TransformerSettings
from attention_np.optim import Adam

from ..derivatives import check_by_projections
from .checks import check_alike, check_model
from .story_cases import ANSWERS, LENGTHS, LONGEST, WORDS, make_batch, tiny_task

SMALL = {"width": 8, "depth": 2, "heads": 2, "hidden": 6}
VARIANTS = [{}, {"learn_scale": False}, {"score": "scaled_dot", "dropout": 0.2}, {"score": "additive", "depth": 1}]
variants = pytest.mark.parametrize("settings", VARIANTS, ids=str)


def make(seed=0, dtype=np.float64, **settings):
    rng = np.random.default_rng(seed)
    built = TransformerSettings(**{**SMALL, **settings})
    model = StoryReader(WORDS, ANSWERS, built, longest=LONGEST, rng=rng, dtype=dtype)
    for name, parameter in model.named_parameters():
        if name.startswith(("encoder", "ages")):
            # Livelier than at the start of a training, so that every gradient is of a size to be compared.
            parameter.value *= 8
    return model


@variants
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(settings):
    model = make(**settings)
    for block in model.stack.blocks:
        if settings.get("score") == "scaled_dot":
            # It moves all scores of a query alike, and the softmax does not see it.
            block.attention.inner.key.bias = None
    check_model(model, make_batch(), rng=np.random.default_rng(2))


def test_with_a_sharpness_of_zero_all_weights_are_equal_and_nobody_asks():
    model, batch = make(scale=0.0), make_batch()
    check_by_projections(model, batch, rng=np.random.default_rng(2)).raise_if_failed()
    model(batch)[1]()
    unasked = {name.split(".")[-2] for name, parameter in model.named_parameters() if not parameter.grad.any()}
    assert unasked == {"query", "key"}
    np.testing.assert_allclose(model.weights(batch)[:, 0, :, :, : 1 + LENGTHS[0]], 1 / (1 + LENGTHS[0]))


@variants
def test_more_padding_changes_neither_loss_nor_gradients(settings):
    settings = {**settings, "dropout": 0.0}
    check_alike((make(**settings), make_batch(1, *more)) for more in ((0, 0), (2, 0), (0, 3)))


def test_weights_sum_to_one_over_the_question_and_the_sentences_of_the_story():
    batch = make_batch(1, 2)
    weights = make(depth=3).weights(batch)
    assert weights.shape == (3, 3, 2, 8, 8)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    for row, length in enumerate(LENGTHS):
        assert weights[:, row, :, :, : 1 + length].all() and not weights[:, row, :, :, 1 + length :].any()


def test_a_sentence_that_is_told_twice_stands_in_two_places_of_different_age():
    model, batch = make(), make_batch()
    batch.story[0, :5] = [2, 4, 2, 4, 2]
    weights = model.weights(batch)[:, 0, :, 0]
    assert not np.isclose(weights[..., 1], weights[..., 3]).all()


def test_sentences_look_at_one_another_before_the_question_is_answered():
    # With another first sentence the question weighs the rest against one another in the first block as before, in the second not.
    model, batch = make(), make_batch()
    changed = replace(batch, story=batch.story.copy())
    changed.story[0, 0] = (batch.story[0, 0] + 1) % len(batch.sentences)
    before, after = (model.weights(each)[:, 0, :, 0, 2:6] for each in (batch, changed))
    shares = [weights / weights.sum(axis=-1, keepdims=True) for weights in (before, after)]
    np.testing.assert_allclose(shares[0][0], shares[1][0], rtol=1e-12)
    assert not np.isclose(shares[0][1], shares[1][1]).any()


def test_the_answers_are_not_looked_at():
    model, batch = make(), make_batch()
    other = replace(batch, answers=(batch.answers + 1) % ANSWERS)
    np.testing.assert_array_equal(model.answer(other), model.answer(batch))
    assert model(other)[0] != model(batch)[0]


def test_the_loss_of_two_processes_parts_is_the_loss_of_the_batch():
    model, batch = make(), make_batch()
    parts = [batch.shard(rank, 2) for rank in range(2)]
    assert sum(model(part)[0] * part.counted for part in parts) / 3 == pytest.approx(model(batch)[0], rel=1e-12)


def test_a_tiny_task_is_learned_and_a_head_finds_the_sentence_that_holds_the_answer():
    settings = TransformerSettings(width=16, depth=1, heads=2)
    model = StoryReader(9, 4, settings, longest=4, rng=np.random.default_rng(0))
    optimizer = Adam(model.parameters(), 1e-2)
    for step in range(250):
        model.zero_grad()
        model(tiny_task(100 + step, 32)[0])[1]()
        optimizer.step()
    unseen, holds = tiny_task(1, 500)
    assert np.mean(model.answer(unseen).argmax(axis=-1) == unseen.answers) >= 0.99
    sentences = model.weights(unseen)[0, :, :, 0, 1:]
    assert np.mean(sentences.argmax(axis=-1) == holds[:, None], axis=0).max() >= 0.99
