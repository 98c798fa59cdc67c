"""A training that was interrupted, or killed, continues to the same bits as one that never was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from attention_np.optim import WarmupCosine
from attention_np.training import CheckpointError, load_checkpoint, save_checkpoint, trained_weights

TIMES = ("seconds", "tokens_per_second")


def contents(path):
    """Everything in a checkpoint but the times, which no two runs share."""
    checkpoint = load_checkpoint(path)
    training = dict(checkpoint.metadata["training"], seconds=None)
    training["history"] = [{k: v for k, v in r.items() if k not in TIMES} for r in training["history"]]
    metadata = {**checkpoint.metadata, "training": training}
    arrays = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in checkpoint.arrays.items()}
    return metadata, arrays


def assert_same_bits(path, other):
    (metadata, arrays), (other_metadata, other_arrays) = contents(path), contents(other)
    assert metadata == other_metadata
    assert arrays == other_arrays


@pytest.fixture
def uninterrupted(setting, tmp_path):
    """The checkpoint of a training that ran through, and its setting."""
    whole = setting()
    whole.train(checkpoint=tmp_path / "whole.npz")
    return tmp_path / "whole.npz", whole


def stop(*_):
    raise KeyboardInterrupt


def ctrl_c(*_):
    signal.raise_signal(signal.SIGINT)


def at(number, action):
    return lambda call: action() if call == number else None


def in_forward_pass(number, action):
    # The tiny model is called 7 times an epoch to train and 3 times to validate.
    def arrange(setting):
        setting.model.before = at(number, action)

    return arrange


def in_update(number, action):
    def arrange(setting):
        """Between two parameters of one update."""
        update, calls = setting.optimizer._update, []

        def interrupted_update(*arguments, **running):
            update(*arguments, **running)
            calls.append(None)
            if len(calls) == number:
                action()

        setting.optimizer._update = interrupted_update

    return arrange


def before_epoch(number, action):
    def arrange(setting):
        setting.batches.before_epoch = at(number, action)

    return arrange


MOMENTS = {
    "the first forward pass": (in_forward_pass(1, stop), 0),
    "a forward pass, its dropout drawn": (in_forward_pass(5, stop), 4),
    "the first forward pass of an epoch": (in_forward_pass(11, stop), 7),
    "the end of an epoch": (before_epoch(3, stop), 14),
    "a validation": (in_forward_pass(19, stop), 14),
    "the last validation": (in_forward_pass(39, stop), 28),
    "an update, by Ctrl-C": (in_update(3 * 9 + 2, ctrl_c), 10),
    "a forward pass, by Ctrl-C": (in_forward_pass(15, ctrl_c), 11),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_interrupted_at_any_moment_it_resumes_to_the_same_bits(moment, setting, tmp_path, uninterrupted):
    arrange, steps = MOMENTS[moment]
    path = tmp_path / "interrupted.npz"
    first = setting()
    arrange(first)
    saying = f"stopped after step {steps} of 28 and saved in .*interrupted.npz"
    with pytest.raises(KeyboardInterrupt, match=saying):
        first.train(checkpoint=path)
    assert load_checkpoint(path).metadata["training"]["step"] == steps
    second = setting(seed=99)
    result = second.train(checkpoint=path, resume=True)
    assert result.steps == 28
    assert_same_bits(path, uninterrupted[0])
    for name, weight in uninterrupted[1].model.state_dict().items():
        np.testing.assert_array_equal(second.model.state_dict()[name], weight)
    assert second.rng.random() == uninterrupted[1].rng.random()


def test_interrupted_in_every_epoch_it_resumes_to_the_same_bits(setting, tmp_path, uninterrupted):
    path = tmp_path / "often.npz"
    for _ in range(20):
        again = setting(seed=7)
        if path.exists():
            again.model.before = at(4, stop)
        else:
            again = setting()
            again.model.before = at(2, stop)
        try:
            again.train(checkpoint=path, resume=True)
            break
        except KeyboardInterrupt:
            continue
    else:
        pytest.fail("the training never ended")
    assert_same_bits(path, uninterrupted[0])


def test_after_ctrl_c_the_handler_of_before_is_back(setting):
    before = signal.getsignal(signal.SIGINT)
    first = setting()
    in_update(2, ctrl_c)(first)
    with pytest.raises(KeyboardInterrupt, match="nothing was saved, since no checkpoint was asked for"):
        first.train()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("bit_generator", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_bit_generator_resumes(bit_generator, setting, tmp_path):
    def begin():
        fresh = setting()
        fresh.rng = fresh.model.dropout.rng = np.random.Generator(bit_generator(3))
        return fresh

    begin().train(checkpoint=tmp_path / "whole.npz")
    first = begin()
    first.model.before = at(15, stop)
    with pytest.raises(KeyboardInterrupt):
        first.train(checkpoint=tmp_path / "parts.npz")
    begin().train(checkpoint=tmp_path / "parts.npz", resume=True)
    assert_same_bits(tmp_path / "parts.npz", tmp_path / "whole.npz")


def test_a_finished_training_resumes_to_its_result_without_a_step(setting, uninterrupted):
    path, whole = uninterrupted
    before = path.read_bytes()
    again = setting(seed=4)
    result = again.train(checkpoint=path, resume=True)
    assert (result.steps, result.stopped, again.model.calls) == (28, "finished", 0)
    assert path.read_bytes() == before
    for name, weight in whole.model.state_dict().items():
        np.testing.assert_array_equal(again.model.state_dict()[name], weight)


def test_the_trained_weights_are_the_best_ones(setting, uninterrupted):
    path, whole = uninterrupted
    weights = trained_weights(path)
    for name, weight in whole.model.state_dict().items():
        np.testing.assert_array_equal(weights[name], weight)


DIFFERENCES = {
    "epochs": ({"epochs": 5}, {}, "epochs was 4 and is 5"),
    "minutes": ({"epochs": None, "minutes": 1.0}, {}, "epochs was 4 and is null; minutes was null"),
    "clip": ({"clip": 2.0}, {}, "clip was 0.5 and is 2.0"),
    "learning rate": ({}, {"learning_rate": 0.1}, "optimizer was .*learning_rate=0.05.* and is .*=0.1"),
    "schedule": ({"schedule": lambda total: WarmupCosine(1, total)}, {}, "schedule was .*floor=0.0"),
    "data": ({}, {"batches": 6}, "batches was 7 and is 6"),
    "configuration": ({"configuration": {"width": 8}}, {}, "width was 6 and is 8"),
    "a field more": ({"configuration": {"width": 6, "heads": 2}}, {}, "heads was not given and is 2"),
    "a field less": ({"configuration": {}}, {}, "width was 6 and is not given"),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_another_configuration_is_refused_by_the_name_of_the_field(difference, setting, tmp_path):
    arguments, settings, saying = DIFFERENCES[difference]
    path = tmp_path / "first.npz"
    setting().train(checkpoint=path, configuration={"width": 6})
    before = path.read_bytes()
    other = setting(seed=8, **settings)
    weights, state = other.model.state_dict(), other.rng.bit_generator.state
    with pytest.raises(CheckpointError, match=f"first.npz: belongs to .* started differently .*{saying}"):
        other.train(checkpoint=path, resume=True, **{"configuration": {"width": 6}, **arguments})
    assert path.read_bytes() == before
    assert other.rng.bit_generator.state == state
    for name, weight in other.model.state_dict().items():
        np.testing.assert_array_equal(weight, weights[name])


def test_another_generator_or_model_is_refused_and_nothing_is_changed(setting, tmp_path):
    path = tmp_path / "first.npz"
    setting().train(checkpoint=path)
    before = path.read_bytes()
    other = setting(seed=8)
    other.rng = np.random.Generator(np.random.Philox(1))
    weights, optimizer_state = other.model.state_dict(), other.optimizer.state_dict()
    with pytest.raises(CheckpointError, match=r"first.npz: does not fit .*\(state must be for a Philox"):
        other.train(checkpoint=path, resume=True)
    for name, weight in other.model.state_dict().items():
        np.testing.assert_array_equal(weight, weights[name])
    assert other.optimizer.state_dict().keys() == optimizer_state.keys()
    assert other.optimizer.steps == 0
    wider = setting()
    wider.model.extra = wider.model.output
    del wider.model.output
    with pytest.raises(CheckpointError, match=r"does not fit .*missing: extra.bias, extra.weight"):
        wider.train(checkpoint=path, resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut short", "a byte changed", "empty", "a text", "another checkpoint"])
def test_a_damaged_checkpoint_is_refused_and_not_overwritten(damage, setting, tmp_path):
    path = tmp_path / "first.npz"
    setting().train(checkpoint=path)
    whole = path.read_bytes()
    if damage == "another checkpoint":
        save_checkpoint(path, {"table": np.ones(3)}, {"vocabulary": ["a"]})
    else:
        middle = len(whole) // 2
        changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        kinds = {"cut short": whole[:-7], "a byte changed": changed, "empty": b"", "a text": b"Dear reader"}
        path.write_bytes(kinds[damage])
    before = path.read_bytes()
    again = setting()
    with pytest.raises(CheckpointError, match=r"^.*first\.npz: "):
        again.train(checkpoint=path, resume=True)
    assert path.read_bytes() == before
    assert again.model.calls == 0


def test_an_existing_file_is_not_overwritten_by_a_new_training(setting, tmp_path):
    path = tmp_path / "first.npz"
    path.write_text("a thesis")
    again = setting()
    with pytest.raises(ValueError, match="^checkpoint: .*first.npz exists and is not overwritten; resume it"):
        again.train(checkpoint=path)
    assert path.read_text() == "a thesis"
    assert again.model.calls == 0


def test_a_folder_that_cannot_be_written_is_found_before_the_first_step(setting, tmp_path):
    fresh = setting()
    with pytest.raises(CheckpointError, match="missing.*could not be saved"):
        fresh.train(checkpoint=tmp_path / "missing" / "model.npz")
    assert fresh.model.calls == 0


def start(script, path, environment):
    """Start training in a process of its own, and wait until it trains."""
    command = [sys.executable, str(script), str(path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout.readline() == "training\n"
    return process


def assert_same_as_uninterrupted(setting, path, tmp_path):
    """The bits of a run that was stopped wherever the checkpoint at `path` happens to be."""
    epoch = load_checkpoint(path).metadata["training"]["epoch"]
    whole = setting(batches=2)
    whole.batches.before_epoch = at(epoch + 1, stop)
    with pytest.raises(KeyboardInterrupt):
        whole.train(epochs=10**6, validate=None, checkpoint=tmp_path / "whole.npz")
    assert_same_bits(path, tmp_path / "whole.npz")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_killed_at_any_moment_the_last_complete_checkpoint_loads_and_continues(
    setting, tiny_script, environment, tmp_path
):
    path, rng, steps = tmp_path / "killed.npz", np.random.default_rng(), []
    for _ in range(15):
        process = start(tiny_script, path, environment)
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        process.communicate(timeout=20)
        steps.append(load_checkpoint(path).metadata["training"]["step"])
    assert steps == sorted(steps)
    assert steps[-1] > steps[0]
    assert_same_as_uninterrupted(setting, path, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to another process")
def test_a_real_ctrl_c_saves_where_it_is_and_says_how_to_go_on(tiny_script, environment, tmp_path):
    path, rng, steps = tmp_path / "stopped.npz", np.random.default_rng(), []
    for _ in range(4):
        process = start(tiny_script, path, environment)
        time.sleep(rng.uniform(0, 0.1))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert "KeyboardInterrupt: stopped after step" in errors.strip().splitlines()[-1]
        steps.append(load_checkpoint(path).metadata["training"]["step"])
        assert f"stopped after step {steps[-1]} of" in errors
    assert steps == sorted(steps)
