"""`attention-np where`: what lies in the cache, and that only this is removed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any


def test_it_names_what_is_there_and_how_large_it_is(run: Any, quick: Any) -> None:
    done = run("where")
    assert done.status == 0
    answer = json.loads(run("where", "--json").out)
    folder = Path(answer["folder"])
    assert folder.is_relative_to(quick.home) and answer["removed"] is False
    assert {Path(name) for name in answer["bytes"]} == set(folder.iterdir())
    for name, size in answer["bytes"].items():
        assert name in done.out
        assert Path(name).is_dir() or size == Path(name).stat().st_size
    assert str(folder) in done.out.splitlines()[0]


def test_before_any_training_no_model_is_named(fresh_run: Any) -> None:
    assert json.loads(fresh_run("where", "--json").out)["model"] is None
    assert "the model that" not in fresh_run("where").out


def test_a_remembered_model_outside_the_cache_is_named_too(run: Any, quick: Any) -> None:
    model = quick.out / "summarizer.npz"
    assert Path(json.loads(run("where", "--json").out)["model"]) == model
    assert run("where").out.splitlines()[-1].startswith(f"the model that summarize and evaluate use: {model}, ")


def test_cleaning_removes_the_cache_and_nothing_else(fresh_run: Any, tmp_path: Path, quick: Any) -> None:
    folder = Path(json.loads(fresh_run("where", "--json").out)["folder"])
    (folder / "summaries").mkdir()
    shutil.copy(quick.out / "summarizer.npz", folder / "summaries")
    beside = folder.parent / "another-program"
    beside.mkdir()
    (beside / "precious.txt").write_text("kept", encoding="utf-8")
    done = fresh_run("where", "--clean", "--json")
    assert done.status == 0
    answer = json.loads(done.out)
    assert answer["removed"] is True
    assert list(answer["bytes"].values()) == [(quick.out / "summarizer.npz").stat().st_size]
    assert not folder.exists()
    assert (beside / "precious.txt").read_text(encoding="utf-8") == "kept"


def test_cleaning_an_empty_or_missing_cache_is_fine(fresh_run: Any) -> None:
    for _ in range(2):
        done = fresh_run("where", "--clean")
        assert done.status == 0 and "0.0 MB, removed" in done.out


def test_a_model_that_out_named_survives_the_cleaning_and_is_found_by_name(fresh_run: Any, quick: Any) -> None:
    assert fresh_run("where", "--clean").status == 0
    assert fresh_run("summarize", "return the sum of all elements", "--model", str(quick.out)).status == 0
