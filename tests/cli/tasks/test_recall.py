"""`train` and `evaluate` for associative recall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_one_command_trains_what_is_compared_and_draws_it_and_its_models_are_evaluated(
    fresh_run: Any, tmp_path: Path
) -> None:
    out, plot, picture = tmp_path / "recall", tmp_path / "recall.png", tmp_path / "weights.png"
    options = ["--keys", "4", "3", "--minutes", "0.03", "--out", str(out), "--plot", str(plot), "--json"]
    trained = fresh_run("train", "recall", *options)
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert list(figures["scores"]) == ["cosine, β = 1", "cosine, learned β", "dot"]
    for rows in figures["scores"].values():
        assert [row["keys"] for row in rows] == [3, 4]
        for row in rows:
            assert 0 < row["right_weight"] <= (row["ceiling_of_all"] or 1) * (1 + 1e-6)
    assert plot.read_bytes().startswith(b"\x89PNG")
    evaluated = fresh_run("evaluate", "recall", "--model", str(out), "--json", "--heatmap", str(picture))
    assert evaluated.status == 0, evaluated.err
    again = json.loads(evaluated.out)["scores"]
    assert again == figures["scores"]
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_one_score_is_trained_by_itself_and_resumed_to_the_same_figures(fresh_run: Any, tmp_path: Path) -> None:
    options = ["train", "recall", "--keys", "3", "--score", "dot", "--minutes", "0.02", "--out", str(tmp_path / "out")]
    trained = fresh_run(*options)
    assert trained.status == 0, trained.err
    assert "dot, learned β" in trained.out and "next: attention-np evaluate recall" in trained.out
    assert fresh_run(*options, "--resume").out == trained.out


def test_a_folder_without_models_is_refused_with_what_to_do(fresh_run: Any, tmp_path: Path) -> None:
    complaint = fresh_run("evaluate", "recall", "--model", str(tmp_path)).complaint
    assert "there are no models in" in complaint and f"attention-np train recall --out {tmp_path}" in complaint
