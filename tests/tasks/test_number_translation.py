"""Act one on a small scale: number words are learned, and the attention's alignment is measured."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from attention_np.tasks.number_translation import VARIANTS, Translator
from attention_np.tasks.number_words import draw_split, number_pair

HELD_OUT = (23, 31, 47, 52, 59, 64, 68, 76, 85, 91, 98)
SMALL = [number_pair(n) for n in range(100) if n not in HELD_OUT]
UNSEEN = [number_pair(n) for n in HELD_OUT]


def make(pairs=SMALL, variant="learned sharpness", width=48, seed=1):
    score, learn_scale = VARIANTS[variant]
    return Translator(pairs, score=score, learn_scale=learn_scale, width=width, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def trained():
    translator = make()
    history = translator.fit(SMALL, epochs=80, progress=False)
    assert len(history) == 80
    return translator


@pytest.mark.slow
def test_numbers_never_seen_are_translated_and_attention_finds_their_words(trained):
    score = trained.evaluate(UNSEEN)
    assert score.exact >= 0.9
    assert score.alignment.accuracy >= 0.9
    assert score.alignment.share_scored == pytest.approx(2 / 3)


@pytest.mark.slow
def test_a_learned_sharpness_looks_closer_than_sharpness_one():
    split = draw_split(600, 100, 0, rng=np.random.default_rng(0), below=1000)
    alignment = {}
    for variant in ("learned sharpness", "sharpness 1"):
        translator = make(split.train, variant, width=32)
        translator.fit(split.train, epochs=10, progress=False)
        alignment[variant] = translator.evaluate(split.test).alignment
    assert alignment["learned sharpness"].mean_peak > alignment["sharpness 1"].mean_peak + 0.2


def test_exact_is_the_share_of_numbers_with_every_word_right(trained):
    found = trained.translate([pair.source for pair in UNSEEN])
    right = [tuple(translation.words) == pair.target for translation, pair in zip(found, UNSEEN, strict=True)]
    assert trained.evaluate(UNSEEN).exact == pytest.approx(sum(right) / len(right))
    wrong = [pair._replace(target=(*pair.target, "und"), alignment=(*pair.alignment, None)) for pair in UNSEEN]
    assert trained.evaluate(wrong).exact == 0


def test_a_translation_has_a_row_of_weights_for_each_word_and_a_column_for_each_of_the_source(trained):
    sources = [("seven",), ("forty", "three"), ("zero",)]
    for source, found in zip(sources, trained.translate(sources), strict=True):
        assert found.weights.shape == (len(found.words), len(source))
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-5)
        # The other rows' lengths, that is the padding, do not matter.
        (alone,) = trained.translate([source])
        assert alone.words == found.words
        np.testing.assert_allclose(alone.weights, found.weights, atol=1e-5)


def test_an_untrained_translator_writes_words_of_the_language_only():
    words = {word for pair in SMALL for word in pair.target}
    for seed in range(4):
        translator = make(width=8, seed=seed)
        translator.model.eval()
        written = [found.words for found in translator.translate([pair.source for pair in SMALL])]
        assert set(itertools.chain.from_iterable(written)) <= words


def test_without_attention_there_are_neither_weights_nor_alignment_nor_sharpness():
    translator = make(variant="no attention", width=8)
    assert translator.sharpness is None
    assert translator.translate([("seven",)])[0].weights is None
    assert translator.evaluate(UNSEEN).alignment is None


def test_the_sharpness_starts_at_ten_or_stays_one():
    assert make(width=8).sharpness == pytest.approx(10)
    fixed = make(variant="sharpness 1", width=8)
    fixed.fit(SMALL, epochs=1, progress=False)
    assert fixed.sharpness == 1


def test_the_same_seed_learns_the_same_bits():
    states = []
    for _ in range(2):
        translator = make(width=8)
        translator.fit(SMALL, epochs=1, progress=False)
        states.append(translator.model.state_dict())
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])


def test_words_that_are_no_number_are_refused_by_name():
    translator = make(width=8)
    with pytest.raises(ValueError, match="source: expected words of numbers, got 'cat'"):
        translator.translate([("twenty", "cat")])
