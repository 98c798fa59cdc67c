"""Tables, bars, JSON and the picture, from results that are known."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from attention_np.bench import SECTIONS, Results, draw_results, result_lines, run_bench
from attention_np.bench.bars import BARS, judge
from attention_np.bench.tables import time_text

PNG = b"\x89PNG\r\n\x1a\n"


def line_with(lines: list[str], *texts: str) -> str:
    (found,) = (line for line in lines if all(text in line for text in texts))
    return found


def test_every_ratio_stands_in_its_shapes_row_with_its_spread(results: Results) -> None:
    lines = result_lines(results)
    row = line_with(lines, "(256, 64, 64, 64)")
    assert "20.0 ms" in row
    places = [row.index(text) for text in ("2.50 [2.25, 2.75]", "0.80 [0.72, 0.88]", "1.25 [", "0.20 [")]
    assert places == sorted(places)
    header = line_with(lines, "batch, L, S, width")
    names = [header.index(f"/ {name}") for name in ("matrix products", "PyTorch eager", "PyTorch fused", "HIPS")]
    assert names == sorted(names)


def test_means_stand_above_their_bars(results: Results) -> None:
    lines = result_lines(results)
    means = lines.index(line_with(lines, "geometric mean but for the first"))
    assert lines[means].split()[-4:] == ["2.50", "0.80", "1.25", "0.20"]
    assert [part.strip() for part in lines[means + 1].split("bar")[1:]] == ["≤ 3.0", "≤ 1.0", "≤ 1.5", "≤ 0.5"]


def test_a_bar_is_met_up_to_itself_and_missed_above() -> None:
    name = "exponent of extra memory"
    assert [each.met for value in (0.4, 1.1, 1.11) for each in judge({name: value})] == [True, True, False]


def test_all_bars_are_judged_in_a_full_run_and_the_missed_are_seen(results: Results) -> None:
    assert [each.figure for each in results.judged()] == list(BARS)
    lines = result_lines(results)
    assert line_with(lines, "training step of the summariser / PyTorch").endswith("MISSED")
    assert line_with(lines, "attention / PyTorch eager, worst shape").split()[-4:] == ["1.60", "≤", "1.5", "MISSED"]
    assert line_with(lines, "import attention_np / import numpy").endswith("met")


def test_an_aim_is_never_above_its_bar() -> None:
    assert [name for name, (bar, aim) in BARS.items() if aim is not None and not aim < bar] == []


def test_memory_and_its_exponents_are_written(results: Results) -> None:
    lines = result_lines(results)
    row = line_with(lines, "16,384", "1,024 MiB")
    assert row.split()[:5] == ["16,384", "1.02", "s", "32.0", "MiB"]
    assert "time grows as length to the 2.00, memory as length to the 1.00" in lines


def test_growth_is_written_with_its_exponents(results: Results) -> None:
    lines = result_lines(results)
    row = line_with(lines, "width", "64 to 128")
    assert row.split("  ")[-1].strip() == "0.50" and " 2.00 " in row
    assert "10.0 ms to 40.0 ms" in row and "1.0 to 1.4 MiB" in row


def test_missing_peers_are_named_and_their_columns_are_not_there(without_peers: Results) -> None:
    lines = result_lines(without_peers)
    assert "skipped: PyTorch is not installed (pip install torch)" in lines
    assert "skipped: HIPS autograd is not installed (pip install autograd)" in lines
    header = line_with(lines, "batch, L, S, width")
    assert "matrix products" in header and "PyTorch" not in header and "autograd" not in header
    assert without_peers.judged() == []


@pytest.mark.parametrize(("share", "warned"), [(None, False), (0.02, False), (0.4, True)])
def test_a_busy_machine_is_warned_of(results: Results, share: float | None, warned: bool) -> None:
    busy = dataclasses.replace(results, machine={**results.machine, "neighbours": share})
    assert any("other programs took 40 % of the cores" in line for line in result_lines(busy)) == warned


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0000205, "20.5 µs"), (0.00312, "3.12 ms"), (0.25, "250 ms"), (1.0, "1.00 s"), (12.0, "12.0 s"), (3e-8, "30 ns")],
)
def test_times_are_written_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_the_json_holds_what_was_measured_and_nothing_else(results: Results, without_peers: Results) -> None:
    answer: dict[str, Any] = json.loads(json.dumps(results.as_dict()))
    assert set(answer) == {"machine", "quick", "skipped", "bars", *SECTIONS}
    shape = answer["attention"]["shapes"][1]
    assert shape["shape"] == [32, 32, 32, 64]
    assert set(shape) == {"shape", "seconds", "ratios", "floor", "gflops", "operations_per_byte"}
    assert shape["ratios"]["PyTorch eager"] == pytest.approx({"median": 0.4, "low": 0.36, "high": 0.44})
    assert shape["gflops"]["ours"] == pytest.approx(12 * 32 * 32 * 32 * 64 / 0.02 / 1e9)
    assert answer["training"]["steps"][0]["ratio"]["median"] == 0.6
    assert answer["memory"]["lengths"][1] == {"length": 16_384, "seconds": 1.024, "extra_bytes": 2**25}
    assert answer["gradcheck"]["checks"][0]["seconds"] == 0.25
    assert answer["bars"][0] == {
        "figure": "attention / PyTorch eager, geometric mean",
        "value": pytest.approx(0.8),
        "bar": 1.0,
        "aim": 0.7,
        "met": True,
    }
    fewer = json.loads(json.dumps(without_peers.as_dict()))
    assert set(fewer) == {"machine", "quick", "skipped", "bars", "attention", "training"}
    assert fewer["skipped"][0] == {"peer": "PyTorch", "install": "pip install torch"}
    assert fewer["training"]["steps"][0]["pytorch"] is None


def test_the_picture_has_a_panel_for_attention_one_for_memory_and_two_for_growth(results: Results, tmp_path: Path) -> None:
    widths = {}
    shown = {"all": (), "rates": ("memory", "growth"), "memory": ("attention", "growth"), "growth": ("attention", "memory")}
    for name, sections in shown.items():
        left_out: dict[str, Any] = dict.fromkeys(sections)
        path = tmp_path / f"{name}.png"
        draw_results(dataclasses.replace(results, **left_out), path)
        data = path.read_bytes()
        assert data.startswith(PNG)
        widths[name] = int.from_bytes(data[16:20], "big")
    assert widths["all"] == 4 * widths["rates"] == 4 * widths["memory"] == 2 * widths["growth"]


def test_with_nothing_to_draw_the_picture_is_refused(results: Results, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected attention, memory or growth"):
        draw_results(dataclasses.replace(results, attention=None, memory=None, growth=None), tmp_path / "no.png")


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(ValueError, match="only: expected one of attention, .* got 'speed'"):
        run_bench("speed", True, lambda _: None)
