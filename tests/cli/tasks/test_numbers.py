"""`train` and `evaluate` for number words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_what_was_trained_is_evaluated_and_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out = tmp_path / "numbers"
    options = ["--language", "french", "--short", "--minutes", "0.05", "--seed", "2"]
    trained = fresh_run("train", "numbers", *options, "--out", str(out), "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert figures["language"] == "french" and figures["sharpness"] > 0
    assert len(figures["scores"]) == 2
    for score in figures["scores"].values():
        assert 0 <= score["exact"] <= 1 and 0 < score["word_by_word"] < 0.8
        assert 0 < score["alignment"]["mean_peak"] <= 1
    picture = tmp_path / "map.png"
    three = tmp_path / "three.png"
    drawn = ["--heatmap", str(picture), "--explain", str(three)]
    evaluated = fresh_run("evaluate", "numbers", "--model", str(out), "--json", *drawn)
    assert evaluated.status == 0, evaluated.err
    found = json.loads(evaluated.out)
    agreement = found.pop("agreement")
    assert len(agreement) == 3 and all(-1 <= tau <= 1 for tau in agreement.values())
    assert found == {name: value for name, value in figures.items() if name != "agreement"}
    assert picture.read_bytes().startswith(b"\x89PNG") and three.read_bytes().startswith(b"\x89PNG")


def test_a_file_of_another_kind_is_refused_by_name(fresh_run: Any, quick: Any, tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes((quick.out / "summarizer.npz").read_bytes())
    complaint = fresh_run("evaluate", "numbers", "--model", str(tmp_path)).complaint
    assert "expected a model for numbers" in complaint
