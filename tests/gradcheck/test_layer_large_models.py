"""A model of a million parameters: few forward passes, and a planted mistake is found in it."""

from __future__ import annotations

import time

import numpy as np
import pytest

from attention_np.models.summarizer import Summarizer, SummaryBatch

from .layer_checks import check, wrong_names
from .planted import spoil, times


def summariser_of_a_million(seed=0, width=96, vocabulary=10_000):
    model = Summarizer(vocabulary, vocabulary - 500, width=width, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(1)
    source, targets = rng.integers(4, vocabulary + 10, (3, 9)), rng.integers(4, vocabulary - 500, (3, 6))
    targets[:, 3:5] = source[:, :2]
    inputs = np.concatenate([np.full((3, 1), 2), np.where(targets < vocabulary, targets, 1)[:, :-1]], axis=1)
    batch = SummaryBatch(
        source=np.where(source < vocabulary, source, 1), mask=np.ones(source.shape, bool), inputs=inputs,
        targets=targets, padding=0, extended_source=source, unknown=1,
    )  # fmt: skip
    assert sum(parameter.value.size for parameter in model.parameters()) > 1_000_000
    return model, batch


def test_a_million_parameters_take_few_forward_passes_and_are_right():
    model, batch = summariser_of_a_million()
    before = time.perf_counter()
    report = check(model, batch)
    seconds = time.perf_counter() - before
    report.raise_if_failed()
    assert max(report.errors.values()) < 1e-5
    assert seconds < 20


def test_one_wrong_entry_of_a_million_is_found():
    model, batch = summariser_of_a_million()
    place = 77, 31
    spoil(model.decoder.key, {"weight": times(1.5, *place)})
    report = check(model, batch)
    assert wrong_names(report) == ["decoder.key.weight"]
    row = next(row for row in report.comparisons if row.verdict == "wrong")
    assert row.worst.index == place
    assert row.worst.given == pytest.approx(1.5 * row.worst.expected, rel=1e-6)
    assert "row 77 and column 31" in report.diagnoses[0].message


def test_a_gate_of_a_large_model_is_named_by_its_columns():
    model, batch = summariser_of_a_million()
    spoil(model.decoder.recurrent, {"input_weight": times(-1, slice(None), slice(0, 96))})
    (found,) = check(model, batch).diagnoses
    assert (found.code, found.input) == ("sign-flipped", "decoder.recurrent.input_weight")
    assert "columns 0–95" in found.message
