"""The table of the runs: mean, spread, the paper's figures and paired differences."""

from __future__ import annotations

import json
import math
from statistics import mean, stdev

import pytest

from attention_np.tasks.scan.runs import Outcome, Run
from attention_np.tasks.scan.table import differences_of, rows_of, student_interval, table_as_dict, table_lines

COSINE, ADDITIVE = [0.91, 0.87, 0.95, 0.90, 0.93], [0.80, 0.78, 0.90, 0.79, 0.70]


def runs(split: str, cell: str, variant: str, exact: list[float]) -> dict[Run, Outcome]:
    keys = [Run(split, cell, variant, seed) for seed in range(len(exact))]
    return {run: Outcome(run, share, {}) for run, share in zip(keys, exact, strict=True)}


WHOLE = (
    runs("simple", "elman", "cosine", COSINE)
    | runs("simple", "elman", "additive", ADDITIVE)
    | runs("simple", "elman", "none", [0.01])
    | runs("length", "gru", "cosine", [0.2])
)


def test_a_row_has_mean_spread_and_range_over_its_seeds_and_the_papers_figure() -> None:
    cosine, additive, none, length = rows_of(WHOLE)
    assert (cosine.seeds, cosine.lowest, cosine.highest) == (5, 0.87, 0.95)
    assert cosine.mean == pytest.approx(mean(COSINE)) and cosine.spread == pytest.approx(stdev(COSINE))
    assert additive.paper == "59.7 (18.4-94.0)"
    assert none.paper == "< 1.5" and math.isnan(none.spread)
    assert length.paper == "20.8"


@pytest.mark.parametrize(("seeds", "quantile"), [(2, 12.7062), (3, 4.3027), (5, 2.7764), (6, 2.5706), (31, 2.0423)])
def test_students_interval_has_the_published_quantiles(seeds: int, quantile: float) -> None:
    values = [math.sin(3 * index) for index in range(seeds)]
    found = student_interval(values)
    assert found.mean == pytest.approx(mean(values))
    half = quantile * stdev(values) / math.sqrt(seeds)
    assert (found.lower, found.upper) == pytest.approx((mean(values) - half, mean(values) + half), abs=1e-4)


def test_the_difference_is_paired_by_seed() -> None:
    (difference,) = differences_of(WHOLE)
    assert (difference.split, difference.cell, difference.seeds) == ("simple", "elman", 5)
    pairs = [first - second for first, second in zip(COSINE, ADDITIVE, strict=True)]
    assert difference.interval == student_interval(pairs)


def test_only_seeds_that_both_have_are_compared() -> None:
    part = runs("simple", "elman", "cosine", COSINE) | runs("simple", "elman", "additive", ADDITIVE[:3])
    (difference,) = differences_of(part)
    assert difference.seeds == 3
    assert differences_of(runs("simple", "elman", "cosine", COSINE)) == []


def test_a_part_of_the_table_can_be_printed() -> None:
    text = "\n".join(table_lines(WHOLE, 60))
    assert "12 of 60 runs" in text
    assert "cosine minus additive +11.8" in text
    assert table_lines({}, 60)[0].startswith("0 of 60 runs")


def test_the_table_is_json_also_where_a_spread_is_not_known() -> None:
    table = json.loads(json.dumps(table_as_dict(WHOLE, 60), allow_nan=False))
    assert [row["spread"] is None for row in table["rows"]] == [False, False, True, True]
    assert table["cosine minus additive"][0]["mean"] == pytest.approx(0.118)
