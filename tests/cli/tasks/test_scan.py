"""`train`, `evaluate` and `reproduce` for SCAN."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TINY = ("--split", "turn-left", "--presentations", "320")


def test_what_was_trained_is_evaluated_beside_baselines_and_drawn(fresh_run: Any, tmp_path: Path) -> None:
    out, picture = tmp_path / "scan", tmp_path / "map.png"
    trained = fresh_run(
        "train", "scan", *TINY, "--cell", "gru", "--beta-one", "--seed", "2", "--out", str(out), "--json"
    )
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert (figures["split"], figures["seed"], figures["shown"], figures["tested"]) == ("turn-left", 2, 320, 1208)
    assert figures["settings"]["cell"] == "gru" and figures["settings"]["variant"] == "cosine_beta_one"
    assert set(figures["baselines"]) == {"commonest actions", "nearest command"}
    wanted = "turn left thrice after walk"
    evaluated = fresh_run(
        "evaluate", "scan", "--model", str(out), "--json", "--heatmap", str(picture), "--command", wanted
    )
    assert evaluated.status == 0, evaluated.err
    again = json.loads(evaluated.out)
    assert again["exact"] == figures["exact"] and again["command"]["words"] == wanted.split()
    assert picture.read_bytes().startswith(b"\x89PNG")
    complaint = fresh_run("evaluate", "scan", "--model", str(out), "--command", "turn left").complaint
    assert "was trained on" in complaint


def test_the_lines_say_what_was_trained_and_what_is_next(fresh_run: Any, tmp_path: Path) -> None:
    out = tmp_path / "scan"
    trained = fresh_run("train", "scan", *TINY, "--score", "none", "--out", str(out))
    assert trained.status == 0, trained.err
    assert trained.out.startswith("elman, none, turn-left split, 320 commands shown\n")
    assert "nearest command" in trained.out
    assert f"next: attention-np evaluate scan --model {out}" in trained.out
    refused = fresh_run("evaluate", "scan", "--model", str(out), "--heatmap", str(tmp_path / "map.png"))
    assert "no attention to draw" in refused.complaint


REPRODUCE = (
    "reproduce", "scan", "--splits", "turn-left", "--scores", "none", "cosine", "--presentations", "160",
    "--jobs", "1",
)  # fmt: skip


def test_the_table_is_done_in_parts_and_printed_at_any_time(fresh_run: Any, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "runs"))
    empty = fresh_run(*REPRODUCE, *out, "--seeds", "0", "1", "--only-print")
    assert empty.status == 0 and "0 of 4 runs" in empty.out
    first = fresh_run(*REPRODUCE, *out, "--seeds", "0")
    assert first.status == 0, first.err
    assert "0 of 2 runs" in first.err and "minutes of training" in first.err
    part = fresh_run(*REPRODUCE, *out, "--seeds", "0", "1", "--only-print")
    assert "2 of 4 runs" in part.out and "90.3" in part.out
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()}
    whole = fresh_run(*REPRODUCE, *out, "--seeds", "0", "1", "--json")
    assert "2 of 4 runs are in" in whole.err
    table = json.loads(whole.out)
    assert [(row["variant"], row["seeds"]) for row in table["rows"]] == [("none", 2), ("cosine", 2)]
    assert all(path.stat().st_mtime_ns == time for path, time in files.items())
    other = fresh_run(*REPRODUCE, *out, "--seeds", "0", "--presentations", "320")
    assert "was done with other settings; name another folder" in other.complaint


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scores", "euclid"), "invalid choice: 'euclid'"),
        (("--jobs", "0"), "expected a whole number of at least 1"),
        (("--dropout", "1.5"), "expected a share of at least 0 and below 1"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    options: tuple[str, ...], words: str, fresh_run: Any, tmp_path: Path
) -> None:
    assert words in fresh_run(*REPRODUCE, *options, "--out", str(tmp_path / "runs")).complaint
