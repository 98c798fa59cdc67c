"""Results as a run gives them, without a run."""

from __future__ import annotations

from typing import Any

import pytest

from attention_np.bench.attention import JUDGED, SHORTEST, AttentionResult, ShapeResult
from attention_np.bench.gradients import CheckResult, GradcheckResult
from attention_np.bench.growth import AxisGrowth, GrowthResult
from attention_np.bench.memory import LengthResult, MemoryResult
from attention_np.bench.peers import Skipped
from attention_np.bench.processes import ProcessesResult
from attention_np.bench.startup import StartupResult
from attention_np.bench.subjects import ARTICLE, SUMMARIZER, TRANSFORMER
from attention_np.bench.suite import Results
from attention_np.bench.timing import Ratio
from attention_np.bench.training import StepResult, TrainingResult

PEERS = {"PyTorch eager": 0.8, "PyTorch fused": 1.25, "HIPS autograd": 0.2, "matrix products": 2.5}
MACHINE = {
    "cores": 2,
    "threads": 2,
    "blas_threads_set": True,
    "neighbours": 0.01,
    "python": "3.12.1",
    "numpy": "2.4.0",
    "blas": "a-blas 1.0",
    "torch": "2.9.0",
    "autograd": "1.8.0",
}


def shape_result(shape: Any, factor: float = 1.0) -> ShapeResult:
    seconds = {"ours": 0.02, **{name: 0.02 / (factor * value) for name, value in PEERS.items()}}
    ratios = {n: Ratio(factor * v, 0.9 * factor * v, 1.1 * factor * v) for n, v in PEERS.items()}
    return ShapeResult(shape, seconds, ratios, "floor, BLAS threads: 1")


@pytest.fixture
def results() -> Results:
    """A full run. Over the five judged shapes our ratios lie a factor 1/2, 1, 1, 1, 2 from those of PEERS."""
    factors = dict(zip(JUDGED, (0.5, 1.0, 1.0, 1.0, 2.0), strict=True))
    shapes = (shape_result(SHORTEST, 50.0), *(shape_result(shape, factor) for shape, factor in factors.items()))
    return Results(
        MACHINE,
        False,
        [],
        AttentionResult(shapes, 100.0),
        TrainingResult(
            (
                StepResult(ARTICLE, 1_301_384, 0.006, 0.01, Ratio(0.6, 0.55, 0.65)),
                StepResult(SUMMARIZER, 1_283_502, 0.11, 0.1, Ratio(1.1, 1.0, 1.2)),
                StepResult(TRANSFORMER, 806_160, 0.2, 0.4, Ratio(0.5, 0.45, 0.55)),
            )
        ),
        MemoryResult(64, (LengthResult(1_024, 0.004, 2**21), LengthResult(16_384, 1.024, 2**25)), 2.0, 1.0),
        StartupResult(0.11, 0.1, Ratio(1.1, 1.05, 1.15)),
        GradcheckResult((CheckResult(ARTICLE, 1_301_384, 0.25),)),
        GrowthResult((AxisGrowth("width", (64, 128), (0.01, 0.04), (2**20, 1_482_910), 2.0, 0.5),)),
        ProcessesResult(SUMMARIZER, 2, 0.2, 0.125, 0.22, 0.01, Ratio(0.8, 0.75, 0.85), Ratio(0.91, 0.9, 0.92)),
    )


@pytest.fixture
def without_peers() -> Results:
    """A run where neither peer is installed."""
    bare = shape_result(SHORTEST)
    shape = ShapeResult(
        bare.shape,
        {name: bare.seconds[name] for name in ("ours", "matrix products")},
        {"matrix products": bare.ratios["matrix products"]},
        bare.floor,
    )
    return Results(
        {**MACHINE, "torch": None, "autograd": None},
        True,
        [Skipped("PyTorch", "pip install torch"), Skipped("HIPS autograd", "pip install autograd")],
        AttentionResult((shape,), 100.0),
        TrainingResult((StepResult(ARTICLE, 1_301_384, 0.006, None, None),)),
    )
