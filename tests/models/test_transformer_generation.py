"""Writing on: by the cache as by full passes, greedily or drawn, beyond the longest context."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models.sampling import sample
from attention_np.models.transformer import generate

from .transformer_cases import TARGET_SIZE, language_model

BEGINNING = np.random.default_rng(7).integers(0, TARGET_SIZE, (3, 4))


def lively(seed=0, **settings):
    model = language_model(seed, **settings)
    model.words.embedding.weight.value *= 3
    model.eval()
    return model


@pytest.mark.parametrize("settings", [{}, {"positions": "rotary", "window": 3}, {"positions": "alibi"}], ids=str)
@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_the_text_is_what_full_passes_would_draw(settings, temperature):
    model = lively(**settings)
    texts, rng = BEGINNING, np.random.default_rng(1)
    for _ in range(9):
        drawn = sample(model.logits(texts)[:, -1], temperature=temperature, top_k=4, rng=rng)
        texts = np.concatenate([texts, drawn[:, None]], axis=1)
    found = generate(model, BEGINNING, 9, temperature=temperature, top_k=4, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(found, texts[:, 4:])
    assert len(np.unique(found)) > 1


def test_beyond_the_context_the_last_half_of_it_is_read_anew():
    model = lively()
    texts, rng, first = BEGINNING, np.random.default_rng(1), 0
    for _ in range(12):
        if texts.shape[1] - first > 6:
            first = texts.shape[1] - 3
        texts = np.concatenate([texts, sample(model.logits(texts[:, first:])[:, -1], rng=rng)[:, None]], axis=1)
    found = generate(model, BEGINNING, 12, context=6, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(found, texts[:, 4:])


def test_of_a_beginning_longer_than_the_context_the_end_is_read():
    model = lively()
    long = np.concatenate([BEGINNING[::-1], BEGINNING], axis=1)
    asked = {"context": 4, "temperature": 0}
    found = generate(model, long, 3, **asked, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(found, generate(model, BEGINNING, 3, **asked, rng=np.random.default_rng(0)))


def test_the_same_seed_writes_the_same_text_and_another_one_another():
    model = lively()
    texts = [generate(model, BEGINNING, 20, rng=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(texts[0], texts[1])
    assert (texts[0] != texts[2]).any()


def test_nothing_is_written_where_nothing_is_asked_for():
    assert generate(lively(), BEGINNING, 0, rng=np.random.default_rng(0)).shape == (3, 0)


def test_an_empty_beginning_and_a_context_of_one_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="beginning: expected"):
        generate(lively(), BEGINNING[:, :0], 3, rng=rng)
    with pytest.raises(ValueError, match="context: expected at least 2 tokens, got 1"):
        generate(lively(), BEGINNING, 3, context=1, rng=rng)
