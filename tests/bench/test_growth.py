"""Growth: along one axis at a time, with exponents of the costs that were measured."""

from __future__ import annotations

import pytest

from attention_np.bench import growth
from attention_np.bench.growth import AXES, BASE, BATCH, Size, bench_growth, peak_bytes, training_step

SMALL = Size(width=16, depth=1, length=8, vocabulary=20)


def test_every_axis_grows_from_or_through_the_base() -> None:
    assert AXES.keys() == BASE._asdict().keys()
    for axis, sizes in AXES.items():
        assert BASE._asdict()[axis] in sizes
        assert list(sizes) == sorted(sizes)


def test_a_step_trains() -> None:
    step = training_step(SMALL)
    losses = [step() for _ in range(20)]
    assert losses[-1] < losses[0] - 0.05


def test_the_peak_holds_the_model_four_times_and_more() -> None:
    # The weights, their gradients, and two running means; then what the forward pass keeps.
    table = 4 * 20_000 * 16
    bare = peak_bytes(SMALL)
    assert 4 * table < peak_bytes(SMALL._replace(vocabulary=20_000)) - bare
    tokens = 4 * BATCH * 1_000 * 16
    assert 10 * tokens < peak_bytes(SMALL._replace(length=1_000)) - bare


def test_exponents_are_those_of_the_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_in_own_process", lambda size: size.width**2 * size.length)
    monkeypatch.setattr(growth, "measure", lambda contenders, _: {c.name: [c.call()] for c in contenders})
    monkeypatch.setattr(growth, "training_step", lambda size: lambda: 1e-3 * size.length**1.5)
    said: list[str] = []
    found = bench_growth({"width": (8, 16, 32), "length": (4, 16)}, 1, said.append)
    width, length = found.axes
    assert (width.axis, width.sizes, length.sizes) == ("width", (8, 16, 32), (4, 16))
    assert width.time_exponent == pytest.approx(0, abs=1e-9) and width.memory_exponent == pytest.approx(2)
    assert length.time_exponent == pytest.approx(1.5) and length.memory_exponent == pytest.approx(1)
    assert "growth: memory, width 16" in said and "growth: time, length 4 to 16" in said


def test_each_size_is_measured_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attention_np.bench.timing.LEAST_SECONDS", 1e-6)
    (width,) = bench_growth({"width": (16, 32)}, 1, lambda _: None).axes
    assert 0 < width.peak_bytes[0] < width.peak_bytes[1] < 50_000_000


def test_a_process_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_CHILD", "raise RuntimeError('no room')")
    with pytest.raises(MemoryError, match=r"memory at Size\(width=16.*failed: RuntimeError: no room$"):
        bench_growth({"width": (16, 32)}, 1, lambda _: None)
