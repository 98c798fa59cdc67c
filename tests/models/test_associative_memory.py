"""Associative recall, the model: derivatives, PyTorch's gradients, and what order and padding cannot change."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models.associative_memory import AssociativeMemory, RecallBatch
from attention_np.optim import Adam

from .checks import check_model

KEYS, VALUES, WIDTH = 6, 5, 4
VARIANTS = [("cosine", True), ("cosine", False), ("dot", False), ("scaled_dot", True), ("additive", False)]


def make(score="cosine", learn_scale=True, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return AssociativeMemory(KEYS, VALUES, width=WIDTH, score=score, learn_scale=learn_scale, rng=rng, dtype=dtype)


def make_batch(seed=1, memories=3, asked=4):
    rng = np.random.default_rng(seed)
    keys = rng.permuted(np.tile(np.arange(KEYS), (memories, 1)), axis=1)
    values = rng.integers(VALUES, size=(memories, KEYS))
    places = rng.integers(KEYS, size=(memories, asked))
    return RecallBatch(
        keys, values, np.take_along_axis(keys, places, axis=1), np.take_along_axis(values, places, axis=1)
    )


@pytest.mark.parametrize(("score", "learn_scale"), VARIANTS)
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(score, learn_scale):
    check_model(make(score, learn_scale), make_batch(), rng=np.random.default_rng(2))


def test_loss_and_gradients_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    model, batch = make(seed=3), make_batch(4)
    loss, backward = model(batch)
    backward()
    own = {name: torch.tensor(value, requires_grad=True) for name, value in model.state_dict().items()}
    shown, asked = own["key.weight"][torch.tensor(batch.keys)], own["key.weight"][torch.tensor(batch.asked)]
    queries = asked @ own["query.weight"]
    cosines = torch.cosine_similarity(queries[:, :, None], shown[:, None], dim=-1)
    weights = torch.softmax(own["attention.sharpness.log_scale"].exp() * cosines, dim=-1)
    logits = weights @ own["value.weight"][torch.tensor(batch.values)] @ own["output.weight"] + own["output.bias"]
    theirs = torch.nn.functional.cross_entropy(logits.reshape(-1, VALUES), torch.tensor(batch.answers.ravel()))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(parameter.grad, own[name].grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_order_in_which_pairs_are_shown_does_not_matter():
    model, batch = make(), make_batch()
    order = np.random.default_rng(5).permutation(KEYS)
    shuffled = RecallBatch(batch.keys[:, order], batch.values[:, order], batch.asked, batch.answers)
    recalled, again = model.recall(batch), model.recall(shuffled)
    np.testing.assert_allclose(again.logits, recalled.logits, rtol=1e-12)
    np.testing.assert_allclose(again.weights, recalled.weights[:, :, order], rtol=1e-12)


def test_the_answers_are_not_looked_at():
    model, batch = make(), make_batch()
    other = RecallBatch(batch.keys, batch.values, batch.asked, (batch.answers + 1) % VALUES)
    np.testing.assert_array_equal(model.recall(other).logits, model.recall(batch).logits)
    assert model(other)[0] != model(batch)[0]


def test_the_batch_of_two_processes_is_the_whole_batch():
    batch = make_batch(memories=5)
    parts = [batch.shard(rank, 2) for rank in range(2)]
    np.testing.assert_array_equal(np.concatenate([part.keys for part in parts]), batch.keys)
    assert sum(part.counted for part in parts) == batch.tokens == 20


def test_memories_that_were_never_seen_are_recalled_after_a_short_training():
    model = make(dtype=np.float32)
    optimizer = Adam(model.parameters(), 2e-2)
    for step in range(300):
        model.zero_grad()
        model(make_batch(100 + step, memories=16, asked=8))[1]()
        optimizer.step()
    unseen = make_batch(1, memories=200)
    assert np.mean(model.recall(unseen).logits.argmax(axis=-1) == unseen.answers) >= 0.99
