"""What is shown: one line an epoch where nobody watches, a bar where somebody does."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest


class Terminal(io.StringIO):
    def isatty(self):
        return True


LINE = re.compile(
    r"epoch (\d), step (\d+) of 28: train_loss \d\.\d+, sharpness 9\.5, loss \d\.\d+, "
    r"[\d,]+ tokens/s, \d+:\d\d left"
)


def shown_on(stream, setting, **arguments):
    setting().train(progress=stream, watch=lambda: {"sharpness": 9.5}, **arguments)
    return stream.getvalue()


def test_a_file_gets_one_line_for_each_epoch(setting):
    lines = shown_on(io.StringIO(), setting).splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    assert [match.groups() for match in found] == [("1", "7"), ("2", "14"), ("3", "21"), ("4", "28")]
    assert lines[-1].endswith(" 0:00 left")


def test_a_terminal_gets_a_bar_with_loss_speed_time_left_and_the_watched_values(setting, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("attention_np.training.progress.REFRESH_SECONDS", 0.0)
    text = shown_on(Terminal(), setting)
    bars = [part for part in text.split("\r") if "/28" in part]
    assert any(re.search(r"loss \d\.\d+, sharpness 9\.5, [\d,]+ tokens/s", bar) for bar in bars), bars
    assert any(re.search(r"\[\d\d:\d\d<", bar) for bar in bars)
    assert len(LINE.findall(text)) == 4


def test_a_terminal_without_tqdm_gets_the_lines(setting, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    text = shown_on(Terminal(), setting)
    assert "\r" not in text
    assert len(text.splitlines()) == 4


def test_it_shows_on_standard_error_unless_told_otherwise_and_nothing_when_told_so(setting, capsys):
    setting().train(progress=True, epochs=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 2
    setting().train(progress=False, epochs=2)
    assert capsys.readouterr() == ("", "")


def test_training_without_a_terminal_loads_no_tqdm(tiny_script, environment):
    code = (
        "import runpy, sys\n"
        f"runpy.run_path({str(tiny_script)!r})['Setting']().train(progress=True)\n"
        "assert 'tqdm' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
