"""Drawing words: frequencies, the k likeliest, and temperatures."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import softmax
from attention_np.models.sampling import sample

LOGITS = np.array([[1.0, -2.0, 3.0, 0.5, 2.5], [0.0, 0.3, -1.0, 4.0, 3.9]])
DRAWS = 40_000


def frequencies(logits, **settings):
    many = np.broadcast_to(logits, (DRAWS, *logits.shape))
    drawn = sample(many, rng=np.random.default_rng(0), **settings)
    return np.stack([(drawn == word).mean(axis=0) for word in range(logits.shape[-1])], axis=-1)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [None, 1, 2, 3, 5, 9])
def test_words_are_drawn_as_often_as_their_probability_says(temperature, top_k):
    k = LOGITS.shape[-1] if top_k is None else min(top_k, LOGITS.shape[-1])
    border = np.sort(LOGITS, axis=-1)[:, -k][:, None]
    expected = softmax(LOGITS / temperature, mask=LOGITS >= border)
    found = frequencies(LOGITS, temperature=temperature, top_k=top_k)
    assert not found[expected == 0].any()
    # Five standard deviations.
    np.testing.assert_allclose(found, expected, atol=5 * 0.5 / np.sqrt(DRAWS))


def test_of_equal_logits_at_the_border_only_k_are_kept():
    found = frequencies(np.zeros((1, 5)), top_k=3)
    assert (found[0] > 0).sum() == 3


def test_temperature_zero_is_the_likeliest_word_and_draws_nothing():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    np.testing.assert_array_equal(sample(LOGITS, temperature=0, rng=rng), [2, 3])
    assert rng.bit_generator.state == before


def test_towards_temperature_zero_the_draw_becomes_the_likeliest_word():
    np.testing.assert_array_equal(frequencies(LOGITS, temperature=1e-300), [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]])
    assert frequencies(LOGITS, temperature=0.02)[1, 3] > 0.98


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_words_that_are_impossible_are_never_drawn(dtype):
    logits = np.array([[-np.inf, 0.0, -np.inf, 1.0]], dtype)
    found = frequencies(logits)
    assert found[0, 0] == found[0, 2] == 0 < found[0, 1] < found[0, 3]


def test_the_same_seed_draws_the_same():
    logits = np.random.default_rng(1).normal(size=(50, 20))
    first, second = (sample(logits, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (50,)
    assert (first != sample(logits, rng=np.random.default_rng(4))).any()


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"temperature": -1.0}, "temperature"), ({"temperature": np.nan}, "temperature"), ({"top_k": 0}, "top_k")],
)
def test_settings_out_of_range_are_refused(settings, named):
    with pytest.raises(ValueError, match=f"^{named}: expected"):
        sample(LOGITS, rng=np.random.default_rng(0), **settings)


def test_no_classes_are_refused():
    with pytest.raises(ValueError, match="logits: expected at least one class"):
        sample(np.zeros((2, 0)), rng=np.random.default_rng(0))
