"""A summariser from untrained to saved, interrupted, resumed and loaded again."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from attention_np.tasks import summary_model
from attention_np.tasks.summaries import SummarizerSettings, write_summaries
from attention_np.tasks.summary_model import load_summarizer, save_summarizer, train_summarizer
from attention_np.training import CheckpointError, load_checkpoint, save_checkpoint

from .copy_pairs import copy_dataset

SMALL = SummarizerSettings(width=12, dropout=0.2, batch_size=8, learning_rate=1e-2)
DATA = copy_dataset(40, validation=9, test=11)
TIMES = ("seconds", "tokens_per_second")


def train(settings=SMALL, data=DATA, seed=1, epochs=3, **more):
    return train_summarizer(data, settings, seed=seed, epochs=epochs, progress=False, **more)


def texts(trained):
    return [summary.text for summary in write_summaries(trained.model, trained.vocabulary, (p.source for p in DATA.test))]


def history(result):
    return [{name: value for name, value in record.items() if name not in TIMES} for record in result.history]


@pytest.fixture(scope="module")
def trained():
    return train()[0]


@pytest.mark.slow
def test_it_learns_to_copy_words_never_seen_before():
    data = copy_dataset(500)
    settings = replace(SMALL, width=32, dropout=0.0, batch_size=24)
    learned, result = train(settings, data, epochs=11)
    written = write_summaries(learned.model, learned.vocabulary, [pair.source for pair in data.test])
    assert np.mean([tuple(w.words) == p.target for w, p in zip(written, data.test, strict=True)]) > 0.9
    assert result.history[-1]["loss"] < 0.1 * result.history[0]["loss"]
    # Every source word is copied from its own place, and the new ones by nothing but the pointer.
    for summary in written:
        for place, word in enumerate(summary.words):
            if word.startswith("new"):
                assert summary.copied[place] == pytest.approx(1, abs=1e-5)
                assert summary.source[int(np.argmax(summary.weights[place]))] == word


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(trained):
    again, other = train()[0].model.state_dict(), train(seed=2)[0].model.state_dict()
    for name, value in trained.model.state_dict().items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)
    assert any((other[name] != value).any() for name, value in again.items())


@pytest.mark.parametrize("steps_before", [2, 5, 8])
def test_an_interrupted_training_is_resumed_to_the_same_bits(steps_before, tmp_path, monkeypatch, trained):
    path = tmp_path / "training.npz"
    batches_of = summary_model.batches_of

    def interrupting(pairs, vocabulary, size):
        batches, calls = batches_of(pairs, vocabulary, size), []
        make = batches.make

        def interrupt(indices):
            calls.append(None)
            if len(pairs) == len(DATA.train) and len(calls) > steps_before:
                raise KeyboardInterrupt
            return make(indices)

        batches.make = interrupt
        return batches

    monkeypatch.setattr(summary_model, "batches_of", interrupting)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {steps_before} of 15"):
        train(checkpoint=path)
    monkeypatch.undo()
    resumed, result = train(checkpoint=path, resume=True)
    _, whole = train()
    assert history(result) == history(whole)
    assert resumed.facts == trained.facts
    for name, value in trained.model.state_dict().items():
        np.testing.assert_array_equal(resumed.model.state_dict()[name], value, err_msg=name)


def test_a_training_is_not_resumed_with_other_settings_or_data(tmp_path):
    path = tmp_path / "training.npz"
    train(checkpoint=path, epochs=1)
    kept = path.read_bytes()
    for changed in (
        {"settings": replace(SMALL, dropout=0.1)},
        {"seed": 5},
        {"data": replace(DATA, test=DATA.test[1:])},
    ):
        with pytest.raises(CheckpointError, match="training.npz"):
            train(checkpoint=path, resume=True, epochs=1, **changed)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("settings", [SMALL, replace(SMALL, score=None), replace(SMALL, learn_scale=False)])
def test_a_saved_model_is_loaded_with_everything_it_was(settings, tmp_path):
    made, _ = train(settings, epochs=1)
    path = tmp_path / "model.npz"
    save_summarizer(path, made)
    loaded = load_summarizer(path)
    assert loaded.settings == settings
    assert loaded.vocabulary.to_list() == made.vocabulary.to_list()
    assert loaded.vocabulary.writable == made.vocabulary.writable
    assert loaded.facts == made.facts
    assert loaded.sharpness == made.sharpness
    assert not loaded.model.training
    assert texts(loaded) == texts(made)
    for name, value in made.model.state_dict().items():
        np.testing.assert_array_equal(loaded.model.state_dict()[name], value)


def test_facts_say_where_the_model_comes_from(trained):
    assert trained.facts["seed"] == 1
    assert trained.facts["data"] == DATA.sha256
    assert trained.facts["steps"] == 15
    assert trained.facts["best epoch"] in (1, 2, 3)
    assert json.loads(json.dumps(dict(trained.facts))) == trained.facts


def test_sharpness_is_one_when_fixed_and_none_without_attention(trained):
    assert trained.sharpness != 10
    assert trained.sharpness == pytest.approx(10, abs=4)
    assert train(replace(SMALL, learn_scale=False), epochs=1)[0].sharpness == 1
    assert train(replace(SMALL, score=None), epochs=1)[0].sharpness is None


def test_a_damaged_or_foreign_file_is_refused_by_name(tmp_path, trained):
    path = tmp_path / "model.npz"
    save_summarizer(path, trained)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    checkpoint = tmp_path / "training.npz"
    train(epochs=1, checkpoint=checkpoint)
    for content in (whole[: len(whole) // 2], bytes(damaged), b"", b"no model at all", checkpoint.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="model.npz"):
            load_summarizer(path)
        assert path.read_bytes() == content
    with pytest.raises(CheckpointError, match="absent.npz"):
        load_summarizer(tmp_path / "absent.npz")


def test_a_file_whose_parts_do_not_fit_is_refused_by_name(tmp_path, trained):
    path = tmp_path / "model.npz"
    save_summarizer(path, trained)
    saved = load_checkpoint(path)
    unknown_setting = {**saved.metadata, "settings": {**saved.metadata["settings"], "depth": 3}}
    other_width = {**saved.metadata, "settings": {**saved.metadata["settings"], "width": 14}}
    incomplete = {name: value for name, value in saved.metadata.items() if name != "words"}
    for metadata in (unknown_setting, other_width, incomplete):
        save_checkpoint(path, saved.arrays, metadata)
        with pytest.raises(CheckpointError, match="model.npz"):
            load_summarizer(path)
