"""A transducer: what it writes, what it does with what it never saw, and that a saved one is the same."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.transducer import Transducer, TransducerSettings, vocabulary_of
from attention_np.training import CheckpointError

RNG = np.random.default_rng(0)
SOURCES = ["".join(RNG.choice(list("abcde"), RNG.integers(1, 6))) for _ in range(120)]
TARGETS = [list(reversed(source.upper())) for source in SOURCES]


def make(score="cosine", longest=12, seed=0, width=16):
    settings = TransducerSettings(score, learn_scale=score is not None, width=width, dropout=0.0, longest=longest)
    return Transducer(vocabulary_of(SOURCES), vocabulary_of(TARGETS), settings, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def trained():
    transducer = make(width=32)
    held_out = transducer.batches(SOURCES[:20], TARGETS[:20], 20)
    result = transducer.fit(
        SOURCES, TARGETS, batch_size=20, epochs=60, validate=lambda: {"loss": transducer.loss(held_out)}, progress=False
    )
    assert result.best_epoch is not None
    return transducer


def test_it_learns_to_reverse_and_writes_symbols_of_the_target(trained):
    exact = np.mean([found.words == target for found, target in zip(trained.translate(SOURCES), TARGETS, strict=True)])
    assert exact >= 0.95


def test_more_beams_find_nothing_less_likely_in_all(trained):
    def losses(beams):
        written = [found.words for found in trained.translate(SOURCES, beams=beams)]
        return [trained.loss(trained.batches([source], [row], 1)) for source, row in zip(SOURCES, written, strict=True)]

    assert np.mean(losses(4)) <= np.mean(losses(1)) + 1e-6


def test_unknown_symbols_are_read_and_never_written(trained):
    found = trained.translate(["aé日b", "ÿÿ", "c"])
    known = {symbol for target in TARGETS for symbol in target}
    assert {symbol for translation in found for symbol in translation.words} <= known
    assert [translation.weights.shape[1] for translation in found] == [4, 2, 1]
    # One unknown symbol is as good as another.
    assert trained.translate(["aéb"])[0].words == trained.translate(["a日b"])[0].words


def test_an_untrained_one_stops_at_the_longest_and_writes_nothing_special():
    for seed in range(4):
        transducer = make(longest=3, seed=seed)
        for found in transducer.translate(SOURCES[:40], beams=1 + seed):
            assert len(found.words) <= 3
            assert not any(word.startswith("<") for word in found.words)


def test_what_stands_beside_a_source_does_not_change_its_translation(trained):
    together = trained.translate(SOURCES[:30])
    for source, found in zip(SOURCES[:30], together, strict=True):
        (alone,) = trained.translate([source])
        assert alone.words == found.words
        np.testing.assert_allclose(alone.weights, found.weights, atol=1e-5)


def test_the_loss_is_the_mean_over_the_symbols_however_they_are_batched(trained):
    whole, cut = (trained.loss(trained.batches(SOURCES, TARGETS, size)) for size in (120, 7))
    assert cut == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("score", ["cosine", None])
def test_a_saved_one_is_the_same_after_loading(tmp_path, score):
    transducer = make(score)
    transducer.model.eval()
    transducer.save(tmp_path / "model.npz", "test", seed=7)
    loaded, facts = Transducer.load(tmp_path / "model.npz", "test")
    assert facts == {"seed": 7}
    assert loaded.settings == transducer.settings and loaded.sharpness == transducer.sharpness
    for before, after in zip(transducer.translate(SOURCES), loaded.translate(SOURCES), strict=True):
        assert before.words == after.words


def test_a_model_of_another_kind_is_refused(tmp_path):
    make().save(tmp_path / "model.npz", "dates")
    with pytest.raises(CheckpointError, match="expected a model for pairs"):
        Transducer.load(tmp_path / "model.npz", "pairs")


def test_no_source_at_all_is_no_error(trained):
    assert trained.translate([]) == []
    (nothing,) = trained.translate([""])
    assert nothing.weights.shape == (len(nothing.words), 0)


def test_a_transformer_stands_in_for_the_recurrences(tmp_path):
    settings = TransducerSettings(width=32, dropout=0.0, longest=8, architecture="transformer")
    targets = [source.upper() for source in SOURCES]
    transducer = Transducer(vocabulary_of(SOURCES), vocabulary_of(targets), settings, rng=np.random.default_rng(0))
    transducer.fit(SOURCES, targets, epochs=30, batch_size=12, progress=False)
    found = transducer.translate(SOURCES, beams=2)
    right = sum("".join(translation.words) == text.upper() for translation, text in zip(found, SOURCES, strict=True))
    assert right > 0.9 * len(SOURCES)
    assert [t.weights.shape for t in found] == [(len(t.words), len(text)) for t, text in zip(found, SOURCES, strict=True)]
    assert 1 < transducer.sharpness <= 100
    explained = transducer.explained("abc", "ABC")
    assert explained.attention().shape == explained.gradient_times_input().shape == (4, 3)
    transducer.save(tmp_path / "model.npz", "test")
    again, _ = Transducer.load(tmp_path / "model.npz", "test")
    assert [translation.words for translation in again.translate(SOURCES, beams=2)] == [t.words for t in found]


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"architecture": "convolution"}, "architecture: expected"), ({"architecture": "transformer", "score": None}, "score: expected")],
)
def test_architectures_that_cannot_be_are_refused(settings, said):
    vocabulary = vocabulary_of(["ab"])
    with pytest.raises(ValueError, match=said):
        Transducer(vocabulary, vocabulary, TransducerSettings(**settings), rng=np.random.default_rng(0))
