"""`attention-np reproduce staleness`: the proved limits, measured, within a hundredth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attention_np.cli.reproductions import staleness


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two crews of few runs."""
    full = staleness.implicit_momentum
    monkeypatch.setattr(staleness, "implicit_momentum", lambda workers, rng: full(workers, rng=rng, runs=200))
    monkeypatch.setattr(staleness, "_WORKERS", (2, 4))


def test_the_proved_limits_stand_beside_the_measured_ones(fresh_run: Any, tmp_path: Path) -> None:
    figure = tmp_path / "staleness.png"
    done = fresh_run("reproduce", "staleness", "--plot", str(figure))
    assert (done.status, done.err) == (0, "")
    rows = [line.split() for line in done.out.splitlines()]
    assert [row[1] for row in rows[2:8]] == ["2.0000", "1.0000", "0.6180", "0.4450", "0.3473", "0.2846"]
    for row in rows[2:8]:
        assert float(row[2]) == pytest.approx(float(row[1]), rel=0.01)
    assert f"the figure is {figure}" in done.out
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_json_is_all_that_is_printed(fresh_run: Any) -> None:
    answer = json.loads(fresh_run("reproduce", "staleness", "--json", "--seed", "4").out)
    assert [row["delay"] for row in answer["limits"]] == [0, 1, 2, 3, 4, 5]
    assert 0 < answer["worst"] < 0.01
    for row in answer["momentum"]:
        assert row["momentum"] == pytest.approx(1 - 1 / row["workers"], abs=0.06)


def test_a_limit_that_is_not_the_proved_one_is_status_1(fresh_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staleness, "measured_limit", lambda delay: 1.02 * staleness.stability_limit(delay))
    assert fresh_run("reproduce", "staleness").status == 1


def test_a_figure_in_no_folder_is_refused_before_anything_is_measured(
    fresh_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staleness, "measured_limit", lambda _: pytest.fail("measured"))
    complaint = fresh_run("reproduce", "staleness", "--plot", "no-such-folder/s.png").complaint
    assert "--plot: expected a file in a folder that exists" in complaint
