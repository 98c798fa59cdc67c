"""From words to batches with copied words, and from a model to summaries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attention_np.tasks.summaries import (
    LONGEST_SUMMARY,
    SummarizerSettings,
    batches_of,
    build_vocabulary,
    lay_out,
    make_summarizer,
    validation_loss,
    write_summaries,
)
from attention_np.tasks.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, join_words

from .copy_pairs import copy_dataset, copy_pair

# "the", "of", "norm" can be written; "vector" is only read.
VOCABULARY = Vocabulary(["the", "of", "norm", "vector"], writable=7)
THE, OF, NORM, VECTOR, FIRST_NEW, SECOND_NEW = 4, 5, 6, 7, 8, 9


def untrained(score="cosine", seed=0, data=None):
    vocabulary = VOCABULARY if data is None else build_vocabulary(data)
    settings = SummarizerSettings(score=score, learn_scale=score is not None, width=8)
    model = make_summarizer(settings, vocabulary, np.random.default_rng(seed))
    model.eval()
    return model, vocabulary


def test_a_batch_numbers_the_words_of_each_source_that_the_vocabulary_lacks():
    batch = lay_out(
        [["the", "foo", "vector", "bar", "foo"], ["bar", "norm"]],
        [["norm", "of", "bar", "vector"], ["foo", "bar", "vector"]],
        VOCABULARY,
    )
    np.testing.assert_array_equal(
        batch.extended_source, [[THE, FIRST_NEW, VECTOR, SECOND_NEW, FIRST_NEW], [FIRST_NEW, NORM, PAD, PAD, PAD]]
    )
    np.testing.assert_array_equal(batch.source, [[THE, UNKNOWN, VECTOR, UNKNOWN, UNKNOWN], [UNKNOWN, NORM, 0, 0, 0]])
    np.testing.assert_array_equal(batch.mask, [[True] * 5, [True, True, False, False, False]])
    # The second source has neither "foo" nor "vector", and "vector" cannot be written.
    np.testing.assert_array_equal(
        batch.targets, [[NORM, OF, SECOND_NEW, VECTOR, END], [UNKNOWN, FIRST_NEW, UNKNOWN, END, PAD]]
    )
    np.testing.assert_array_equal(
        batch.inputs, [[START, NORM, OF, UNKNOWN, VECTOR], [START, UNKNOWN, UNKNOWN, UNKNOWN, PAD]]
    )
    assert (batch.padding, batch.unknown) == (PAD, UNKNOWN)
    assert batch.tokens == 7 + 9


def test_every_target_of_a_batch_can_be_said():
    data = copy_dataset(60)
    model, vocabulary = untrained(data=data)
    for batch in batches_of(data.test, vocabulary, 7).in_order():
        assert np.isfinite(model(batch)[0])


def test_the_vocabulary_is_of_training_pairs_and_extras_alone():
    data = copy_dataset(30)
    extra = tuple(copy_pair(["extra", "word"]) for _ in range(3))
    vocabulary = build_vocabulary(replace(data, extras=extra, test=(copy_pair(["held", "out"]),) * 5))
    assert "extra" in vocabulary
    assert "held" not in vocabulary


def test_the_validation_loss_is_the_mean_per_word_whatever_the_batches():
    data = copy_dataset(30)
    model, vocabulary = untrained(data=data)
    alone = batches_of(data.validation, vocabulary, 1)
    losses = [(model(batch)[0], int((batch.targets != PAD).sum())) for batch in alone.in_order()]
    assert len({words for _, words in losses}) > 1
    expected = sum(loss * words for loss, words in losses) / sum(words for _, words in losses)
    for size in (1, 7, 64):
        found = validation_loss(model, batches_of(data.validation, vocabulary, size))
        assert found == pytest.approx(expected, rel=1e-5)
    assert validation_loss(model, batches_of((), vocabulary, 7)) == 0


@pytest.mark.parametrize("score", ["cosine", None])
def test_summaries_come_in_the_order_of_their_sources_whatever_the_batches(score):
    model, vocabulary = untrained(score)
    sources = [["the", "foo", "of"] * 5, ["norm"], ["bar", "vector", "of", "the"], ["foo", "norm"], []]
    one_by_one = [write_summaries(model, vocabulary, [source])[0] for source in sources]
    for size in (2, 32):
        for found, alone, source in zip(
            write_summaries(model, vocabulary, iter(sources), batch_size=size), one_by_one, sources, strict=True
        ):
            assert found.source == source
            assert found.words == alone.words
            assert found.text == join_words(found.words)
            np.testing.assert_allclose(found.copied, alone.copied, atol=1e-5)


def test_a_summary_says_where_attention_lay_and_what_was_copied():
    model, vocabulary = untrained(seed=2)
    model.gate.bias.value[...] = -4
    sources = [["the", "foo", "of", "bar"], ["vector", "of", "baz"]]
    for found in write_summaries(model, vocabulary, sources, beams=3):
        assert 0 < len(found.words) <= LONGEST_SUMMARY
        assert found.weights.shape == (len(found.words), len(found.source))
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-5)
        assert len(found.copied) == len(found.words)
        for word, share in zip(found.words, found.copied, strict=True):
            assert word in found.source or word in ("the", "of", "norm")
            if word not in ("the", "of", "norm"):
                assert share == pytest.approx(1, abs=1e-5)


def test_without_attention_nothing_is_copied_and_there_are_no_weights():
    model, vocabulary = untrained(None)
    (found,) = write_summaries(model, vocabulary, [["the", "foo"]])
    assert found.weights is None
    assert found.copied == [0.0] * len(found.words)


def test_no_sources_give_no_summaries():
    assert write_summaries(*untrained(), []) == []


def test_the_separators_of_a_source_are_never_copied_into_a_summary() -> None:
    words = ["<pad>", "<unknown>", "<start>", "<end>", "<of>", "<text>", "give"]
    vocabulary = Vocabulary(words)
    model = make_summarizer(SummarizerSettings(width=8), vocabulary, np.random.default_rng(4))
    assert model.gate is not None and model.gate.bias is not None
    model.gate.bias.value[...] = -20  # it all but always copies, and there is little else to copy
    model.eval()
    source = ["<of>", "<text>", "<text>", "<of>", "<text>", "слово"]
    written = [word for s in write_summaries(model, vocabulary, [source, source[:-1]]) for word in s.words]
    assert written
    assert not [word for word in written if word.startswith("<")]
