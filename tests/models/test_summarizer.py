"""The summariser, the whole model: derivatives with copied words, padding, the pointer, and prediction."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from attention_np.models.summarizer import Summarizer, SummaryBatch

from .checks import check_alike, check_model

PAD, UNKNOWN, START, END = 0, 1, 2, 3
# Ids 4 to 8 can be written, 9 and 10 only read and copied, 11 and up are words of the source alone.
WRITABLE, VOCABULARY, WIDTH = 9, 11, 6
SOURCES = [[4, 9, 11, 5, 11], [12, 6], [10, 7, 4, 11]]
TARGETS = [[4, 11, 8], [12, 6, 7, 8], [9 + 1]]
VARIANTS = [
    ("cosine", None, True), ("cosine", None, False), ("cosine", 3.0, False), ("dot", None, False),
    ("scaled_dot", None, True), ("scaled_dot", None, False), ("additive", None, False), ("additive", None, True),
    (None, None, False),
]  # fmt: skip


def make(score="cosine", scale=None, learn_scale=True, dtype=np.float64, seed=0, dropout=0.0):
    return Summarizer(
        VOCABULARY, WRITABLE, width=WIDTH, score=score, scale=scale, learn_scale=learn_scale and score is not None,
        dropout=dropout, rng=np.random.default_rng(seed), dtype=dtype,
    )  # fmt: skip


def make_batch(sources=SOURCES, targets=TARGETS, more_sources=0, more_targets=0):
    extended = np.full((len(sources), max(map(len, sources)) + more_sources), PAD)
    written = np.full((len(sources), max(map(len, targets)) + 1 + more_targets), PAD)
    inputs = written.copy()
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        extended[row, : len(source)] = source
        written[row, : len(target) + 1] = [*target, END]
        inputs[row, : len(target) + 1] = [START, *(word if word < VOCABULARY else UNKNOWN for word in target)]
    return SummaryBatch(
        source=np.where(extended < VOCABULARY, extended, UNKNOWN), mask=extended != PAD, inputs=inputs,
        targets=written, padding=PAD, extended_source=extended, unknown=UNKNOWN,
    )  # fmt: skip


@pytest.mark.parametrize(("score", "scale", "learn_scale"), VARIANTS)
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(score, scale, learn_scale):
    check_model(make(score, scale, learn_scale), make_batch(more_sources=1), rng=np.random.default_rng(2))


@pytest.mark.parametrize("score", ["cosine", "additive", None])
def test_more_padding_changes_neither_loss_nor_gradients(score):
    check_alike((make(score), make_batch(SOURCES, TARGETS, *more)) for more in ((0, 0), (3, 0), (0, 2), (4, 3)))


@pytest.mark.parametrize("score", ["cosine", None])
def test_the_loss_of_a_batch_is_the_mean_over_the_words_of_its_rows(score):
    model = make(score)
    parts = [
        (model(make_batch([source], [target]))[0], len(target) + 1)
        for source, target in zip(SOURCES, TARGETS, strict=True)
    ]
    total = sum(loss * words for loss, words in parts)
    assert model(make_batch())[0] == pytest.approx(total / sum(words for _, words in parts), rel=1e-12)


def test_a_word_that_neither_source_nor_output_has_is_impossible_and_spoils_no_gradient():
    model = make()
    loss, backward = model(make_batch(targets=[[4, 13, 8], [12, 6, 7, 8], [10]]))
    backward()
    assert loss == np.inf
    assert all(np.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_without_attention_an_unwritable_word_is_learned_as_unknown():
    model, batch = make(None), make_batch()
    unknown = np.where(batch.targets < WRITABLE, batch.targets, UNKNOWN)
    assert (unknown != batch.targets).any()
    assert model(batch)[0] == model(replace(batch, targets=unknown))[0]
    assert model.look(batch) is None


def test_one_table_serves_source_target_and_output():
    model = make()
    tables = [name for name, parameter in model.named_parameters() if parameter.value.shape == (VOCABULARY, WIDTH)]
    assert tables == ["embedding.weight"]
    _, backward = model(make_batch())
    backward()
    # 8 is in no source and is written; 9 is in a source and cannot be written.
    assert model.embedding.weight.grad[[8, 9]].any(axis=-1).all()


@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot", "additive"])
def test_weights_sum_to_one_over_the_words_of_the_source(score):
    batch = make_batch(SOURCES, TARGETS, 2, 2)
    weights, copied = make(score).look(batch)
    assert weights.shape == (*batch.inputs.shape, batch.source.shape[1])
    assert copied.shape == batch.inputs.shape
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not (weights * ~batch.mask[:, None]).any()


def test_the_share_that_was_copied_is_one_for_the_source_s_own_words_and_zero_for_words_it_lacks():
    batch = make_batch()
    _, copied = make().look(batch)
    assert ((copied >= 0) & (copied <= 1)).all()
    in_source = (batch.extended_source[:, None] == batch.targets[..., None]).any(axis=-1)
    words = batch.targets != PAD
    only_in_source = batch.targets >= WRITABLE
    both = in_source & ~only_in_source & words
    assert only_in_source.sum() == 3
    assert both.sum() == 2
    np.testing.assert_allclose(copied[only_in_source], 1, rtol=1e-12)
    assert not copied[~in_source & words].any()
    assert ((copied[both] > 0) & (copied[both] < 1)).all()


def test_an_open_gate_writes_all_and_a_closed_one_copies_all():
    model, batch = make(), make_batch(targets=[[4, 5, 8], [6, 7, 8], [7]])
    both = (batch.extended_source[:, None] == batch.targets[..., None]).any(axis=-1) & (batch.targets != PAD)
    shares = {}
    for bias in (-30.0, 30.0):
        model.gate.bias.value[...] = bias
        shares[bias] = model.look(batch)[1][both]
    np.testing.assert_allclose(shares[-30.0], 1, atol=1e-9)
    np.testing.assert_allclose(shares[30.0], 0, atol=1e-9)
    # What is left is a softmax over the words that can be written, and its loss the ordinary one.
    without = make(None)
    for name, parameter in without.named_parameters():
        if name != "decoder.join.weight":
            parameter.value[...] = dict(model.named_parameters())[name].value
    model.decoder.join.weight.value[WIDTH:] = 0
    without.decoder.join.weight.value[...] = model.decoder.join.weight.value[:WIDTH]
    assert model(batch)[0] == pytest.approx(without(batch)[0], rel=1e-9)


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("score", ["cosine", None])
def test_prediction_never_writes_padding_a_start_or_unknown(score, beams):
    model = make(score, seed=4)
    model.output_bias.value[[PAD, UNKNOWN, START]] = 10
    found = model.predict(make_batch(more_sources=2), start=START, end=END, beams=beams, longest=9)
    words = [word for hypotheses in found for hypothesis in hypotheses for word in hypothesis.words]
    assert words
    assert not {PAD, UNKNOWN, START, END} & set(words)


def test_words_of_the_source_alone_are_copied_from_their_own_source_only():
    model = make(seed=5)
    model.gate.bias.value[...] = -30
    found = model.predict(make_batch(), start=START, end=END, beams=3, longest=5)
    for hypotheses, source in zip(found, SOURCES, strict=True):
        assert hypotheses
        for hypothesis in hypotheses:
            assert set(hypothesis.words[:2]) <= set(source)
    assert any(word >= VOCABULARY for hypotheses in found for hypothesis in hypotheses for word in hypothesis.words)


def test_a_summary_never_says_a_pair_of_words_twice():
    model = make(None, seed=4)
    model.output_bias.value[[4, 5]] = 8
    found = model.predict(make_batch(), start=START, end=END, beams=2, longest=9)
    for hypothesis in (hypothesis for hypotheses in found for hypothesis in hypotheses):
        pairs = list(itertools.pairwise(hypothesis.words))
        assert len(set(pairs)) == len(pairs) > 2


@pytest.mark.parametrize("beams", [1, 3])
def test_prediction_depends_on_nothing_but_the_row_s_own_source(beams):
    model = make(seed=3)
    asked = {"start": START, "end": END, "beams": beams, "longest": 7}
    together = model.predict(make_batch(more_sources=3), **asked)
    for found, source in zip(together, SOURCES, strict=True):
        (alone,) = model.predict(make_batch([source], [[8]]), **asked)
        assert [hypothesis.words for hypothesis in found] == [hypothesis.words for hypothesis in alone]
        assert [hypothesis.score for hypothesis in found] == pytest.approx([h.score for h in alone])


def test_a_hypothesis_score_is_the_loss_of_its_words():
    model = make(seed=6)
    model.output_bias.value[END] = 3
    found = model.predict(make_batch(), start=START, end=END, beams=4, longest=6)
    compared = 0
    for hypotheses, source in zip(found, SOURCES, strict=True):
        for words, score in hypotheses:
            if len(words) < 6:
                assert score == pytest.approx(-model(make_batch([source], [words]))[0], rel=1e-9)
                compared += 1
    assert compared >= 6


def test_an_empty_source_is_summarised_without_a_warning():
    found = make().predict(make_batch([[], []], [[], []]), start=START, end=END, beams=2, longest=4)
    assert all(WRITABLE > word > END for hypotheses in found for word in hypotheses[0].words)


def test_float32_is_kept():
    model = make(dtype=np.float32, dropout=0.2)
    _, backward = model(make_batch())
    backward()
    assert {parameter.grad.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}
    model.eval()
    weights, copied = model.look(make_batch())
    assert weights.dtype == copied.dtype == np.float32


def test_the_loss_without_a_pointer_is_the_cross_entropy_of_a_softmax():
    # A source that has none of the targets leaves the gate's share alone between the two losses.
    model = make()
    batch = make_batch([[9, 9], [10]], [[4, 5], [6, 7, 8]])
    with_pointer = model(batch)[0]
    model.gate.weight.value[...] = 0
    model.gate.bias.value[...] = 0
    half = model(batch)[0]
    model.gate.bias.value[...] = 30
    assert half == pytest.approx(model(batch)[0] + np.log(2), rel=1e-9)
    assert with_pointer > model(batch)[0]
