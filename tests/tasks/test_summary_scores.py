"""A model's summaries beside the baselines, on the same texts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from attention_np.tasks.baselines import baselines
from attention_np.tasks.rouge import rouge_scores
from attention_np.tasks.summary_scores import MODEL, score_summaries

from .copy_pairs import copy_dataset

DATA = copy_dataset(40, validation=8, test=12)
PERFECT = [pair.reference for pair in DATA.test]
# Two words of three or so in the wrong place.
POOR = [" ".join(reversed(pair.target)) for pair in DATA.test]


@pytest.fixture(scope="module")
def perfect():
    return score_summaries(DATA, PERFECT)


def test_the_references_themselves_score_a_hundred(perfect):
    row = perfect.rows[0]
    assert row.name == MODEL
    assert row.intervals["ROUGE-1"].mean == row.intervals["ROUGE-L"].mean == pytest.approx(100)
    assert perfect.of_model.tolist() == pytest.approx([100.0] * 12)


def test_the_model_comes_first_and_every_baseline_once(perfect):
    titles = [baseline.title for baseline in baselines(DATA).values()]
    assert [row.name for row in perfect.rows] == [MODEL, *titles]
    assert list(perfect.differences) == list(perfect.texts) == titles
    assert all(len(texts) == len(DATA.test) for texts in perfect.texts.values())


def test_a_difference_is_that_of_the_means_and_within_its_interval():
    scores = score_summaries(DATA, POOR)
    means = {row.name: row.intervals["ROUGE-L"].mean for row in scores.rows}
    for name, (mean, low, high) in scores.differences.items():
        assert mean == pytest.approx(means[MODEL] - means[name])
        assert low <= mean <= high
    assert means[MODEL] == pytest.approx(float(scores.of_model.mean()))
    expected = rouge_scores(POOR, PERFECT)["rougeL"]
    np.testing.assert_allclose(scores.of_model, expected)
    assert min(mean for mean, _, _ in scores.differences.values()) < 0


def test_the_same_summaries_have_the_same_intervals(perfect):
    assert score_summaries(DATA, PERFECT).as_dict() == perfect.as_dict()


def test_other_texts_than_the_test_split_can_be_scored(perfect):
    chosen = list(DATA.validation)
    scores = score_summaries(DATA, [pair.reference for pair in chosen], chosen)
    assert len(scores.of_model) == len(chosen) == 8
    assert scores.of_model.tolist() == pytest.approx([100.0] * 8)


def test_the_scores_can_be_said_in_json(perfect):
    said = json.loads(json.dumps(perfect.as_dict()))
    assert said["scores"][MODEL]["ROUGE-L"][0] == pytest.approx(100)
    assert set(said["ROUGE-L above"]) == set(perfect.differences)


def test_as_many_summaries_as_texts_are_needed():
    with pytest.raises(ValueError, match="11"):
        score_summaries(DATA, PERFECT[1:])
