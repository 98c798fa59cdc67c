"""Encoder and decoder: derivatives, padding, causality, prediction, weights."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from attention_np import cross_entropy
from attention_np.models.seq2seq import PairBatch, Seq2Seq

from .checks import check_alike, check_model
from .transformer_cases import (
    END,
    PAD,
    SMALL,
    SOURCE_SIZE,
    SOURCES,
    START,
    TARGET_SIZE,
    TARGETS,
    pair_batch,
    transformer,
)  # fmt: skip

VARIANTS = [
    {}, {"score": "scaled_dot", "dropout": 0.2, "label_smoothing": 0.1},
    {"positions": "rotary", "key_value_heads": 1, "window": 2}, {"positions": "alibi", "qk_norm": True},
]  # fmt: skip
variants = pytest.mark.parametrize("settings", VARIANTS, ids=str)
ASKED = {"start": START, "end": END, "padding": PAD}


@pytest.mark.parametrize("settings", VARIANTS[:2], ids=str)
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(settings):
    model = transformer(**{**settings, "depth": 1})
    if settings.get("score") == "scaled_dot":
        for block in (*model.encoder.blocks, *model.decoder.blocks):
            for sublayer in (block.attention, block.cross):
                if sublayer is not None:
                    # It moves all scores of a query alike, and the softmax does not see it.
                    sublayer.inner.key.bias = None
    check_model(model, pair_batch(), rng=np.random.default_rng(2))


@variants
def test_through_many_blocks_the_gradient_is_the_derivative_along_any_direction(settings):
    model, batch = transformer(**{**settings, "depth": 3, "dropout": 0.0}), pair_batch()
    _, backward = model(batch)
    backward()
    rng = np.random.default_rng(4)
    for _ in range(5):
        directions = [rng.normal(size=parameter.value.shape) for parameter in model.parameters()]
        losses = []
        for step in (1e-5, -2e-5):
            for parameter, direction in zip(model.parameters(), directions, strict=True):
                parameter.value += step * direction
            losses.append(model(batch)[0])
        for parameter, direction in zip(model.parameters(), directions, strict=True):
            parameter.value += 1e-5 * direction
        along = sum(float(np.sum(p.grad * d)) for p, d in zip(model.parameters(), directions, strict=True))
        assert along == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-6)


@variants
def test_more_padding_changes_neither_loss_nor_gradients(settings):
    settings = {**settings, "dropout": 0.0}
    runs = ((transformer(**settings), pair_batch(1, *more)) for more in ((0, 0), (3, 0), (0, 2), (4, 3)))
    check_alike(runs, rtol=1e-8)


def test_a_word_of_the_target_changes_nothing_before_it_and_a_word_of_the_source_everything():
    model, batch = transformer(), pair_batch()

    def losses(batch):
        """Of each word of the first target by itself."""
        kept = []
        for place in range(TARGETS[0] + 1):
            targets = np.full_like(batch.targets, PAD)
            targets[0, place] = batch.targets[0, place]
            kept.append(model(replace(batch, targets=targets))[0])
        return np.array(kept)

    before = losses(batch)
    inputs, source = batch.inputs.copy(), batch.source.copy()
    inputs[0, 2], source[0, 1] = 9 - inputs[0, 2], 11 - source[0, 1]
    after = losses(replace(batch, inputs=inputs))
    np.testing.assert_array_equal(before[:2], after[:2])
    assert (before[2:] != after[2:]).all()
    assert (before != losses(replace(batch, source=source))).all()


@pytest.mark.parametrize("beams", [1, 3])
@variants
def test_prediction_depends_neither_on_padding_nor_on_the_other_rows(settings, beams):
    model = transformer(seed=3, **settings)
    model.eval()
    batch = pair_batch(1, more_sources=3)
    together = model.predict(batch.source, batch.mask, **ASKED, beams=beams, longest=8)
    for row, words in enumerate(SOURCES):
        source = batch.source[row : row + 1, :words]
        (alone,) = model.predict(source, source != PAD, **ASKED, beams=beams, longest=8)
        assert together[row].words == alone.words
        assert together[row].score == pytest.approx(alone.score)


@pytest.mark.parametrize("beams", [1, 4])
@variants
def test_a_prediction_s_score_is_the_loss_of_its_words(settings, beams):
    # The words are found step by step with a cache, beams changing places; the loss is one full pass.
    model, batch = transformer(seed=5, **settings), pair_batch()
    model.eval()
    model.target_words.embedding.weight.value[[PAD, START]] = 0
    model.decoder.norm.bias.value += 3 * model.target_words.embedding.weight.value[5]
    found = model.predict(batch.source, batch.mask, **ASKED, beams=beams, longest=6)
    for row, (words, score) in enumerate(found):
        ids = np.array([*words, END] if len(words) < 6 else words)
        assert score == pytest.approx(mean_log_probability(model, batch, row, ids), rel=1e-9)


def mean_log_probability(model, batch, row, ids):
    """Of a target, with paddings and starts left out as prediction leaves them out: it does not divide by the rest."""
    mask = batch.mask[row : row + 1, None]
    memory, _ = model.encoder(model.source_words(batch.source[row : row + 1])[0], mask)
    inputs = np.array([[START, *ids[:-1]]])
    features, _ = model.decoder(model.target_words(inputs)[0], None, memory, mask)
    return -float(cross_entropy(model.target_words.logits(features)[0], ids[None]))


@pytest.mark.parametrize("seed", range(2))
def test_beams_as_many_as_sentences_find_the_likeliest_and_greedy_is_never_likelier(seed):
    model, batch = transformer(seed=seed), pair_batch()
    wide = model.predict(batch.source, batch.mask, **ASKED, beams=125, longest=3)
    greedy = model.predict(batch.source, batch.mask, **ASKED, beams=1, longest=3)
    words = range(END, TARGET_SIZE)
    for row in range(3):
        scores = {}
        for ids in itertools.chain([(END,)], itertools.product(words, repeat=2), itertools.product(words, repeat=3)):
            if END not in ids[:-1] and (ids[-1] == END or len(ids) == 3):
                scores[ids] = mean_log_probability(model, batch, row, np.array(ids))
        best = max(scores, key=scores.__getitem__)
        assert wide[row].words == [word for word in best if word != END]
        assert wide[row].score == pytest.approx(scores[best], rel=1e-9)
        assert greedy[row].score <= wide[row].score + 1e-12


@pytest.mark.parametrize("beams", [1, 4])
def test_prediction_never_writes_a_start_or_padding(beams):
    model = transformer(seed=4)
    table = model.target_words.embedding.weight.value
    model.decoder.norm.bias.value += 3 * (table[PAD] + table[START])
    batch = pair_batch()
    found = model.predict(batch.source, batch.mask, **ASKED, beams=beams)
    assert all(word > END for hypothesis in found for word in hypothesis.words)
    assert any(hypothesis.words for hypothesis in found)


def test_weights_sum_to_one_over_the_words_of_the_source():
    model, batch = transformer(depth=3), pair_batch(1, 2, 2)
    every_head = model.head_weights(batch)
    assert every_head.shape == (3, 3, 2, *batch.inputs.shape[1:], batch.source.shape[1])
    for weights in (every_head, model.weights(batch)):
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert model.weights(batch).shape == (*batch.inputs.shape, batch.source.shape[1])
    assert not (model.weights(batch) * ~batch.mask[:, None]).any()


def test_it_stands_in_where_a_seq2seq_does():
    rng = np.random.default_rng(0)
    other, model, batch = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, width=8, rng=rng), transformer(dtype=np.float32), pair_batch()
    for each in (other, model):
        loss, backward = each(batch)
        assert backward() is None and type(loss) is float
        found = each.predict(batch.source, batch.mask, **ASKED, beams=2, longest=5)
        assert len(found) == 3 and all(len(hypothesis.words) <= 5 for hypothesis in found)
        weights = each.weights(batch)
        assert weights is not None and weights.shape == (*batch.inputs.shape, batch.source.shape[1])
        assert weights.dtype == np.float32


def test_no_examples_have_no_loss_and_no_gradient():
    model, batch = transformer(), pair_batch()
    empty = PairBatch(batch.source[:0], batch.mask[:0], batch.inputs[:0], batch.targets[:0], PAD)
    loss, backward = model(empty)
    backward()
    assert loss == 0
    assert not any(parameter.grad.any() for parameter in model.parameters())


def test_a_memory_is_asked_for_where_it_is_looked_at_and_nowhere_else():
    model, inputs = transformer(), np.zeros((1, 2, SMALL["width"]))
    with pytest.raises(ValueError, match="memory: expected an array"):
        model.decoder(inputs)
    with pytest.raises(ValueError, match="memory: expected None without cross attention"):
        model.encoder(inputs, None, inputs)
