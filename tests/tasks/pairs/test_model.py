"""Pairs are learned from a small file of a made-up spelling, and scored as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.pairs.model import evaluate_pairs, train_pairs
from attention_np.tasks.pairs.reading import read_pairs
from attention_np.tasks.pairs.scores import baselines, score_pairs
from attention_np.tasks.transducer import TransducerSettings

from .orthography import lexicon


def test_errors_are_counted_by_row_by_word_and_by_phone_or_character():
    phones = score_pairs([["a", "bː"], ["x"]], [["a", "b"], ["x"]], "phones")
    assert (phones.exact, phones.word_error_rate, phones.symbol_error_rate) == (0.5, 0.5, 1 / 3)
    assert phones.as_dict().keys() == {"exact", "word_error_rate", "phone_error_rate"}
    words = score_pairs([["the", "cat"], ["a", "dog"]], [["the", "cats", "sat"], ["a", "dog"]], "words")
    assert (words.exact, words.word_error_rate) == (0.5, 2 / 5)
    assert words.symbol_error_rate == 5 / (len("the cats sat") + len("a dog"))
    characters = score_pairs([list("the cat")], [list("the cats sat")], "characters")
    assert (characters.word_error_rate, characters.symbol_error_rate) == (2 / 3, 5 / 12)
    assert characters.as_dict().keys() == {"exact", "word_error_rate", "character_error_rate"}


def test_the_baselines_copy_the_source_and_the_nearest_neighbour():
    rivals = baselines(["kalap", "ház"], [["k", "ɒ"], ["h", "aː"]], "characters", "phones")
    assert rivals["nearest neighbour"](list("kalapos")) == ["k", "ɒ"]
    assert rivals["the source as it stands"](list("ab")) == ["a", "b"]
    as_words = baselines([list("a b")], [["x"]], "characters", "words")["the source as it stands"]
    assert as_words(list("one two")) == ["one", "two"]
    as_characters = baselines([["a"]], [["x"]], "words", "characters")["the source as it stands"]
    assert as_characters(["one", "two"]) == list("one two")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    words = [row for row in lexicon(1100, seed=3) if len(row[0]) <= 6][:560]
    cuts = {"train": words[:440], "dev": words[440:500], "test": words[500:]}
    for name, rows in cuts.items():
        (folder / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    return {name: read_pairs(folder / f"{name}.tsv", target_units="phones") for name in cuts}


def fit(files, epochs, seed=0, width=48):
    settings = TransducerSettings(width=width, dropout=0.1, longest=12)
    return train_pairs(files["train"], files["dev"], settings, seed=seed, minutes=None, epochs=epochs, progress=False)


@pytest.mark.slow
def test_a_spelling_is_learned_and_the_model_beats_its_rivals(files):
    transducer, result = fit(files, epochs=30)
    assert result.best == min(epoch["errors"] for epoch in result.history)
    test = files["test"]
    score = evaluate_pairs(transducer, test.pairs, "phones", beams=3)
    assert score.symbol_error_rate < 0.25
    train = files["train"]
    for write in baselines(train.sources, train.targets, "characters", "phones").values():
        rival = score_pairs([write(source) for source in test.sources], test.targets, "phones")
        assert score.symbol_error_rate < rival.symbol_error_rate / 1.5


def test_symbols_seen_once_are_read_as_unknown_ones_are(tmp_path):
    for name, rows in {"train": "abab\tx y\nbaβ\ty\n", "dev": "ab\tx\n"}.items():
        (tmp_path / f"{name}.tsv").write_text(rows, encoding="utf-8")
    train, dev = (read_pairs(tmp_path / f"{name}.tsv", target_units="phones") for name in ("train", "dev"))
    transducer, _ = fit({"train": train, "dev": dev}, epochs=1, width=8)
    assert "β" not in transducer.source and "b" in transducer.source
    assert transducer.translate(["aβ"])[0].words == transducer.translate(["aщ"])[0].words


def test_the_same_seed_learns_the_same_bits(files):
    states = [fit(files, epochs=1, width=8)[0].model.state_dict() for _ in range(2)]
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])
