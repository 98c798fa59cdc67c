"""`train` and `evaluate` for characters: figures beside baselines, a picture, and writing that depends on its seed alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attention_np.cli.tasks import characters
from attention_np.tasks.characters.texts import BETWEEN, UNKNOWN, Texts

TINY = ["--width", "16", "--depth", "1", "--context", "16", "--minutes", "0.03", "--seed", "2"]


pytestmark = pytest.mark.filterwarnings("error:Glyph")


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Texts:
    """Instead of all documentation there is."""
    learned = f"{BETWEEN}Return the mean of the array." * 300
    found = Texts(learned, learned[:300], learned[:600], "".join(sorted({*learned, UNKNOWN})))
    monkeypatch.setattr(characters, "read_texts", lambda packages, cache: found)
    return found


def test_what_was_trained_is_evaluated_drawn_and_made_to_write(fresh_run: Any, texts: Texts, tmp_path: Path) -> None:
    out = tmp_path / "characters"
    trained = fresh_run("train", "characters", *TINY, "--out", str(out), "--json")
    assert trained.status == 0, trained.err
    figures = json.loads(trained.out)
    assert figures["bits"] < figures["baselines"]["every character alike"]
    names = ["every character alike", "1-grams", "2-grams", "5-grams", "gzip", "LZMA"]
    assert list(figures["baselines"]) == names
    assert figures["baselines"]["5-grams"] < figures["baselines"]["1-grams"]
    assert figures["data"] == texts.sha256 and figures["characters"] == 8 * 16 * figures["steps"]

    picture = tmp_path / "map.png"
    evaluated = fresh_run("evaluate", "characters", "--model", str(out), "--json", "--heatmap", str(picture))
    assert evaluated.status == 0, evaluated.err
    assert json.loads(evaluated.out) == figures
    assert picture.read_bytes().startswith(b"\x89PNG")

    asked = ["evaluate", "characters", "--model", str(out), "--sample", "40", "--beginning", "Return "]
    asked += ["--top-k", "5", "--temperature", "9"]
    first, again, other = (json.loads(fresh_run(*asked, "--json", "--seed", s).out)["text"] for s in ("1", "1", "4"))
    assert first == again != other
    assert first.startswith("Return ") and len(first) == 47
    other_picture = tmp_path / "written.png"
    printed = fresh_run(*asked, "--seed", "1", "--heatmap", str(other_picture)).out
    assert other_picture.read_bytes().startswith(b"\x89PNG") and other_picture.read_bytes() != picture.read_bytes()
    assert printed == first.replace(BETWEEN, "\n\n----\n\n") + "\n"

    text = fresh_run("evaluate", "characters", "--model", str(out)).out
    assert "bits per character of 600 characters" in text and "--sample 400" in text


def test_texts_that_have_changed_since_are_told(fresh_run: Any, texts: Texts, tmp_path: Path, monkeypatch: Any) -> None:
    assert fresh_run("train", "characters", *TINY, "--out", str(tmp_path / "made")).status == 0
    changed = Texts(texts.train[30:], texts.validation, texts.test, texts.alphabet)
    monkeypatch.setattr(characters, "read_texts", lambda packages, cache: changed)
    done = fresh_run("evaluate", "characters", "--model", str(tmp_path / "made"))
    assert done.status == 0
    assert "documentation has changed since the model was trained" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "characters", "--context", "15"], "context: expected an even number"),
        (["train", "characters", "--width", "30"], "width: expected a multiple of heads"),
        (["train", "characters", "--score", "additive"], "additive"),
        (["evaluate", "characters", "--sample", "0"], "--sample"),
    ],
)
def test_what_cannot_be_is_one_line(fresh_run: Any, texts: Texts, tmp_path: Path, arguments: list[str], said: str) -> None:
    folder = ["--out" if arguments[0] == "train" else "--model", str(tmp_path / "made")]
    assert said in fresh_run(*arguments, *folder).complaint


def test_a_temperature_below_zero_is_refused(fresh_run: Any, texts: Texts, tmp_path: Path) -> None:
    assert fresh_run("train", "characters", *TINY, "--out", str(tmp_path / "made")).status == 0
    asked = ["evaluate", "characters", "--model", str(tmp_path / "made"), "--sample", "5", "--temperature", "-1"]
    assert "temperature: expected" in fresh_run(*asked).complaint
