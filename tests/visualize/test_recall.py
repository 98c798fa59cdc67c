"""The picture of the ceiling: what is measured lies where it was measured, and all text can be read."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.recall.bounds import ceiling_of_all, ceiling_of_one
from attention_np.tasks.recall.experiment import RecallScore
from attention_np.visualize.recall import recall_figure

from .pictures import assert_every_text_can_be_read

KEYS = (8, 32, 256)


def rows(weight):
    return [
        RecallScore(n, 1.0, 0.9 - n / 400, weight(n), weight(n), None, None, 0.3 - n / 1000) for n in KEYS
    ]  # fmt: skip


@pytest.fixture(scope="module")
def axes():
    scores = {"cosine, β = 1": rows(lambda n: 0.98 * ceiling_of_all(n, 1)), "dot": rows(lambda n: 0.99)}
    return recall_figure(scores).axes


def line(ax, label):
    (found,) = [each for each in ax.get_lines() if each.get_label() == label]
    return found


def test_points_are_what_was_measured(axes):
    weight, accuracy = axes
    np.testing.assert_allclose(line(weight, "cosine, β = 1").get_xdata(), KEYS)
    np.testing.assert_allclose(
        line(weight, "cosine, β = 1").get_ydata(), [0.98 * ceiling_of_all(n, 1) for n in KEYS]
    )
    np.testing.assert_allclose(line(accuracy, "dot").get_ydata(), [0.9 - n / 400 for n in KEYS])


def test_lines_are_the_ceilings_at_sharpness_one(axes):
    for label, ceiling in (
        ("ceiling at β = 1: one key for one query", ceiling_of_one),
        ("ceiling at β = 1: every key retrievable", ceiling_of_all),
    ):
        drawn = line(axes[0], label)
        assert drawn.get_linestyle() in ("-", "--")
        np.testing.assert_allclose(drawn.get_ydata(), [ceiling(n, 1) for n in drawn.get_xdata()])


def test_every_text_can_be_read(axes):
    assert_every_text_can_be_read(np.array(axes))


@pytest.mark.parametrize("scores", [{}, {"dot": []}, {str(n): rows(lambda n: 0.5) for n in range(5)}])
def test_too_few_or_too_many_models_are_refused(scores):
    with pytest.raises(ValueError, match="scores: expected 1 to 4 models with a score each"):
        recall_figure(scores)
