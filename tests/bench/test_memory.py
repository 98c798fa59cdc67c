"""Extra memory: what lies between inputs and results is counted, and they are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_np.bench import memory
from attention_np.bench.memory import WIDTH, bench_memory, extra_bytes
from attention_np.bench.suite import Results

LENGTH = 512
SLACK = 20_000


def planted(monkeypatch: pytest.MonkeyPatch, forward: int, backward: int) -> None:
    """Put functions in attention's place that use so many bytes on the way, and give fresh results."""

    def attention(queries: Any, keys: Any, values: Any, **_: Any) -> Any:
        np.ones(forward, np.uint8)
        return np.ones_like(queries), np.ones(queries.shape[:-1], queries.dtype)

    def attention_backward(d_context: Any, *arrays: Any, **_: Any) -> Any:
        used = np.ones(backward, np.uint8)
        gradients = [np.ones_like(array) for array in arrays]
        del used
        return (*gradients, np.ones(()))

    monkeypatch.setattr(memory, "attention", attention)
    monkeypatch.setattr(memory, "attention_backward", attention_backward)


@pytest.mark.parametrize(("forward", "backward"), [(1_000_000, 0), (0, 3_000_000), (4_000_000, 3_000_000)])
def test_the_larger_peak_of_both_passes_counts(monkeypatch: pytest.MonkeyPatch, forward: int, backward: int) -> None:
    planted(monkeypatch, forward, backward)
    # What the forward pass frees before its results are made is not on top of them.
    results = 4 * LENGTH * (WIDTH + 1)
    expected = max(forward - results, backward)
    assert expected <= extra_bytes(LENGTH) <= expected + SLACK


def test_inputs_and_results_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, 0, 0)
    assert extra_bytes(LENGTH) < SLACK < 4 * LENGTH * WIDTH


def test_what_a_call_leaves_behind_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, 0, 0)
    kept: list[Any] = []
    forward = memory.attention

    def hoarding(*arrays: Any, **options: Any) -> Any:
        kept.append(np.ones(2_000_000, np.uint8))
        return forward(*arrays, **options)

    monkeypatch.setattr(memory, "attention", hoarding)
    assert 2_000_000 <= extra_bytes(LENGTH) <= 2_000_000 + SLACK


def test_each_length_is_measured_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, 50_000_000, 50_000_000)
    monkeypatch.setattr("attention_np.bench.timing.LEAST_SECONDS", 1e-6)
    result = bench_memory((32, 64), 1, lambda _: None)
    assert [each.length for each in result.lengths] == [32, 64]
    assert all(0 < each.extra_bytes < 50_000_000 for each in result.lengths)
    assert result.figures() == {}


def test_the_longest_input_has_figures_with_bars(results: Results) -> None:
    assert results.memory is not None
    assert results.memory.figures() == {
        "extra memory at 16,384 tokens, MiB": 32.0,
        "exponent of extra memory": 1.0,
    }


def test_a_process_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CHILD", "raise RuntimeError('no room')")
    with pytest.raises(MemoryError, match="64 tokens: the measuring process failed: RuntimeError: no room$"):
        bench_memory((64, 128), 1, lambda _: None)
