"""`train` and `evaluate` for dates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("babel")

from attention_np.cli.tasks import dates  # noqa: E402
from attention_np.tasks.dates.examples import DateSplit, draw_dates  # noqa: E402


@pytest.mark.slow
def test_what_was_trained_is_evaluated_read_with_and_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out = tmp_path / "dates"
    options = ["--split", "locales", "--minutes", "0.12", "--seed", "2", "--out", str(out)]
    trained = fresh_run("train", "dates", *options, "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert figures["split"] == "locales" and figures["sharpness"] > 0 and figures["tested"] == 2000
    assert set(figures["by_locale"]) == {"da", "hu", "pt", "zh"}
    assert 0.5 < figures["rule"]["exact"] < 1
    assert 0 <= figures["alignment"]["year"] <= 1
    assert len(figures["example"]["looked_at"]) == len(figures["example"]["written"])

    picture = tmp_path / "map.png"
    read = fresh_run("evaluate", "dates", "--model", str(out), "--text", "25. november 1981", "--heatmap", str(picture))
    assert read.status == 0, read.err
    assert read.out.startswith("25. november 1981 -> ") and not read.err
    assert picture.read_bytes().startswith(b"\x89PNG")
    read = fresh_run("evaluate", "dates", "--model", str(out), "--text", "1981年11月", "--heatmap", str(picture))
    assert read.status == 0 and read.err.splitlines() == [
        "attention-np: --heatmap: Matplotlib's font lacks 年月; name one that has them as font.family in matplotlibrc"
    ]

    evaluated = fresh_run("evaluate", "dates", "--model", str(out))
    assert evaluated.status == 0, evaluated.err
    assert f"exact: {100 * figures['exact']:.1f} %" in evaluated.out
    assert "while it looks at" in evaluated.out


@pytest.mark.slow
@pytest.mark.parametrize("score", ["cosine", "additive"])
def test_a_transformer_is_trained_goes_on_and_is_evaluated(
    fresh_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: str
) -> None:
    def few(split: str, *, rng: np.random.Generator) -> DateSplit:
        return draw_dates(split, 400, 40, 40, rng=rng)

    monkeypatch.setattr(dates, "draw_dates", few)
    out = tmp_path / "dates"
    options = ["--architecture", "transformer", "--score", score, "--minutes", "0.02", "--out", str(out)]
    trained = fresh_run("train", "dates", *options, "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert fresh_run("train", "dates", *options, "--resume", "--json").out == trained.out
    picture = tmp_path / "map.png"
    evaluated = fresh_run("evaluate", "dates", "--model", str(out), "--json", "--heatmap", str(picture))
    assert evaluated.status == 0, evaluated.err
    assert json.loads(evaluated.out) == figures and figures["alignment"]["mean_peak"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused = fresh_run("train", "dates", *options[:2], "--score", "none", "--out", str(tmp_path / "none"))
    assert refused.status == 2 and "a transformer, which is nothing without attention" in refused.complaint


@pytest.mark.slow
def test_without_attention_nothing_is_aligned_and_nothing_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out = str(tmp_path / "dates")
    trained = fresh_run("train", "dates", "--score", "none", "--minutes", "0.02", "--out", out)
    assert trained.status == 0, trained.err
    assert "no attention; tested on 2,000 dates" in trained.out
    assert "greatest weight" not in trained.out
    complaint = fresh_run("evaluate", "dates", "--model", out, "--text", "1981", "--heatmap", "map.png").complaint
    assert "this model has no attention to draw" in complaint
