"""Attention's contenders compute the same, are refused where they do not, and are counted as they work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_np.bench import attention as bench
from attention_np.bench.attention import JUDGED, Shape, bench_attention
from attention_np.bench.attention_contenders import Inputs, hips_autograd, ours, torch_eager, torch_fused
from attention_np.bench.floor import attention_bytes, attention_operations, bare_products
from attention_np.bench.peers import Disagreement, Peers, require_equal
from attention_np.bench.suite import Results

SHAPE = Shape(2, 5, 7, 4)


def inputs(shape: Shape = SHAPE) -> Inputs:
    rng = np.random.default_rng(1)
    batch, targets, sources, width = shape
    sizes = ((batch, targets, width), (batch, targets, width), (batch, sources, width), (batch, sources, width))
    return Inputs(*(rng.standard_normal(size, np.float32) for size in sizes))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads the times."""
    monkeypatch.setattr(bench, "peak_gflops", lambda: 100.0)
    monkeypatch.setattr("attention_np.bench.timing.LEAST_SECONDS", 1e-6)
    monkeypatch.setattr("attention_np.bench.timing.PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize("program", [torch_eager, torch_fused])
def test_pytorch_computes_what_we_compute_and_keeps_its_dtype(program: Any) -> None:
    torch = pytest.importorskip("torch")
    theirs = program(torch, inputs())()
    assert {array.dtype for array in theirs} == {np.dtype(np.float32)}
    require_equal(program.__name__, "here", ours(inputs())()._asdict(), theirs._asdict())


def test_autograd_computes_what_we_compute_and_keeps_its_dtype() -> None:
    pytest.importorskip("autograd")
    theirs = hips_autograd(inputs())()
    assert {array.dtype for array in theirs} == {np.dtype(np.float32)}
    require_equal("autograd", "here", ours(inputs())()._asdict(), theirs._asdict())


def test_without_peers_the_floor_is_left() -> None:
    said: list[str] = []
    result = bench_attention((SHAPE,), 2, Peers(None, None), said.append)
    (row,) = result.shapes
    assert set(row.seconds) == {"ours", "matrix products"} and set(row.ratios) == {"matrix products"}
    assert row.ratios["matrix products"].median > 0
    assert any(str(SHAPE) in text for text in said)


def test_no_matrix_product_goes_above_the_roof(monkeypatch: pytest.MonkeyPatch) -> None:
    before_and_after = iter([3e-9, 7e-9])
    monkeypatch.setattr(bench, "peak_gflops", lambda: next(before_and_after))
    result = bench_attention((SHAPE,), 1, Peers(None, None), lambda _: None)
    assert result.peak_gflops == result.shapes[0].gflops["matrix products"] > 7e-9


def test_a_peer_with_a_wrong_gradient_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets_the_softmax(given: Inputs) -> Any:
        right = ours(given)()
        return lambda: right._replace(d_keys=right.d_keys * 2)

    monkeypatch.setattr(bench, "hips_autograd", forgets_the_softmax)
    with pytest.raises(Disagreement, match=r"HIPS autograd at \(2, 5, 7, 4\): d_keys is off"):
        bench_attention((SHAPE,), 1, Peers(None, object()), lambda _: None)


def test_the_floor_makes_six_products_of_the_right_size(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(left: Any, right: Any, out: Any) -> None:
        assert out.shape == (left @ right).shape
        made.append(2 * out.size * left.shape[-1])

    products = bare_products(*inputs())
    monkeypatch.setattr(np, "matmul", counted)
    products()
    assert len(made) == 6 and sum(made) == attention_operations(*SHAPE)


def test_bytes_are_those_of_inputs_and_results() -> None:
    outcome = ours(inputs())()
    assert attention_bytes(*SHAPE) == sum(array.nbytes for array in (*inputs(), *outcome))


def test_rates_are_necessary_operations_over_time(results: Results) -> None:
    assert results.attention is not None
    row = results.attention.shapes[3]
    work = 12 * np.prod(row.shape, dtype=float) / 1e9
    assert row.gflops["ours"] == pytest.approx(work / row.seconds["ours"])


def test_means_are_over_the_judged_shapes_alone_and_the_worst_is_named(results: Results) -> None:
    assert results.attention is not None
    figures = results.attention.figures()
    assert figures["attention / PyTorch eager, geometric mean"] == pytest.approx(0.8)
    assert figures["attention / PyTorch eager, worst shape"] == pytest.approx(1.6)
    assert figures["attention / matrix products, geometric mean"] == pytest.approx(2.5)


def test_there_is_no_mean_where_a_judged_shape_was_left_out(results: Results) -> None:
    assert results.attention is not None
    fewer = bench.AttentionResult(results.attention.shapes[: len(JUDGED)], 100.0)
    assert fewer.figures() == {}
