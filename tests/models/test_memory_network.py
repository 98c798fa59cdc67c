"""The memory network and its sentence encoder: derivatives, PyTorch's gradients, padding, and a tiny task learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.models.memory_network import MemoryNetwork
from attention_np.models.sentence_encoder import SentenceEncoder
from attention_np.optim import Adam

from ..derivatives import check_by_projections
from .checks import check_alike, check_model
from .story_cases import ANSWERS, LENGTHS, LONGEST, WORDS, make_batch, tiny_task

WIDTH = 5
VARIANTS = [("cosine", True, 3), ("cosine", False, 1), ("dot", False, 2), ("scaled_dot", True, 2), ("additive", True, 2)]


def make(score="cosine", learn_scale=True, hops=3, seed=0, dtype=np.float64):
    model = MemoryNetwork(
        WORDS, ANSWERS, longest=LONGEST, width=WIDTH, hops=hops, score=score, learn_scale=learn_scale,
        initial_scale=4.0, rng=np.random.default_rng(seed), dtype=dtype,
    )  # fmt: skip
    for name, parameter in model.named_parameters():
        if name.startswith(("encoders", "ages")):
            # Livelier than at the start of a training, so that every gradient is of a size to be compared.
            parameter.value *= 8
    return model


@pytest.mark.parametrize(("score", "learn_scale", "hops"), VARIANTS)
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(score, learn_scale, hops):
    check_model(make(score, learn_scale, hops), make_batch(), rng=np.random.default_rng(2))


def test_without_attention_too_and_nothing_asks_for_the_first_memories():
    model = make(None, False, 2)
    report = check_by_projections(model, make_batch(), rng=np.random.default_rng(2))
    report.raise_if_failed()
    model(make_batch())[1]()
    unasked = [name for name, parameter in model.named_parameters() if not parameter.grad.any()]
    assert unasked == ["ages.0.weight"]


def test_the_encoding_of_a_sentence_is_the_paper_s_sum():
    encoder = SentenceEncoder(WORDS, WIDTH, rng=np.random.default_rng(0), dtype=np.float64)
    sentences = np.array([[3, 7, 2, 0], [5, 0, 0, 0]])
    expected = np.zeros((2, WIDTH))
    for n, words in enumerate(([3, 7, 2], [5])):
        for j, word in enumerate(words, start=1):
            for k in range(1, WIDTH + 1):
                weight = (1 - j / len(words)) - k / WIDTH * (1 - 2 * j / len(words))
                expected[n, k - 1] += weight * encoder.embedding.weight.value[word, k - 1]
    np.testing.assert_allclose(encoder(sentences)[0], expected, rtol=1e-12)


def test_loss_and_gradients_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    model, batch = make(seed=3), make_batch(4)
    loss, backward = model(batch)
    backward()
    own = {name: torch.tensor(value, requires_grad=True) for name, value in model.state_dict().items()}

    def encode(table, ids):
        rows = []
        for words in ids:
            length = int((words > 0).sum())
            place = torch.arange(1, length + 1, dtype=torch.float64)[:, None] / length
            component = torch.arange(1, WIDTH + 1, dtype=torch.float64) / WIDTH
            rows.append((((1 - place) - component * (1 - 2 * place)) * table[torch.tensor(words[:length])]).sum(0))
        return torch.stack(rows)

    memories = []
    for index in range(4):
        encoded = encode(own[f"encoders.{index}.embedding.weight"], batch.sentences)
        ages = np.maximum(np.array(LENGTHS)[:, None] - 1 - np.arange(5), 0)
        memories.append(encoded[torch.tensor(batch.story)] + own[f"ages.{index}.weight"][torch.tensor(ages)])
    state = encode(own["encoders.0.embedding.weight"], batch.questions)
    for hop in range(3):
        cosines = torch.cosine_similarity(state[:, None], memories[hop], dim=-1)
        logits = own[f"attention.{hop}.sharpness.log_scale"].exp() * cosines
        weights = torch.softmax(logits.masked_fill(~torch.tensor(batch.mask), -torch.inf), dim=-1)
        state = state + (weights[..., None] * memories[hop + 1]).sum(1)
    hidden = torch.relu(state @ own["hidden.weight"] + own["hidden.bias"])
    theirs = torch.nn.functional.cross_entropy(
        hidden @ own["output.weight"] + own["output.bias"], torch.tensor(batch.answers)
    )
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(parameter.grad, own[name].grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("score", ["cosine", "additive", None])
def test_more_padding_changes_neither_loss_nor_gradients(score):
    check_alike((make(score, score is not None), make_batch(1, *more)) for more in ((0, 0), (2, 0), (0, 3)))


@pytest.mark.parametrize("score", ["cosine", None])
def test_weights_of_every_hop_sum_to_one_over_the_sentences_of_the_story(score):
    batch = make_batch(1, 2)
    weights = make(score, score is not None).answer(batch).weights
    assert weights.shape == (3, 3, 7)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not (weights * ~batch.mask[:, None]).any()
    if score is None:
        np.testing.assert_allclose(weights[0, :, :5], 1 / 5)


def test_a_sentence_that_is_told_twice_is_two_memories_of_different_age():
    model = make()
    batch = make_batch()
    batch.story[0, :5] = [2, 4, 2, 4, 2]
    weights = model.answer(batch).weights[0]
    assert not np.isclose(weights[:, 0], weights[:, 2]).all()


def test_the_answers_are_not_looked_at():
    model, batch = make(), make_batch()
    other = replace(batch, answers=(batch.answers + 1) % ANSWERS)
    np.testing.assert_array_equal(model.answer(other).logits, model.answer(batch).logits)
    assert model(other)[0] != model(batch)[0]


def test_the_loss_of_two_processes_parts_is_the_loss_of_the_batch():
    model, batch = make(), make_batch()
    parts = [batch.shard(rank, 2) for rank in range(2)]
    assert [part.counted for part in parts] == [1, 2]
    assert sum(model(part)[0] * part.counted for part in parts) / 3 == pytest.approx(model(batch)[0], rel=1e-12)


def test_no_reading_at_all_is_refused():
    with pytest.raises(ValueError, match="hops: expected at least 1 reading of the story, got 0"):
        make(hops=0)


def test_a_tiny_task_is_learned_and_attention_finds_the_sentence_that_holds_the_answer():
    model = MemoryNetwork(9, 4, longest=4, width=16, hops=1, rng=np.random.default_rng(0))
    optimizer = Adam(model.parameters(), 1e-2)
    for step in range(250):
        model.zero_grad()
        model(tiny_task(100 + step, 32)[0])[1]()
        optimizer.step()
    unseen, holds = tiny_task(1, 500)
    answered = model.answer(unseen)
    assert np.mean(answered.logits.argmax(axis=-1) == unseen.answers) >= 0.99
    assert np.mean(answered.weights[:, 0].argmax(axis=-1) == holds) >= 0.99
