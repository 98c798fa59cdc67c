"""What the tests of the check of layers share."""

from __future__ import annotations

import numpy as np

from attention_np.gradcheck.models.projections import check_layer


def check(layer, *inputs, names=None, seed=3):
    return check_layer(layer, inputs, names, np.random.default_rng(seed))


def verdicts(report):
    return {row.name: row.verdict for row in report.comparisons}


def assert_right(report, *names, error=1e-9):
    report.raise_if_failed()
    assert verdicts(report) == dict.fromkeys(names, "right")
    assert max(report.errors.values()) < error


def found(report):
    return [(diagnosis.code, diagnosis.input) for diagnosis in report.diagnoses]


def wrong_names(report):
    return [row.name for row in report.comparisons if row.verdict == "wrong"]
