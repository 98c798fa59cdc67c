"""A prediction opened for explanation: gradients against differences, leaving out against the model itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_np.models.command_model import CommandModel
from attention_np.models.explained import ExplainedPair
from attention_np.models.seq2seq import PairBatch, Seq2Seq
from attention_np.models.summarizer import Summarizer, SummaryBatch
from attention_np.models.transformer import Transformer, TransformerSettings
from attention_np.visualize import explain
from attention_np.visualize.explanations import mean_agreement

PAD = 0
SOURCE = np.array([[5, 3, 7, 4, 0]])
PAIR = PairBatch(
    source=SOURCE,
    mask=SOURCE != PAD,
    inputs=np.array([[1, 8, 9, 0]]),
    targets=np.array([[8, 9, 2, 0]]),
    padding=PAD,
)
SUMMARY = SummaryBatch(PAIR.source, PAIR.mask, PAIR.inputs, PAIR.targets, PAD, extended_source=SOURCE, unknown=11)


def subject(kind: str) -> tuple[Any, ExplainedPair, np.ndarray]:
    """A model, a prediction of it, and the table of its source's words."""
    rng = np.random.default_rng(4)
    options = {"width": 6, "rng": rng, "dtype": np.float64}
    if kind == "summarizer":
        model: Any = Summarizer(12, 10, dropout=0.3, **options)
        found = ExplainedPair(model, SUMMARY, "embedding"), model.embedding.weight.value
    elif kind == "transformer":
        settings = TransformerSettings(width=6, depth=2, heads=2, label_smoothing=0.1)
        model = Transformer(12, 10, settings, rng=rng, dtype=np.float64)
        found = ExplainedPair(model, PAIR, "source_words"), model.source_words.embedding.weight.value
    elif kind == "command":
        model = CommandModel(12, 10, cell="elman", score="additive", dropout=0.3, **options)
        found = ExplainedPair(model, PAIR, "embedding"), model.embedding.weight.value
    else:
        model = Seq2Seq(12, 10, score="cosine", dropout=0.3, **options)
        found = ExplainedPair(model, PAIR), model.source_embedding.weight.value
    model.eval()
    return model, *found


@pytest.mark.parametrize("kind", ["seq2seq", "command"])
def test_gradient_times_input_is_the_slope_in_a_words_length(kind: str) -> None:
    model, explained, table = subject(kind)
    found = explained.gradient_times_input()
    assert found.shape == (3, 4)
    everything = np.ones(4, bool)
    step = 1e-5
    for place, word in enumerate(SOURCE[0, :4]):
        kept = table[word].copy()
        slopes = []
        for sign in (1, -1):
            table[word] = kept * (1 + sign * step)
            slopes.append(explained.log_probabilities(everything))
            table[word] = kept
        numerical = (slopes[0] - slopes[1]) / (2 * step)
        np.testing.assert_allclose(found[:, place], numerical, atol=1e-8 * max(1, np.abs(found).max()))
    assert all(not parameter.grad.any() for _, parameter in model.named_parameters())


@pytest.mark.parametrize("kind", ["summarizer", "transformer"])
def test_where_one_table_has_two_uses_only_the_source_is_explained(kind: str) -> None:
    model, explained, _ = subject(kind)
    found = explained.gradient_times_input()
    assert found.shape == (3, 4) and np.isfinite(found).all() and np.abs(found).min(axis=-1).all()
    assert all(not parameter.grad.any() for _, parameter in model.named_parameters())


def test_log_probabilities_are_those_of_the_whole_loss() -> None:
    for kind in ("seq2seq", "command", "summarizer", "transformer"):
        model, explained, _ = subject(kind)
        batch = explained.batch
        loss, _ = model(batch)
        np.testing.assert_allclose(-explained.log_probabilities(np.ones(4, bool)).mean(), loss, rtol=1e-12)


@pytest.mark.parametrize("kind", ["seq2seq", "command", "summarizer", "transformer"])
def test_leaving_out_is_what_a_shorter_mask_does(kind: str) -> None:
    _, explained, _ = subject(kind)
    explanations = explain(explained)
    present = np.array([True, True, False, True])
    expected = explained.log_probabilities(np.ones(4, bool)) - explained.log_probabilities(present)
    np.testing.assert_allclose(explanations.leave_one_out[:, 2], expected, rtol=1e-12)
    assert np.abs(expected).max() > 1e-6
    np.testing.assert_allclose(explanations.attention.sum(axis=-1), 1)
    for share in explanations.shares().values():
        np.testing.assert_allclose(share.sum(axis=-1), 1)
    agreement = mean_agreement([explanations, explanations])
    assert len(agreement) == 3 and all(-1 <= value <= 1 for value in agreement.values())
    axes = explanations.plot(["a", "b", "c", "d"], ["x", "y", "z"])
    assert len(axes) == 3 and axes[1].get_title() == "gradient times input"


def test_a_model_without_attention_is_refused() -> None:
    model = Seq2Seq(12, 10, width=6, score=None, learn_scale=False, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="has no attention to explain"):
        ExplainedPair(model, PAIR).attention()
