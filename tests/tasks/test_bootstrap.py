from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.bootstrap import bootstrap_mean, paired_bootstrap


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_interval_of_a_mean_is_that_of_the_normal_law_for_many_examples() -> None:
    scores = rng(1).gamma(2.0, 10.0, size=900)
    interval = bootstrap_mean(scores, rng(), resamples=20_000, level=0.9)
    assert interval.mean == scores.mean()
    half_width = 1.6449 * scores.std() / np.sqrt(900)
    assert interval.upper - interval.mean == pytest.approx(half_width, rel=0.05)
    assert interval.mean - interval.lower == pytest.approx(half_width, rel=0.05)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = rng(2)
    hits = 0
    for _ in range(300):
        interval = bootstrap_mean(generator.normal(3.0, 2.0, size=60), generator, resamples=400, level=0.8)
        hits += interval.lower <= 3.0 <= interval.upper
    assert 0.72 < hits / 300 < 0.87


def test_pairing_sees_a_difference_that_two_separate_intervals_hide() -> None:
    hardness = rng(3).normal(30.0, 20.0, size=200)
    better = hardness + rng(4).normal(1.0, 2.0, size=200)
    first, second = bootstrap_mean(better, rng()), bootstrap_mean(hardness, rng())
    assert first.lower < second.upper, "separately they overlap"
    difference = paired_bootstrap(better, hardness, rng())
    assert difference.lower > 0.5
    assert difference.mean == pytest.approx(first.mean - second.mean)


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    scores = rng(5).normal(size=80)
    assert bootstrap_mean(scores, rng(6)) == bootstrap_mean(scores, rng(6))
    assert bootstrap_mean(scores, rng(6)) != bootstrap_mean(scores, rng(7))


def test_more_examples_than_a_block_holds_are_resampled_as_often() -> None:
    scores = np.arange(1_200_000) % 7.0
    interval = bootstrap_mean(scores, rng(), resamples=5)
    assert interval.lower < interval.upper
    assert interval.upper - interval.lower < 0.02


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ([], {}, "scores: expected a non-empty array"),
        ([[1.0, 2.0]], {}, r"got shape \(1, 2\)"),
        ([1.0, np.nan], {}, "expected finite scores, got nan"),
        ([1.0, 2.0], {"level": 95}, "level: expected a share strictly between 0 and 1, got 95"),
        ([1.0, 2.0], {"resamples": 0}, "resamples: expected at least 1, got 0"),
    ],
)
def test_impossible_arguments_are_refused_by_name(
    scores: list[float], options: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_mean(scores, rng(), **options)


def test_scores_of_different_examples_are_not_paired() -> None:
    with pytest.raises(ValueError, match="others: expected 3 scores, one for each of scores, got 2"):
        paired_bootstrap([1.0, 2.0, 3.0], [1.0, 2.0], rng())
