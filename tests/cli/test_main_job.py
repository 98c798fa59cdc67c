"""The main job, from a tiny run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_tiny_run_succeeds_without_a_traceback(quick: Any) -> None:
    assert quick.done.status == 0, quick.done.err
    assert "Traceback" not in quick.done.err and "Warning" not in quick.done.err


def test_it_says_first_that_it_is_tiny_and_what_it_will_do(quick: Any) -> None:
    first, act_one, act_two, how_long = quick.done.out.splitlines()[:4]
    assert "TINY RUN" in first
    assert act_one.startswith("Act one:") and act_two.startswith("Act two:")
    assert re.search(r"\d+ minute", how_long) and "--resume" in how_long and str(quick.out) in how_long


def test_every_file_that_the_end_names_exists_and_is_not_empty(quick: Any) -> None:
    ending = quick.done.out[quick.done.out.index("To look at:") :]
    named = re.findall(re.escape(str(quick.out)) + r"[/\\][\w.-]+\w", ending)
    names = {name.rpartition("made")[2][1:] for name in named}
    assert {"report.html", "metrics.json", "summarizer.npz", "translation.png"} <= names
    assert [name for name in sorted(names) if not (quick.out / name).stat().st_size] == []


def test_the_report_is_one_file_that_loads_nothing_from_elsewhere(quick: Any) -> None:
    report = (quick.out / "report.html").read_text(encoding="utf-8")
    assert report.lower().startswith("<!doctype html>")
    loads = re.findall(r"""(?:src|href|action|poster)\s*=\s*["']?([^"'\s>]+)""", report)
    loads += re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", report)
    assert [load for load in loads if not str(load).startswith(("data:", "#"))] == []
    assert re.findall(r"""<(?:script|link|iframe)[^>]*https?:""", report) == []
    assert re.search(r"""\b(?:fetch|XMLHttpRequest|importScripts)\b""", report) is None


def test_the_report_says_that_the_run_was_tiny(quick: Any) -> None:
    assert "tiny run" in (quick.out / "report.html").read_text(encoding="utf-8").lower()


def test_metrics_json_holds_both_acts_and_where_they_come_from(quick: Any) -> None:
    figures = json.loads((quick.out / "metrics.json").read_text(encoding="utf-8"))
    assert figures["quick"] is True
    assert set(figures["translation"]) == {"learned sharpness", "sharpness 1", "no attention"}
    for name, scores in figures["translation"].items():
        assert 0 <= scores["exact"] <= 1
        assert (scores["alignment"] is None) == (name == "no attention")
    summaries = figures["summaries"]
    assert summaries["seed"] == 3
    assert re.fullmatch("[0-9a-f]{64}", summaries["data"])
    assert summaries["data"] in quick.done.out
    assert summaries["sharpness"] > 0


@pytest.mark.parametrize("picture", ["translation.png", "summary-1.png", "summary-5.png"])
def test_pictures_are_png_files_of_a_readable_size(quick: Any, picture: str) -> None:
    data = (quick.out / picture).read_bytes()
    assert data.startswith(PNG)
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    assert 300 <= width <= 5000 and 150 <= height <= 5000


def test_five_examples_stand_beside_what_their_authors_wrote(quick: Any) -> None:
    assert len(re.findall(r"^ +model: .*\n +author: .+", quick.done.out, re.MULTILINE)) == 5
