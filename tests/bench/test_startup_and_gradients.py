"""Importing in fresh processes, and checking the gradients of whole models."""

from __future__ import annotations

from typing import Any

import pytest

from attention_np.bench import gradients, startup
from attention_np.bench.gradients import bench_gradcheck
from attention_np.bench.peers import Disagreement
from attention_np.bench.startup import bench_startup
from attention_np.layers import Layer, Linear


def test_importing_the_package_takes_at_least_most_of_what_numpy_takes() -> None:
    result = bench_startup(2, lambda _: None)
    assert result.numpy > 0
    assert result.ratio.median > 0.8


def test_an_import_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "MODULES", ("no_such_module", "numpy"))
    with pytest.raises(ImportError, match="import no_such_module failed in a fresh process: ModuleNotFoundError"):
        bench_startup(1, lambda _: None)


def test_a_wrong_gradient_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubling(Layer):
        def __init__(self, rng: Any) -> None:
            self.linear = Linear(5, 2, rng=rng)

        def __call__(self, inputs: Any) -> Any:
            outputs, backward = self.linear(inputs)
            return outputs, lambda d_outputs: backward(2 * d_outputs)

    monkeypatch.setattr(gradients, "article_model", Doubling)
    monkeypatch.setattr(gradients, "article_batch", lambda rng: (rng.normal(size=(4, 5)), None))
    with pytest.raises(Disagreement, match="the article's model: check_gradients found a wrong gradient"):
        bench_gradcheck(1, lambda _: None)
