"""What it takes to check every gradient of a model of a million parameters."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..gradcheck import check_gradients
from .peers import Disagreement
from .subjects import ARTICLE, SUMMARIZER, article_batch, article_model, summarizer, summary_batch
from .timing import median


@dataclass(frozen=True)
class CheckResult:
    """Median seconds of one check."""

    model: str
    parameters: int
    seconds: float


@dataclass(frozen=True)
class GradcheckResult:
    """A result for each model."""

    checks: tuple[CheckResult, ...]


def bench_gradcheck(rounds: int, say: Callable[[str], None]) -> GradcheckResult:
    """Check all gradients of both models, and time it.

    Raises
    ------
    Disagreement
        If a gradient is wrong.
    """
    rng = np.random.default_rng(0)
    ids, _ = article_batch(rng)
    models: dict[str, tuple[Any, Any]] = {
        ARTICLE: (article_model(rng), ids),
        SUMMARIZER: (summarizer(rng), summary_batch(rng)),
    }
    results = []
    for name, (model, batch) in models.items():
        say(f"gradcheck: {name}")
        seconds = []
        for _ in range(rounds):
            begin = time.perf_counter()
            report = check_gradients(model, batch, rng=rng)
            seconds.append(time.perf_counter() - begin)
            if not report.passed:
                raise Disagreement(f"{name}: check_gradients found a wrong gradient: {report.diagnoses[0].message}")
        parameters = sum(parameter.value.size for parameter in model.parameters())
        results.append(CheckResult(name, parameters, median(seconds)))
    return GradcheckResult(tuple(results))
