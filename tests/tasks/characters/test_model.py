"""Windows, bits, and what a tiny model learns."""

from __future__ import annotations

import json

import numpy as np
import pytest

from attention_np import cross_entropy
from attention_np.models.transformer import TransformerSettings
from attention_np.tasks.characters import training
from attention_np.tasks.characters.alphabet import Alphabet
from attention_np.tasks.characters.n_grams import NGrams
from attention_np.tasks.characters.texts import BETWEEN, UNKNOWN, Texts
from attention_np.tasks.characters.training import CharacterModel, CharacterSettings
from attention_np.tasks.characters.windows import Windows, overlapping

TINY = CharacterSettings(TransformerSettings(width=32, depth=2, heads=2, positions="rotary"), context=16, batch=8)
ALPHABET = BETWEEN + "abcdefgh" + UNKNOWN


def copied(length, seed):
    """Three letters drawn from six, and the same again: no count of pairs or triples foretells the second three."""
    rng = np.random.default_rng(seed)
    threes = ("".join(rng.choice(list("bcdefg"), 3)) for _ in range(length // 8))
    return BETWEEN + "".join(f"{three}a{three}h" for three in threes)


def test_windows_are_pieces_of_the_text_and_their_targets_follow():
    ids = np.arange(100)
    batches = list(Windows(ids, 7, 3, 5).epoch(np.random.default_rng(0)))
    assert len(batches) == len(Windows(ids, 7, 3, 5)) == 5
    starts = np.concatenate([batch.inputs[:, 0] for batch in batches])
    assert len(set(starts)) > 10
    for batch in batches:
        np.testing.assert_array_equal(batch.inputs, batch.inputs[:, :1] + np.arange(7))
        np.testing.assert_array_equal(batch.targets, batch.inputs + 1)


def test_the_first_and_the_last_window_are_drawn_too():
    drawn = [batch.inputs[:, 0] for batch in Windows(np.arange(10), 7, 4, 50).epoch(np.random.default_rng(0))]
    assert set(np.concatenate(drawn)) == {0, 1, 2}


def test_a_text_no_longer_than_the_context_is_refused():
    with pytest.raises(ValueError, match="longer than the context of 7, got 7 characters"):
        Windows(np.arange(7), 7, 1, 1)


@pytest.mark.parametrize("length", [2, 5, 8, 9, 12, 13, 14, 40, 41, 47])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_every_character_but_the_first_is_scored_once_with_half_a_context_before_it(length, size):
    ids = np.arange(length)
    scored = []
    for batch in overlapping(ids, 8, size, -1):
        assert batch.inputs.shape == batch.targets.shape and len(batch.inputs) <= size
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            places = np.flatnonzero(targets != -1)
            np.testing.assert_array_equal(inputs[places] + 1, targets[places])
            assert all(place >= 4 or target <= place + 1 for place, target in zip(places, targets[places], strict=True))
            scored += targets[places].tolist()
    assert scored == list(range(1, length))


def test_bits_are_the_loss_in_bits():
    model = CharacterModel(Alphabet(ALPHABET), TINY, rng=np.random.default_rng(0))
    model.model.eval()
    ids = model.alphabet.encode(copied(16, 0))[:16]
    logits = model.model.logits(ids[None, :-1])[0]
    expected = float(cross_entropy(logits, ids[1:])) / np.log(2)
    assert model.bits(ids).mean() == pytest.approx(expected, rel=1e-5)
    assert model.bits(ids).shape == (15,)


def test_settings_come_back_from_json():
    said = json.loads(json.dumps(TINY.as_dict()))
    assert CharacterSettings.from_dict(said) == TINY
    with pytest.raises(ValueError, match="context: expected an even number"):
        CharacterSettings(context=15)


@pytest.mark.slow
def test_it_learns_to_copy_what_counts_cannot_foretell_and_writes_so(monkeypatch):
    monkeypatch.setattr(training, "EPOCH_BATCHES", 100)
    texts = Texts(copied(20_000, 0), copied(400, 1), copied(800, 2), ALPHABET)
    model = CharacterModel(Alphabet(ALPHABET), TINY, rng=np.random.default_rng(0))
    result = model.fit(texts, epochs=4, progress=False)
    train, test = model.alphabet.encode(texts.train), model.alphabet.encode(texts.test)
    counted = NGrams(train, len(model.alphabet), 3).bits(test)[1:].mean()
    # Three of eight letters are free, log2(6) bits each; the others are known to who copies.
    free = 3 * np.log2(6) / 8
    assert free < model.bits(test).mean() < free + 0.3 < free + 1 < counted
    assert result.history[-1]["bits"] < result.history[0]["bits"]
    written = model.sample(48, temperature=0.5, top_k=8, rng=np.random.default_rng(0))
    again = model.sample(48, temperature=0.5, top_k=8, rng=np.random.default_rng(0))
    assert written == again != model.sample(48, temperature=0.5, top_k=8, rng=np.random.default_rng(1))
    assert len(written) == 48 and set(written) <= set(ALPHABET)
    copy = model.sample(4, beginning="bcdadbchefga", temperature=0, top_k=None, rng=np.random.default_rng(0))
    assert copy == "efgh"
