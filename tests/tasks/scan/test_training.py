"""SCAN is learned, saved, and answered; what is shown while training is drawn at random and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attention_np.models.seq2seq import PairBatch
from attention_np.tasks.scan.baselines import score_baselines
from attention_np.tasks.scan.grammar import Command, all_commands
from attention_np.tasks.scan.layout import END, OUTPUTS, PAD, START, WORDS, Presentations, actions_of, lay_out
from attention_np.tasks.scan.scores import score_answers
from attention_np.tasks.scan.splits import Split
from attention_np.tasks.scan.training import (
    CELLS,
    VARIANTS,
    ScanSettings,
    answer,
    attention_of,
    load_scan,
    make_model,
    save_scan,
    train_scan,
)
from attention_np.training import CheckpointError


def short_split() -> Split:
    """The 300 commands without directions, a fifth of them held out."""
    plain = [command for command in all_commands() if not {"left", "right"} & set(command.words)]
    order = np.random.default_rng(1).permutation(len(plain))
    return Split(tuple(plain[index] for index in order[60:]), tuple(plain[index] for index in order[:60]))


TINY = ScanSettings(cell="gru", variant="cosine", width=32, presentations=4_000, learning_rate=5e-3)


def test_a_tiny_model_learns_commands_that_it_never_saw() -> None:
    split = short_split()
    model, result = train_scan(split, TINY, seed=3, progress=False)
    assert result.steps * TINY.batch_size == TINY.presentations
    exact = score_answers(split.test, answer(model, [command.words for command in split.test])).exact
    assert exact > 0.6
    assert exact > 2 * max(score.exact for score in score_baselines(split).values())


def test_the_same_seed_gives_the_same_bits_and_another_one_others() -> None:
    short = replace(TINY, presentations=320)
    first, again, other = (train_scan(short_split(), short, seed=seed, progress=False)[0] for seed in (3, 3, 4))
    for name, value in first.state_dict().items():
        np.testing.assert_array_equal(value, again.state_dict()[name])
    assert any((value != other.state_dict()[name]).any() for name, value in first.state_dict().items())


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_model_is_saved_and_loaded_to_the_same_answers(cell: str, variant: str, tmp_path: Path) -> None:
    settings = ScanSettings(cell=cell, variant=variant, width=8, dropout=0.5)
    model = make_model(settings, np.random.default_rng(5))
    model.eval()
    save_scan(tmp_path / "model.npz", model, settings, split="simple", seed=5)
    loaded, found, facts = load_scan(tmp_path / "model.npz")
    assert (found, facts) == (settings, {"split": "simple", "seed": 5})
    commands = [command.words for command in all_commands()[::2000]]
    assert answer(loaded, commands) == answer(model, commands)
    batch = lay_out(commands, [command.actions for command in all_commands()[::2000]])
    assert loaded(batch)[0] == model(batch)[0]


def test_a_transformer_learns_commands_that_it_never_saw_and_is_saved(tmp_path: Path) -> None:
    split, settings = short_split(), replace(TINY, cell="transformer", presentations=8_000)
    model, _ = train_scan(split, settings, seed=3, progress=False)
    commands = [command.words for command in split.test]
    exact = score_answers(split.test, answer(model, commands)).exact
    assert exact > 0.5
    assert exact > 2 * max(score.exact for score in score_baselines(split).values())
    save_scan(tmp_path / "model.npz", model, settings, split="simple", seed=3)
    loaded, found, _ = load_scan(tmp_path / "model.npz")
    assert found == settings
    assert answer(loaded, commands) == answer(model, commands)
    weights = attention_of(loaded, commands[0], ("I_JUMP",))
    assert weights is not None and weights.shape == (2, len(commands[0]) + 1)


def test_a_transformer_without_attention_is_refused() -> None:
    with pytest.raises(ValueError, match="score: expected one for a transformer"):
        make_model(ScanSettings(cell="transformer", variant="none"), np.random.default_rng(0))


def test_a_model_of_unknown_settings_is_refused_by_name(tmp_path: Path) -> None:
    settings = ScanSettings(width=8)
    model = make_model(settings, np.random.default_rng(5))
    save_scan(tmp_path / "model.npz", model, replace(settings, variant="euclid"))
    with pytest.raises(CheckpointError, match="is a model for SCAN that this attention_np cannot build"):
        load_scan(tmp_path / "model.npz")


def test_an_answer_does_not_depend_on_the_other_commands() -> None:
    model = make_model(ScanSettings(width=16), np.random.default_rng(2))
    model.eval()
    commands = [command.words for command in all_commands()[::1500]]
    assert answer(model, commands) == [answer(model, [command])[0] for command in commands]


def test_attention_lies_on_the_words_and_the_end_mark() -> None:
    words, actions = ("jump", "left", "twice"), ("I_TURN_LEFT", "I_JUMP")
    model = make_model(ScanSettings(width=16), np.random.default_rng(2))
    model.eval()
    weights = attention_of(model, words, actions)
    assert weights is not None and weights.shape == (3, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    without = make_model(ScanSettings(variant="none", width=16), np.random.default_rng(2))
    assert attention_of(without, words, actions) is None


def read(batch: PairBatch) -> list[Command]:
    """The commands of a batch, read back from its ids."""
    assert (batch.inputs[:, 0] == START).all()
    np.testing.assert_array_equal(batch.mask, batch.source != PAD)
    commands = []
    for source, inputs, targets in zip(batch.source, batch.inputs, batch.targets, strict=True):
        words, actions = source[source != PAD], targets[targets != PAD]
        assert (words[-1], actions[-1]) == (END, END)
        np.testing.assert_array_equal(inputs[1 : len(actions)], actions[:-1])
        commands.append(Command(tuple(WORDS[id - 3] for id in words[:-1]), actions_of(actions[:-1])))
    return commands


def test_a_batch_says_what_its_commands_say() -> None:
    commands = all_commands()[::3001]
    batch = lay_out([command.words for command in commands], [command.actions for command in commands])
    assert read(batch) == list(commands)
    assert {action for command in all_commands() for action in command.actions} == set(OUTPUTS)


def test_presentations_are_drawn_at_random_and_as_many_as_asked_for() -> None:
    commands = short_split().train
    batches = Presentations(commands, 16, 50)
    rng = np.random.default_rng(7)
    shown = Counter(command for batch in batches.epoch(rng) for command in read(batch))
    assert len(batches) == 50 and shown.total() == 800
    assert set(shown) <= set(commands)
    # 800 draws of 240 commands: three of each on average, and by chance not of each alike.
    assert 220 < len(shown) < 240 and max(shown.values()) > 6
    again = Counter(command for batch in batches.epoch(rng) for command in read(batch))
    assert again != shown


def test_the_presentations_are_those_of_the_settings() -> None:
    assert ScanSettings().total_steps * ScanSettings().batch_size == 100_000
