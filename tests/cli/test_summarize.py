"""`attention-np summarize`, with the model of a tiny run: what it accepts, and what it refuses in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TEXT = "Split the string at the last occurrence of the separator, and return a list of the words found between."


def test_a_text_a_file_and_standard_input_give_the_same_summary(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    given = run("summarize", TEXT)
    assert given.status == 0 and given.err == "" and given.out.strip()
    assert run("summarize", str(file)).out == given.out
    assert run("summarize", "-", stdin=TEXT.encode()).out == given.out
    assert run("summarize", "-", stdin=b"\xef\xbb\xbf" + TEXT.encode()).out == given.out


def test_an_object_is_summarised_beside_what_its_author_wrote(run: Any) -> None:
    done = run("summarize", "--object", "textwrap.wrap")
    assert done.status == 0
    assert done.out.splitlines()[-1].startswith("its author wrote: Wrap a single paragraph")


def test_json_is_all_that_is_printed(run: Any, untrained: Path) -> None:
    done = run("summarize", TEXT, "--json", "--model", str(untrained))
    answer = json.loads(done.out)
    assert set(answer) == {"summary", "reference", "words"} and answer["reference"] is None and answer["words"]
    assert done.err == ""


def test_the_heatmap_is_a_png(run: Any, untrained: Path, tmp_path: Path) -> None:
    picture = tmp_path / "looked.png"
    assert run("summarize", TEXT, "--heatmap", str(picture), "--model", str(untrained)).status == 0
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    "text", ["Die Funktion gibt die Größe zurück.", "Внимание это всё, что вам нужно", "注意力 就是 你 所需要 的", "الانتباه هو كل شيء"]
)
def test_other_languages_get_an_answer(run: Any, text: str) -> None:
    done = run("summarize", text)
    assert done.status == 0 and done.out.strip() and done.err == ""


def test_a_console_that_lacks_the_letters_still_gets_an_answer(quick: Any) -> None:
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", "XDG_CACHE_HOME": str(quick.home / "cache")}
    arguments = ["summarize", "Внимание это всё, что вам нужно", "--model", str(quick.out)]
    done = subprocess.run([sys.executable, "-m", "attention_np", *arguments], capture_output=True, env=variables)
    assert done.returncode == 0 and done.stdout.strip() and done.stderr == b""


def test_ten_megabytes_are_answered(run: Any) -> None:
    long = (TEXT + "\n").encode() * (10_000_000 // len(TEXT))
    done = run("summarize", "-", stdin=long)
    assert done.status == 0 and done.out.strip()


@pytest.mark.parametrize("text", ["", " \n\t ", "?!... --", "\u200b"])
def test_a_text_without_words_is_refused(run: Any, text: str) -> None:
    assert "expected some words" in run("summarize", text).complaint
    assert "expected some words" in run("summarize", "-", stdin=text.encode()).complaint


@pytest.mark.parametrize("data", [bytes(range(256)), b"some words\0and more", b"\x80\x81\x82 latin"])
def test_binary_data_are_refused(run: Any, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(data)
    assert str(file) in run("summarize", str(file)).complaint
    assert "standard input" in run("summarize", "-", stdin=data).complaint


def test_too_much_is_refused_before_it_is_read(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "huge.txt"
    with file.open("wb") as handle:
        handle.truncate(65 * 1024 * 1024)
    assert "64 MB" in run("summarize", str(file)).complaint


def test_a_folder_is_refused(run: Any, tmp_path: Path) -> None:
    assert "is a folder" in run("summarize", str(tmp_path)).complaint


@pytest.mark.parametrize("name", ["no.such.object", "textwrap.wrapp", "", "../etc"])
def test_an_unknown_object_is_named(run: Any, name: str) -> None:
    assert repr(name) in run("summarize", "--object", name).complaint


def test_a_heatmap_in_a_missing_folder_is_refused(run: Any, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert str(missing) in run("summarize", TEXT, "--heatmap", str(missing / "a.png")).complaint
    assert not missing.exists()


def test_a_missing_model_names_the_command_that_trains_one(run: Any, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert f"attention-np --out {missing}" in run("summarize", TEXT, "--model", str(missing)).complaint
    assert f"attention-np --out {tmp_path}" in run("summarize", TEXT, "--model", str(tmp_path)).complaint


@pytest.mark.parametrize("arguments", [["summarize", TEXT], ["evaluate", "summaries"]], ids=lambda a: a[0])
def test_before_any_training_the_command_that_trains_is_named(fresh_run: Any, arguments: list[str]) -> None:
    assert "train one: attention-np" in fresh_run(*arguments).complaint


def test_a_damaged_model_is_refused_and_left_as_it_is(run: Any, quick: Any, tmp_path: Path) -> None:
    whole = (quick.out / "summarizer.npz").read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for damaged in (whole[: len(whole) // 2], bytes(flipped), b"", b"no archive at all"):
        file = tmp_path / "summarizer.npz"
        file.write_bytes(damaged)
        assert str(file) in run("summarize", TEXT, "--model", str(tmp_path)).complaint
        assert file.read_bytes() == damaged


def test_files_that_are_no_summariser_are_refused(run: Any, quick: Any, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.npz"
    np.savez(foreign, weights=np.linspace(0, 1, 6).reshape(2, 3))
    assert "not a checkpoint of attention_np" in run("summarize", TEXT, "--model", str(foreign)).complaint
    training = quick.out / "training.npz"
    assert "not of a summariser" in run("summarize", TEXT, "--model", str(training)).complaint
