"""`train` and `evaluate` for summaries: Ctrl-C and going on, and the metrics as JSON."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send another Ctrl-C alone there")
@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on_and_resume_finishes(
    fresh_run: Any, quick: Any, tmp_path: Path
) -> None:
    cache = Path(json.loads(fresh_run("where", "--json").out)["folder"])
    for harvested in (quick.home / "cache").rglob("docstrings-*"):
        shutil.copy2(harvested, cache)
    out = tmp_path / "out"
    arguments = ["train", "summaries", "--minutes", "0.1", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "attention_np", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    waited_until = time.monotonic() + 60
    while not (out / "training.npz").exists() and process.poll() is None and time.monotonic() < waited_until:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    printed, complained = process.communicate(timeout=60)
    assert process.returncode == 130, complained
    assert printed == ""
    last = complained.splitlines()[-1]
    assert last.startswith("attention-np: stopped after step")
    assert str(out / "training.npz") in last and "the same command with --resume" in last
    assert "Traceback" not in complained
    assert not (out / "summarizer.npz").exists()

    done = fresh_run(*arguments, "--resume")
    assert done.status == 0, done.err
    assert (out / "summarizer.npz").exists()
    assert fresh_run("summarize", "return the sum of all elements").status == 0


@pytest.mark.slow
def test_evaluate_prints_json_and_nothing_else(own_process: Any, quick: Any) -> None:
    done = own_process("evaluate", "summaries", "--json", "--model", str(quick.out))
    assert done.status == 0 and done.err == ""
    figures = json.loads(done.out)
    made = json.loads((quick.out / "metrics.json").read_text(encoding="utf-8"))["summaries"]
    assert figures["data"] == made["data"]
    assert figures["scores"].keys() == made["scores"].keys()
    for metrics in figures["scores"].values():
        for mean, low, high in metrics.values():
            assert 0 <= low <= mean <= high <= 100
