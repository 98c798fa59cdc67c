"""The same with processes that mpiexec starts; skipped where mpi4py or mpiexec is missing."""

from __future__ import annotations

import json
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from attention_np.training import load_checkpoint
from attention_np.training.distributed import find_mpiexec

SCRIPT = Path(__file__).with_name("mpi_script.py")
MPIEXEC = find_mpiexec()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MPIEXEC is None, reason="pip install 'attention-np[distributed]' brings mpi4py and mpiexec"),
]


def command(size, folder, **given):
    folder.mkdir(exist_ok=True)
    return [MPIEXEC, "-n", str(size), sys.executable, str(SCRIPT), str(folder), json.dumps(given)]


@pytest.fixture
def launch(environment, tmp_path):
    """Trains in so many processes; gives each one's weights, and process 0's history."""

    def run(size, name="results", **given):
        folder = tmp_path / name
        done = subprocess.run(command(size, folder, **given), capture_output=True, text=True, env=environment, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        weights = [dict(np.load(folder / f"{rank}.npz")) for rank in range(size)]
        return weights, json.loads((folder / "0.json").read_text())

    return run


def largest_difference(weights, others):
    return max(np.abs(weights[name] - others[name]).max() for name in weights)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process learns."""
    folder = tmp_path_factory.mktemp("alone")
    runpy.run_path(str(SCRIPT))["main"](folder, {})
    return dict(np.load(folder / "0.npz")), json.loads((folder / "0.json").read_text())


@pytest.mark.parametrize("size", [2, 3, 4])
def test_they_learn_what_one_process_learns_to_1e_12(size, launch, alone):
    weights, history = launch(size)
    for own in weights:
        assert largest_difference(own, alone[0]) < 1e-12
        assert largest_difference(own, weights[0]) == 0
    for record, expected in zip(history, alone[1], strict=True):
        assert record["train_loss"] == pytest.approx(expected["train_loss"], abs=1e-12)


@pytest.mark.parametrize("way", [{"local_steps": 3}, {"staleness": 1}])
def test_asynchronous_ways_learn_and_end_with_the_same_weights_everywhere(way, launch):
    weights, history = launch(3, way=way, train={"epochs": 25})
    assert all(largest_difference(own, weights[0]) == 0 for own in weights)
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]
    assert max(record.get("largest_delay", 0) for record in history) <= way.get("staleness", 0)


def test_minutes_are_measured_by_all_together(launch):
    weights, history = launch(3, train={"epochs": None, "minutes": 0.02})
    assert all(largest_difference(own, weights[0]) == 0 for own in weights)
    assert history[-1]["step"] > 3


def test_one_that_fails_ends_all_with_its_traceback(environment, tmp_path):
    begun = time.monotonic()
    arguments = command(3, tmp_path / "f", fail=[2, 4], train={"epochs": 10**6})
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60)
    assert time.monotonic() - begun < 15
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1] == "ArithmeticError: rank 2 cannot go on"


@pytest.mark.parametrize("way", [{}, {"local_steps": 3}, {"staleness": 2}])
def test_ctrl_c_stops_all_at_one_step_and_is_saved_by_process_0(way, environment, tmp_path):
    checkpoint = tmp_path / "c.npz"
    given = {"way": way, "dropout": 0.3, "say": 5}
    endless = {"epochs": 10**6, "checkpoint": str(checkpoint), "resume": True}
    arguments = command(3, tmp_path / "c", train=endless, **given)
    if "staleness" in way:
        # The server does not compute itself.
        arguments[-1] = json.dumps({**given, "say": None, "train": endless})
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if "staleness" in way:
        until = time.monotonic() + 20
        while not (checkpoint.exists() and load_checkpoint(checkpoint).metadata["training"]["step"]):
            assert time.monotonic() < until
            time.sleep(0.05)
    else:
        assert process.stdout.readline() == "training\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    training = load_checkpoint(checkpoint).metadata["training"]
    assert 0 < training["step"] < 4_000_000
    # After Ctrl-C mpiexec may stop passing on what its processes say, so the end of the message may be missing.
    said = f"KeyboardInterrupt: stopped after step {training['step']} of 4000000 and saved in {checkpoint}"
    assert said in errors or "KeyboardInterrupt: " not in errors
    assert errors.count("Traceback") <= 1
    if "local_steps" in way:
        # Within an epoch of four steps a round ends behind the third and the last.
        assert training["position"] in (0, 3, 4)


@pytest.mark.parametrize("way", [{}, {"local_steps": 3}])
def test_it_resumes_to_the_same_bits_with_dropout(way, launch, environment, tmp_path):
    whole, _ = launch(3, "whole", way=way, dropout=0.4, train={"epochs": 6})
    given = {"way": way, "dropout": 0.4}
    saved = {"epochs": 6, "checkpoint": str(tmp_path / "parts.npz"), "resume": True}
    # In the middle of the fourth epoch one fails; what was saved is the end of the third.
    arguments = command(3, tmp_path / "parts", fail=[0, 11], train=saved, **given)
    assert subprocess.run(arguments, capture_output=True, env=environment, timeout=60).returncode == 1
    assert 0 < load_checkpoint(tmp_path / "parts.npz").metadata["training"]["epoch"] < 6
    resumed, history = launch(3, "parts", train=saved, **given)
    assert history[-1]["step"] == 24
    for weights, expected in zip(resumed, whole, strict=True):
        assert largest_difference(weights, expected) == 0
