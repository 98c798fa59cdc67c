"""One tiny run of the main job, which most tests of the command look at, and a way to call the command."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from attention_np.cli import main
from attention_np.tasks.summaries import make_summarizer
from attention_np.tasks.summary_model import load_summarizer, save_summarizer


@dataclasses.dataclass(frozen=True)
class Done:
    """What a call of the command left."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error of a call that was refused; anything else fails the test."""
        assert self.status == 2, (self.status, self.out, self.err)
        assert self.out == ""
        assert self.err.startswith("attention-np: ") and self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        return self.err


Run = Callable[..., Done]


def environment(home: Path) -> dict[str, str]:
    """The process's variables, with every folder of the user's below `home`."""
    return {
        **os.environ,
        "HOME": str(home),
        "LOCALAPPDATA": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "MPLCONFIGDIR": matplotlib.get_configdir(),
    }


def command(arguments: list[str], variables: Mapping[str, str]) -> Done:
    """The command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "attention_np", *arguments], capture_output=True, text=True, encoding="utf-8", env=variables
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclasses.dataclass(frozen=True)
class QuickRun:
    """A tiny run of the main job: the user's folders, the output folder, and what was printed."""

    home: Path
    out: Path
    done: Done


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> QuickRun:
    """`attention-np --quick`, once for all tests; no test changes what it left."""
    home = tmp_path_factory.mktemp("home")
    out = tmp_path_factory.mktemp("quick") / "made"
    return QuickRun(home, out, command(["--quick", "--out", str(out), "--seed", "3"], environment(home)))


@pytest.fixture(scope="session")
def untrained(quick: QuickRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the tiny run's form with random weights: it always writes something, a trained one may not."""
    trained = load_summarizer(quick.out / "summarizer.npz")
    model = make_summarizer(trained.settings, trained.vocabulary, np.random.default_rng(5))
    folder = tmp_path_factory.mktemp("untrained")
    save_summarizer(folder / "summarizer.npz", dataclasses.replace(trained, model=model))
    return folder


def _caller(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = main(arguments)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else -1
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    return run


@pytest.fixture
def run(quick: QuickRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, after the tiny run."""
    return _caller(quick.home, monkeypatch, capsys)


@pytest.fixture
def fresh_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, for a user who never ran it: their folders are those of `tmp_path`."""
    return _caller(tmp_path, monkeypatch, capsys)


@pytest.fixture
def own_process(quick: QuickRun) -> Run:
    """The command in a process of its own, after the tiny run."""
    return lambda *arguments: command(list(arguments), environment(quick.home))
