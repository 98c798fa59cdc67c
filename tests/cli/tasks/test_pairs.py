"""`train` and `evaluate` for anyone's own pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

WORDS = ("one two", "two three", "three one", "one one", "two two", "three three", "two one", "one three two")
GERMAN = {"one": "eins", "two": "zwei", "three": "drei"}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rows = [f"{words}\t{' '.join(GERMAN[word] for word in words.split())}" for words in WORDS]
    made = {name: tmp_path / f"{name}.tsv" for name in ("train", "dev", "test")}
    made["train"].write_bytes("\r\n".join(rows * 4).encode("utf-16"))
    made["dev"].write_text("\n".join(rows[:4]), encoding="utf-8")
    made["test"].write_text("\n".join([*rows[4:], "four\tvier"]), encoding="utf-8")
    return made


def train(run: Any, files: dict[str, Path], out: Path, *options: str) -> Any:
    given = [option for name in ("train", "dev", "test") for option in (f"--{name}", str(files[name]))]
    return run("train", "pairs", *given, "--units", "words", "--minutes", "0.05", "--width", "16", "--out", str(out), *options)


@pytest.mark.slow
def test_what_was_trained_is_scored_evaluated_written_with_and_drawn(
    fresh_run: Any, files: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "model"
    trained = train(fresh_run, files, out, "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert (figures["source_units"], figures["target_units"], figures["rows"]) == ("words", "words", 32)
    assert figures["test"]["rows"] == 5 and figures["test"]["sources_also_learned"] == 4
    scores = figures["test"]["scores"]
    assert scores.keys() == {"the model", "the source as it stands", "nearest neighbour"}
    # All rows but the one whose word nobody knows.
    assert scores["nearest neighbour"]["exact"] == 0.8
    assert scores["the source as it stands"]["exact"] == 0
    assert scores["the model"].keys() == {"exact", "word_error_rate", "character_error_rate"}

    evaluated = fresh_run("evaluate", "pairs", "--model", str(out), "--test", str(files["test"]), "--json")
    assert evaluated.status == 0, evaluated.err
    assert json.loads(evaluated.out)["test"]["scores"] == {"the model": scores["the model"]}

    picture = tmp_path / "map.png"
    written = fresh_run("evaluate", "pairs", "--model", str(out), "--text", "three two", "--heatmap", str(picture))
    assert written.status == 0 and written.out.startswith("three two -> "), written.err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_bad_rows_are_refused_by_line_or_left_out_by_choice(
    fresh_run: Any, files: dict[str, Path], tmp_path: Path
) -> None:
    with files["dev"].open("a", encoding="utf-8") as file:
        file.write("\nalone\none\teins\tthree\n")
    complaint = train(fresh_run, files, tmp_path / "model").complaint
    assert "2 of 6 rows are bad (line 5: 1 column instead of 2; line 6: 3 columns instead of 2)" in complaint
    trained = train(fresh_run, files, tmp_path / "model", "--bad-rows", "skip", "--json")
    assert trained.status == 0
    assert "line 5: 1 column instead of 2" in trained.err and "left out" in trained.err
    assert json.loads(trained.out)["dev"]["bad_rows"] == [5, 6]


def test_nothing_to_do_and_a_missing_file_are_said_in_a_line(fresh_run: Any, files: dict[str, Path], tmp_path: Path) -> None:
    files["dev"].unlink()
    assert "dev.tsv" in train(fresh_run, files, tmp_path / "model").complaint
    assert "attention-np train pairs" in fresh_run("evaluate", "pairs", "--model", str(tmp_path / "none")).complaint
