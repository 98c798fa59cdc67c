"""The table: mean and spread over seeds, beside the paper's figures, and differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..bootstrap import Interval
from .paper import WHOLE_SPLIT, reported
from .runs import Outcome, Run

_LEVEL = 0.95


@dataclass(frozen=True)
class Row:
    """The runs of one split, cell and variant, in shares of commands carried out exactly.

    Attributes
    ----------
    seeds : int
        How many are done.
    mean, lowest, highest : float
    spread : float
        The standard deviation over the seeds; NaN for one alone.
    paper : str
        What the paper reports.
    """

    split: str
    cell: str
    variant: str
    seeds: int
    mean: float
    spread: float
    lowest: float
    highest: float
    paper: str


@dataclass(frozen=True)
class Difference:
    """Cosine minus additive on one split with one cell, paired by seed; `interval` is Student's, at 95 %."""

    split: str
    cell: str
    seeds: int
    interval: Interval


def rows_of(outcomes: Mapping[Run, Outcome]) -> list[Row]:
    """A row for each kind of run that was done at least once, in their order."""
    kinds = dict.fromkeys((run.split, run.cell, run.variant) for run in outcomes)
    rows = []
    for split, cell, variant in kinds:
        exact = [o.exact for run, o in outcomes.items() if (run.split, run.cell, run.variant) == (split, cell, variant)]
        spread = float(np.std(exact, ddof=1)) if len(exact) > 1 else math.nan
        paper = reported(split, cell, variant != "none")
        rows.append(Row(split, cell, variant, len(exact), float(np.mean(exact)), spread, min(exact), max(exact), paper))
    return rows


def differences_of(outcomes: Mapping[Run, Outcome]) -> list[Difference]:
    """Cosine with learned sharpness minus additive, where at least two seeds have both."""
    differences = []
    for split, cell in dict.fromkeys((run.split, run.cell) for run in outcomes):
        by_seed = [
            {run.seed: o.exact for run, o in outcomes.items() if (run.split, run.cell, run.variant) == (split, cell, v)}
            for v in ("cosine", "additive")
        ]
        both = sorted(by_seed[0].keys() & by_seed[1].keys())
        if len(both) > 1:
            pairs = [by_seed[0][seed] - by_seed[1][seed] for seed in both]
            differences.append(Difference(split, cell, len(both), student_interval(pairs)))
    return differences


def student_interval(values: Sequence[float]) -> Interval:
    r"""The mean of a few values with its 95 % interval, :math:`\bar x \pm t\, s / \sqrt n` (Student 1908).

    The seeds are few, and a bootstrap of five values gives intervals that are too narrow.
    """
    mean = float(np.mean(values))
    half = _student_quantile(len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def _student_quantile(freedom: int) -> float:
    """t that a Student variable stays below in 97.5 % of cases.

    With t = √ν tan θ the density of θ is proportional to cos^(ν−1) θ on (−π/2, π/2), which is summed here.
    """
    angles = np.linspace(0, math.pi / 2, 200_001)
    heights = np.cos(angles) ** (freedom - 1)
    area = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    return math.sqrt(freedom) * math.tan(float(np.interp(_LEVEL, area / area[-1], angles)))


def table_lines(outcomes: Mapping[Run, Outcome], planned: int) -> list[str]:
    """The table as text, whether all runs are done or some."""
    lines = [f"{len(outcomes)} of {planned} runs; % of the test commands carried out exactly, over the seeds:"]
    for split in dict.fromkeys(run.split for run in outcomes):
        lines += ["", f"{split} (the paper: {WHOLE_SPLIT[split]})"]
        lines.append(f"  {'cell':<7}{'attention':<17}{'seeds':>5}{'mean':>8}{'spread':>8}{'range':>14}   paper")
        lines += [_row_line(row) for row in rows_of(outcomes) if row.split == split]
        for difference in differences_of(outcomes):
            if difference.split == split:
                mean, low, high = (100 * value for value in difference.interval)
                lines.append(
                    f"  {difference.cell}: cosine minus additive {mean:+.1f} [{low:+.1f}, {high:+.1f}], "
                    f"{difference.seeds} paired seeds, 95 % interval"
                )
    return lines


def table_as_dict(outcomes: Mapping[Run, Outcome], planned: int) -> dict[str, Any]:
    """The table as JSON can say it."""
    rows = [{**asdict(row), "spread": None if math.isnan(row.spread) else row.spread} for row in rows_of(outcomes)]
    differences = [
        {"split": d.split, "cell": d.cell, "seeds": d.seeds, **d.interval._asdict()} for d in differences_of(outcomes)
    ]
    return {"runs": len(outcomes), "planned": planned, "rows": rows, "cosine minus additive": differences}


def _row_line(row: Row) -> str:
    spread = "-" if math.isnan(row.spread) else f"{100 * row.spread:.1f}"
    span = f"{100 * row.lowest:.1f}-{100 * row.highest:.1f}"
    cells = f"  {row.cell:<7}{row.variant:<17}{row.seeds:>5}{100 * row.mean:>8.1f}{spread:>8}{span:>14}"
    return f"{cells}   {row.paper}"
