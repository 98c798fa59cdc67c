from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from attention_np.tasks.rouge import METRICS, USE_STEMMER, rouge_scores

PREDICTIONS = ["Return the sums of arrays", "", "Opening a file", "the cat sat", "12 naïve-looking values!"]
REFERENCES = [
    "Returns the sum of two array elements.",
    "Nothing here.",
    "Open ``a`` file",
    "sat the cat",
    "...",
]


def test_scores_are_those_of_the_rouge_package_in_percent() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(METRICS), use_stemmer=USE_STEMMER)
    scores = rouge_scores(PREDICTIONS, REFERENCES)
    for position, (prediction, reference) in enumerate(zip(PREDICTIONS, REFERENCES, strict=True)):
        expected = scorer.score(reference, prediction)
        for metric in METRICS:
            assert scores[metric][position] == pytest.approx(100 * expected[metric].fmeasure, abs=1e-12)


def test_words_pairs_and_order_count_as_they_should() -> None:
    scores = rouge_scores(["the cat sat", "opened a file"], ["sat the cat", "Opens a file."])
    np.testing.assert_allclose(scores["rouge1"], [100, 100])
    np.testing.assert_allclose(scores["rouge2"], [50, 100])
    np.testing.assert_allclose(scores["rougeL"], [200 / 3, 100])


def test_only_the_metrics_asked_for_are_computed() -> None:
    assert list(rouge_scores(["a file"], ["a file"], metrics=("rougeL",))) == ["rougeL"]


def test_a_prediction_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="predictions: expected one for each of the 5 references, got 4"):
        rouge_scores(PREDICTIONS[:-1], REFERENCES)


def test_without_the_rouge_package_the_message_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['rouge_score'] = None\n"
        "from attention_np.tasks.rouge import rouge_scores\n"
        "rouge_scores(['a'], ['b'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "pip install 'attention-np[tasks]'" in result.stderr
