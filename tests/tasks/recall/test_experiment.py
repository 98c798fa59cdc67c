"""Eight keys, learned in a second with β = 1 and with a learned β, against what is proved."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.recall.experiment import Variant, score_model, train_model, weights_of_keys
from attention_np.tasks.recall.memories import VALUES, FreshMemories, draw_memories

KEYS = 8


@pytest.fixture(scope="module")
def trained():
    variants = {"fixed": Variant("cosine", False), "learned": Variant("cosine", True), "dot": Variant("dot", False)}
    return {
        name: train_model(KEYS, variant, seed=0, epochs=2, progress=False) for name, variant in variants.items()
    }


@pytest.mark.slow
def test_beta_one_comes_near_the_ceiling_of_all_keys_and_stays_below_it(trained):
    score = score_model(trained["fixed"])
    assert score.sharpness == 1
    assert 0.93 * score.ceiling_of_all < score.right_weight <= score.ceiling_of_all * (1 + 1e-6)
    assert score.largest_weight < 0.7 * score.ceiling_of_one
    assert score.most_frequent < score.accuracy


@pytest.mark.slow
def test_a_learned_sharpness_or_a_dot_product_recalls_what_beta_one_cannot(trained):
    fixed, learned, dot = (score_model(trained[name]) for name in ("fixed", "learned", "dot"))
    assert min(learned.accuracy, dot.accuracy) >= 0.99 > 0.96 > fixed.accuracy
    assert min(learned.right_weight, dot.right_weight) > 0.9
    assert learned.right_weight <= learned.ceiling_of_all
    assert dot.ceiling_of_all is None and dot.right_weight > fixed.ceiling_of_one


@pytest.mark.slow
def test_the_weight_of_a_key_does_not_depend_on_the_memory_that_it_stands_in(trained):
    model = trained["learned"]
    memories = draw_memories(5, KEYS, 3, rng=np.random.default_rng(1))
    weights, canonical = model.recall(memories).weights, weights_of_keys(model)
    for memory in range(5):
        expected = canonical[memories.asked[memory]][:, memories.keys[memory]]
        np.testing.assert_allclose(weights[memory], expected, rtol=1e-4, atol=1e-7)


def test_a_memory_holds_every_key_once_and_the_answers_are_its_values():
    memories = draw_memories(40, KEYS, 5, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(memories.keys, axis=1), np.tile(np.arange(KEYS), (40, 1)))
    for keys, values, asked, answers in zip(
        memories.keys, memories.values, memories.asked, memories.answers, strict=True
    ):
        beside = dict(zip(keys, values, strict=True))
        assert [beside[key] for key in asked] == list(answers)
        assert len(set(asked)) == 5
    assert set(memories.values.ravel()) == set(range(VALUES))
    assert len(np.unique(memories.keys, axis=0)) > 30


def test_more_keys_cannot_be_asked_for_than_there_are():
    with pytest.raises(ValueError, match="asked: expected 1 to 8, as many as there are keys, got 9"):
        draw_memories(1, KEYS, 9, rng=np.random.default_rng(0))


def test_epochs_differ_and_the_same_state_draws_the_same_epoch():
    fresh = FreshMemories(KEYS, 3)
    rng = np.random.default_rng(3)
    state = rng.bit_generator.state
    first = [batch.values for batch in fresh.epoch(rng)]
    assert len(first) == len(fresh) == 3
    second = [batch.values for batch in fresh.epoch(rng)]
    rng.bit_generator.state = state
    for again, before, after in zip(fresh.epoch(rng), first, second, strict=True):
        np.testing.assert_array_equal(again.values, before)
        assert (again.values != after).any()


@pytest.mark.parametrize(
    ("variant", "name", "file"),
    [
        (Variant("cosine", True), "cosine, learned β", "cosine"),
        (Variant("cosine", False), "cosine, β = 1", "cosine-beta-one"),
        (Variant("scaled_dot", False), "scaled dot", "scaled_dot-beta-one"),
    ],
)
def test_a_variant_says_what_it_is(variant, name, file):
    assert (variant.name, variant.file_name) == (name, file)
