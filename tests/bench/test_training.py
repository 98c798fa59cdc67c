"""The twins in PyTorch learn what our models learn; one that does not is refused."""

from __future__ import annotations

from typing import Any

import pytest

from attention_np.bench import training
from attention_np.bench.peers import Disagreement, Peers
from attention_np.bench.training import (
    Pair,
    article_pair,
    require_equal_losses,
    summarizer_pair,
    time_pair,
    transformer_pair,
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads the times."""
    monkeypatch.setattr("attention_np.bench.timing.LEAST_SECONDS", 1e-6)


@pytest.mark.parametrize("make", [article_pair, summarizer_pair, transformer_pair])
def test_the_twin_has_our_losses_over_several_steps(make: Any) -> None:
    pair = make(Peers(pytest.importorskip("torch"), None))
    require_equal_losses(pair, pair.twin)


def test_the_summarisers_twin_drops_as_much_as_ours_when_it_is_timed() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    pair = summarizer_pair(Peers(torch, None))
    assert pair.twin is not None
    with pair.without_dropout():
        quiet = pair.ours(), pair.twin()
    noisy = pair.ours(), pair.twin()
    assert quiet[0] == pytest.approx(quiet[1], abs=1e-4)
    assert abs(noisy[0] - noisy[1]) > 1e-3


def test_without_pytorch_our_step_is_timed_alone() -> None:
    result = time_pair(article_pair(Peers(None, None)), 1)
    assert result.ours > 0 and result.pytorch is None and result.ratio is None
    assert result.parameters == 5_000 * 128 + 128 * 128 + 128 * 5_000 + 5_000
    assert training.TrainingResult((result,)).figures() == {}


@pytest.mark.parametrize("step", [1, 3])
def test_a_twin_whose_loss_departs_is_refused_and_not_timed(step: int) -> None:
    timed: list[float] = []
    losses = iter([2.0, 1.5, 1.2])
    theirs = [2.0, 1.5, 1.2]
    theirs[step - 1] += 2e-4
    others = iter(theirs)

    def twin() -> float:
        timed.append(0.0)
        return next(others)

    pair = Pair("a model", 7, lambda: next(losses), twin)
    with pytest.raises(Disagreement, match=f"a model: at step {step} our loss is"):
        time_pair(pair, 1)
    assert len(timed) == step
