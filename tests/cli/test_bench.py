"""`attention-np bench`: one section in a process of its own, and what it refuses in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from attention_np.bench import Disagreement
from attention_np.cli import bench


def test_a_section_is_measured_and_put_beside_its_bar(fresh_run: Any) -> None:
    done = fresh_run("bench", "--quick", "--only", "startup")
    assert done.status == 0
    assert "import numpy" in done.out and "bar ≤ 1.3" in done.out
    assert "quick: few rounds" in done.out
    assert done.err.splitlines() == ["startup"]


def test_json_is_all_that_standard_output_holds(fresh_run: Any) -> None:
    answer = json.loads(fresh_run("bench", "--quick", "--only", "startup", "--json").out)
    assert answer["quick"] is True and answer["skipped"] == []
    ratio = answer["startup"]["ratio"]
    assert 0 < ratio["low"] <= ratio["median"] <= ratio["high"]
    (bar,) = answer["bars"]
    assert bar["value"] == ratio["median"] and bar["met"] == (ratio["median"] <= 1.3)


def test_help_shows_an_example_that_can_be_copied(fresh_run: Any) -> None:
    done = fresh_run("bench", "--help")
    assert done.status == 0 and done.err == ""
    assert done.out.rstrip().splitlines()[-1].startswith("example: attention-np bench")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "speed"], "'speed'"),
        (["--plot", "bench.svg"], "--plot: expected a name that ends in .png, got bench.svg"),
        (["--plot", "no-such-folder/bench.png"], "--plot: expected a file in a folder that exists"),
        (["--plot", "bench.png", "--only", "startup"], "with --only startup none is measured"),
        (["--rounds", "3"], "--rounds"),
    ],
)
def test_wrong_usage_is_one_line_before_anything_is_measured(
    fresh_run: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(bench, "run_bench", lambda *_: pytest.fail("measured"))
    assert said in fresh_run("bench", *arguments).complaint


def test_a_peer_that_computes_something_else_is_one_line_and_status_1(
    fresh_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagreeing(*_: Any) -> Any:
        raise Disagreement("PyTorch eager at (1, 2, 3, 4): context is off by 1")

    monkeypatch.setattr(bench, "run_bench", disagreeing)
    done = fresh_run("bench")
    assert (done.status, done.out) == (1, "")
    assert done.err == "attention-np: PyTorch eager at (1, 2, 3, 4): context is off by 1\n"


def test_without_peers_attention_is_measured_against_the_floor_and_drawn(
    fresh_run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "autograd", None)
    picture = tmp_path / "bench.png"
    done = fresh_run("bench", "--quick", "--only", "attention", "--plot", str(picture))
    assert done.status == 0
    assert "skipped: PyTorch is not installed (pip install torch)" in done.out
    assert "(256, 64, 64, 64)" in done.out and "/ matrix products" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")
