"""Translation, the whole model: derivatives, padding, and prediction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.models.seq2seq import PairBatch, Seq2Seq

from .checks import check_alike, check_model

PAD, START, END = 0, 1, 2
SOURCE_SIZE, TARGET_SIZE, WIDTH = 9, 7, 6
SOURCES, TARGETS = (5, 2, 4), (3, 4, 1)
VARIANTS = [
    ("cosine", None, True), ("cosine", None, False), ("cosine", 3.0, False), ("dot", None, False),
    ("scaled_dot", None, True), ("scaled_dot", None, False), ("additive", None, False), ("additive", None, True),
    (None, None, False),
]  # fmt: skip


def make(score="cosine", scale=None, learn_scale=True, dtype=np.float64, seed=0, dropout=0.0):
    rng = np.random.default_rng(seed)
    model = Seq2Seq(
        SOURCE_SIZE, TARGET_SIZE, width=WIDTH, score=score, scale=scale, learn_scale=learn_scale and score is not None,
        dropout=dropout, rng=rng, dtype=dtype,
    )  # fmt: skip
    for parameter in (model.source_embedding.weight, model.target_embedding.weight):
        # Livelier than at the start of a training, so that every gradient is of a size to be compared.
        parameter.value *= 5
    return model


def make_batch(seed=1, more_sources=0, more_targets=0):
    rng = np.random.default_rng(seed)
    source = np.full((3, 5 + more_sources), PAD)
    targets = np.full((3, 5 + more_targets), PAD)
    inputs = targets.copy()
    for row, (words, written) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        source[row, :words] = rng.integers(3, SOURCE_SIZE, words)
        sentence = rng.integers(3, TARGET_SIZE, written)
        targets[row, : written + 1] = [*sentence, END]
        inputs[row, : written + 1] = [START, *sentence]
    return PairBatch(source, source != PAD, inputs, targets, PAD)


@pytest.mark.parametrize(("score", "scale", "learn_scale"), VARIANTS)
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(score, scale, learn_scale):
    check_model(make(score, scale, learn_scale), make_batch(), rng=np.random.default_rng(2))


@pytest.mark.parametrize("score", ["cosine", "additive", None])
def test_more_padding_changes_neither_loss_nor_gradients(score):
    check_alike((make(score), make_batch(1, *more)) for more in ((0, 0), (3, 0), (0, 2), (4, 3)))


def test_the_loss_of_a_batch_is_the_mean_over_the_words_of_its_rows():
    model, batch = make(), make_batch()
    total = words = 0.0
    for row in range(3):
        source, target = slice(0, SOURCES[row]), slice(0, TARGETS[row] + 1)
        alone = PairBatch(
            batch.source[row : row + 1, source], batch.mask[row : row + 1, source],
            batch.inputs[row : row + 1, target], batch.targets[row : row + 1, target], PAD,
        )  # fmt: skip
        total += model(alone)[0] * (TARGETS[row] + 1)
        words += TARGETS[row] + 1
    assert model(batch)[0] == pytest.approx(total / words, rel=1e-12)


def test_tokens_are_the_words_of_both_sides_without_padding():
    assert make_batch(1, 3, 4).tokens == sum(SOURCES) + sum(TARGETS) + 3


@pytest.mark.parametrize("beams", [1, 3])
def test_prediction_depends_neither_on_padding_nor_on_the_other_rows(beams):
    model = make(seed=3)
    model.output.weight.value *= 4
    batch = make_batch(1, more_sources=3)
    asked = {"start": START, "end": END, "padding": PAD, "beams": beams, "longest": 8}
    together = model.predict(batch.source, batch.mask, **asked)
    for row, words in enumerate(SOURCES):
        source = batch.source[row : row + 1, :words]
        (alone,) = model.predict(source, source != PAD, **asked)
        assert together[row].words == alone.words
        assert together[row].score == pytest.approx(alone.score)


@pytest.mark.parametrize("beams", [1, 4])
def test_prediction_never_writes_a_start_or_padding(beams):
    model = make(seed=4)
    model.output.bias.value[[PAD, START]] = 20
    batch = make_batch()
    found = model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD, beams=beams)
    assert all(word > END for hypothesis in found for word in hypothesis.words)
    assert any(hypothesis.words for hypothesis in found)


def test_a_translation_may_say_a_pair_of_words_twice():
    # As numbers do: "zwei hundert zwölf tausend zwei hundert zwölf".
    model, batch = make(), make_batch()
    model.output.bias.value[5] = 100
    found = model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD, longest=6)
    assert [hypothesis.words for hypothesis in found] == [[5] * 6] * 3


def test_a_prediction_s_score_is_the_loss_of_its_words():
    model, batch = make(seed=5), make_batch()
    model.output.bias.value[[PAD, START]] = -1e3
    model.output.weight.value *= 4
    found = model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD, beams=1, longest=6)
    for row, (words, score) in enumerate(found):
        ids = [*words, END] if len(words) < 6 else words
        written = np.array([ids])
        alone = PairBatch(
            batch.source[row : row + 1], batch.mask[row : row + 1], np.array([[START, *ids[:-1]]]), written, PAD
        )
        assert score == pytest.approx(-model(alone)[0], rel=1e-9)


@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot", "additive"])
def test_weights_sum_to_one_over_the_words_of_the_source(score):
    batch = make_batch(1, 2, 2)
    weights = make(score).weights(batch)
    assert weights.shape == (*batch.inputs.shape, batch.source.shape[1])
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not (weights * ~batch.mask[:, None]).any()


def test_without_attention_there_are_no_weights():
    assert make(None).weights(make_batch()) is None


def test_targets_that_are_all_padding_have_no_loss_and_no_gradient():
    model, batch = make(), make_batch()
    loss, backward = model(replace(batch, targets=np.full_like(batch.targets, PAD)))
    backward()
    assert loss == 0
    assert not any(parameter.grad.any() for parameter in model.parameters())


def test_float32_is_kept():
    model = make(dtype=np.float32, dropout=0.2)
    _, backward = model(make_batch())
    backward()
    assert {parameter.grad.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}
    assert model.weights(make_batch()).dtype == np.float32
