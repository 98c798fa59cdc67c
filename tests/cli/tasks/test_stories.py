"""`train` and `evaluate` for stories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_what_was_trained_is_evaluated_beside_baselines_and_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out, picture = tmp_path / "stories", tmp_path / "map.png"
    options = ["--kind", "one", "--minutes", "0.06", "--hops", "1", "--seed", "2", "--out", str(out)]
    trained = fresh_run("train", "stories", *options, "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    score = figures["scores"]["one"]
    assert 0 < score["most_frequent"] < score["last_place"] < 0.6
    assert 0 <= figures["without_attention"]["one"] < 0.6
    assert score["evidence"].keys() == score["latest"].keys() == {"precision", "recall", "exact"}
    assert score["pointer"]["row"] == "hop 1"
    assert figures["settings"]["kinds"] == ["one"] and len(figures["sharpness"]) == 1
    evaluated = fresh_run("evaluate", "stories", "--model", str(out), "--json", "--heatmap", str(picture))
    assert evaluated.status == 0, evaluated.err
    assert json.loads(evaluated.out) == figures
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_transformer_is_trained_goes_on_is_evaluated_and_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out, picture = tmp_path / "stories", tmp_path / "map.png"
    options = ["--architecture", "transformer", "--kind", "one", "--minutes", "0.06", "--hops", "2", "--out", str(out)]
    trained = fresh_run("train", "stories", *options)
    assert trained.status == 0, trained.err
    assert trained.out.startswith("transformer, cosine, 2 blocks, β of its blocks ")
    assert "block 1, head " in trained.out or "block 2, head " in trained.out
    assert "most reaches the question by attention rollout" in trained.out
    again = fresh_run("train", "stories", *options, "--resume", "--json")
    assert again.status == 0, again.err
    evaluated = fresh_run("evaluate", "stories", "--model", str(out), "--json", "--heatmap", str(picture))
    assert evaluated.status == 0, evaluated.err
    figures = json.loads(evaluated.out)
    assert figures == json.loads(again.out)
    assert figures["settings"]["architecture"] == "transformer" and len(figures["sharpness"]) == 2
    evidence = figures["scores"]["one"]["evidence"]
    assert evidence["precision"] == evidence["recall"] == evidence["exact"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    other = fresh_run("train", "stories", *options[2:], "--resume")
    assert other.status == 2 and "architecture" in other.complaint


@pytest.mark.slow
def test_the_lines_say_what_was_trained_and_what_is_next(fresh_run: Any, tmp_path: Path) -> None:
    out = tmp_path / "stories"
    trained = fresh_run("train", "stories", "--score", "none", "--minutes", "0.04", "--out", str(out))
    assert trained.status == 0, trained.err
    assert trained.out.startswith("no attention, 3 hops; one model for: one, two, yes-no, counting\n")
    assert "attention as evidence" not in trained.out
    assert f"next: attention-np evaluate stories --model {out}" in trained.out
    refused = fresh_run("evaluate", "stories", "--model", str(out), "--heatmap", str(tmp_path / "map.png"))
    assert "no attention to draw" in refused.complaint
