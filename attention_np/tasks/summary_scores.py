"""The summaries of a model against baselines on the same texts, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .baselines import baselines
from .bootstrap import Interval, bootstrap_mean, paired_bootstrap
from .cleaning import Pair
from .rouge import FloatArray, rouge_scores
from .splits import Dataset
from .vocabulary import join_words

MODEL = "the model"
_NAMES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
# The resampling has a seed of its own: the same summaries have the same intervals.
_BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class SystemScore:
    """A system's mean F1 of each metric (ROUGE-1, ROUGE-2, ROUGE-L), between 0 and 100, with 95 % intervals."""

    name: str
    intervals: dict[str, Interval]


@dataclass(frozen=True)
class SummaryScores:
    """The model first, then every baseline.

    Attributes
    ----------
    rows : list of SystemScore
    differences : dict of str to Interval
        By baseline, the ROUGE-L of the model minus its own, paired.
    of_model : array (examples,)
        ROUGE-L of each of the model's summaries.
    texts : dict of str to list of str
        What each baseline wrote.
    """

    rows: list[SystemScore]
    differences: dict[str, Interval]
    of_model: FloatArray
    texts: dict[str, list[str]]

    def as_dict(self) -> dict[str, Any]:
        """Means and intervals, as JSON can say them."""
        return {
            "scores": {
                row.name: {metric: list(interval) for metric, interval in row.intervals.items()} for row in self.rows
            },
            "ROUGE-L above": {name: list(interval) for name, interval in self.differences.items()},
        }


def score_summaries(dataset: Dataset, summaries: Sequence[str], tested: Sequence[Pair] | None = None) -> SummaryScores:
    """Score a model's summaries, and every baseline, on the same texts in the same run.

    Parameters
    ----------
    dataset : Dataset
        What the baselines learn from and are chosen on.
    summaries : sequence of str
        The model's.
    tested : sequence of Pair, optional
        What was summarised; the test split unless given.
    """
    pairs = list(dataset.test if tested is None else tested)
    references = [pair.reference for pair in pairs]
    texts = {MODEL: list(summaries)}
    for baseline in baselines(dataset).values():
        texts[baseline.title] = [join_words(baseline.summarise(pair)) for pair in pairs]
    scores = {name: rouge_scores(written, references) for name, written in texts.items()}
    rng = np.random.default_rng(_BOOTSTRAP_SEED)
    rows = [
        SystemScore(name, {_NAMES[metric]: bootstrap_mean(values, rng) for metric, values in by_metric.items()})
        for name, by_metric in scores.items()
    ]
    of_model = scores[MODEL]["rougeL"]
    differences = {
        name: paired_bootstrap(of_model, by_metric["rougeL"], rng)
        for name, by_metric in scores.items()
        if name != MODEL
    }
    del texts[MODEL]
    return SummaryScores(rows, differences, of_model, texts)
