"""The command in several processes: one speaks, one folder is written, and a failure is one line and ends all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attention_np.training.distributed import find_mpiexec, world

from .conftest import environment

MPIEXEC = find_mpiexec()
live = pytest.mark.skipif(MPIEXEC is None, reason="pip install 'attention-np[distributed]' brings mpi4py and mpiexec")

FAILING = """
import sys
from attention_np.cli import main
from attention_np.models.seq2seq import Seq2Seq
from attention_np.training.distributed import launched

call, calls = Seq2Seq.__call__, []

def failing(self, batch):
    calls.append(batch)
    if launched()[0] == 1 and len(calls) == 3:
        raise MemoryError("rank 1 has no room for this")
    return call(self, batch)

Seq2Seq.__call__ = failing
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What this process knows of others is asked anew, here and afterwards."""
    world.cache_clear()
    yield
    world.cache_clear()


def mpi(home: Path, *arguments: str) -> Any:
    assert MPIEXEC is not None
    return subprocess.run(
        [MPIEXEC, "-n", "3", sys.executable, *arguments], capture_output=True, text=True, env=environment(home), timeout=60
    )


@live
@pytest.mark.slow
def test_only_the_first_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = mpi(tmp_path, "-m", "attention_np", "train", "numbers", "--minutes", "0.05", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the model is") == 1 and str(out / "model.npz") in done.stdout
    assert sum("epoch 1," in line for line in done.stderr.splitlines()) == 1
    assert sorted(file.name for file in out.iterdir()) == ["model.npz", "training.npz"]


@live
@pytest.mark.slow
def test_one_that_fails_says_so_in_one_line_and_ends_all(tmp_path: Path) -> None:
    begun = time.monotonic()
    out = tmp_path / "made"
    done = mpi(tmp_path, "-c", FAILING, "train", "numbers", "--out", str(out))
    assert time.monotonic() - begun < 20
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "attention-np: rank 1 has no room for this\n"


@live
@pytest.mark.slow
def test_what_is_wrong_in_all_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "training.npz").write_text("a thesis")
    done = mpi(tmp_path, "-m", "attention_np", "train", "numbers", "--resume", "--out", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("attention-np: ") and done.stderr.count("\n") == 1
    assert "training.npz: is not a checkpoint" in done.stderr


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("variables", [("PMI_RANK", "PMI_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")])
def test_without_mpi4py_one_sentence_names_the_extra(
    fresh_run: Any, monkeypatch: pytest.MonkeyPatch, variables: tuple[str, str]
) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv(variables[0], "0")
    monkeypatch.setenv(variables[1], "3")
    complaint = fresh_run("train", "numbers").complaint
    assert "mpiexec started 3 processes" in complaint and "pip install 'attention-np[distributed]'" in complaint
    monkeypatch.setenv(variables[0], "1")
    assert fresh_run("train", "numbers").err == ""


@pytest.mark.usefixtures("forgotten")
def test_an_mpiexec_of_another_library_is_refused(fresh_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = SimpleNamespace(COMM_WORLD=SimpleNamespace(size=1, rank=0))
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=alone))
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "4")
    assert "mpiexec started 4 processes and mpi4py sees 1" in fresh_run("train", "numbers").complaint


def test_ways_of_exchange_are_refused_alone_or_together(fresh_run: Any) -> None:
    assert "staleness: needs several processes, as mpiexec -n 3" in fresh_run("train", "numbers", "--staleness", "2").complaint
    both = fresh_run("train", "numbers", "--staleness", "2", "--local-steps", "3")
    assert "--local-steps: not allowed with argument --staleness" in both.complaint
