"""ROUGE-1, ROUGE-2 and ROUGE-L: the words, word pairs and words in order that two summaries share.

ROUGE measures overlap with one reference by one author, not truth or fluency; differences between systems on
the same examples say more than the figures themselves (Lin 2004, "ROUGE: a package for automatic evaluation
of summaries").
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]

METRICS = ("rouge1", "rouge2", "rougeL")
USE_STEMMER = True
"""Porter's stemmer makes "returns" and "returned" equal to "return", as the package's own examples do."""


def rouge_scores(
    predictions: Sequence[str], references: Sequence[str], metrics: Sequence[str] = METRICS
) -> dict[str, FloatArray]:
    """F1 of ROUGE-1, ROUGE-2 and ROUGE-L for each example, between 0 and 100.

    The scores are those of the ``rouge-score`` package, with stemming (`USE_STEMMER`): texts are lower-cased,
    everything but the letters a to z and digits separates words. A text without any word has score 0.

    Parameters
    ----------
    predictions, references : sequences of str
        As many of one as of the other.
    metrics : sequence of str
        Of the names in `METRICS`, those to compute.

    Returns
    -------
    dict
        For each metric a float64 array of shape (examples,).

    Raises
    ------
    ValueError
        If there are not as many predictions as references.
    ModuleNotFoundError
        If the package ``rouge-score`` is not installed; the message names the extra that brings it.
    """
    if len(predictions) != len(references):
        raise ValueError(
            f"predictions: expected one for each of the {len(references)} references, got {len(predictions)}"
        )
    scorer = _scorer(tuple(metrics))
    scores = [scorer.score(reference, text) for reference, text in zip(references, predictions, strict=True)]
    return {metric: np.array([100.0 * score[metric].fmeasure for score in scores]) for metric in metrics}


@functools.cache
def _scorer(metrics: tuple[str, ...]) -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
        from rouge_score.tokenizers import DefaultTokenizer
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"ROUGE needs the package rouge-score ({missing}): pip install 'attention-np[tasks]'",
            name=missing.name,
        ) from missing

    # Stemming takes nine tenths of the time, and the same few thousand words come again and again.
    split_only = DefaultTokenizer(use_stemmer=False).tokenize
    stem = functools.cache(DefaultTokenizer(use_stemmer=USE_STEMMER).tokenize)

    def tokenize(text: str) -> list[str]:
        return [stemmed for word in split_only(text) for stemmed in stem(word)]

    return RougeScorer(list(metrics), tokenizer=SimpleNamespace(tokenize=tokenize))
