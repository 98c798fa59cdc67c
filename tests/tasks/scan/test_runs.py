"""The runs of a table are written down one by one, and are not done again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from attention_np.tasks.scan.runs import Run, estimated_seconds, outcomes_in, perform, perform_all
from attention_np.tasks.scan.training import ScanSettings

TINY = ScanSettings(width=8, presentations=160)
RUNS = [Run("turn-left", "elman", variant, seed) for seed in (0, 1) for variant in ("none", "cosine")]


def test_a_run_is_found_again_with_all_that_was_measured(tmp_path: Path) -> None:
    done = perform(RUNS[1], TINY, tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "turn-left-elman-cosine-seed0.json"]
    found = outcomes_in(tmp_path, TINY, RUNS)
    assert list(found) == [RUNS[1]]
    assert found[RUNS[1]].exact == done.exact
    assert found[RUNS[1]].details["settings"]["variant"] == "cosine"
    assert len(found[RUNS[1]].details["train_loss"]) == 10


def test_a_run_with_other_settings_is_not_taken_for_this_one(tmp_path: Path) -> None:
    perform(RUNS[0], TINY, tmp_path)
    with pytest.raises(ValueError, match="was done with other settings; name another folder"):
        outcomes_in(tmp_path, replace(TINY, presentations=320), RUNS)


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"exact": 1.0})])
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / f"{RUNS[0].name}.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{path} is damaged"):
        outcomes_in(tmp_path, TINY, RUNS)


def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    one = {outcome.run: outcome for outcome in perform_all(RUNS[:2], TINY, alone, jobs=1)}
    two = {outcome.run: outcome for outcome in perform_all(RUNS[:2], TINY, together, jobs=2)}
    assert one.keys() == two.keys() == set(RUNS[:2])
    for run in one:
        assert one[run].details["train_loss"] == two[run].details["train_loss"]


def test_the_estimate_grows_with_runs_and_presentations() -> None:
    one = estimated_seconds(RUNS[:1], TINY)
    assert 0 < one
    longer = estimated_seconds(RUNS, replace(TINY, presentations=1_600_000))
    assert longer > 100 * one
