"""Bootstrap intervals: how much a mean score, or a difference of two, would vary with other examples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
# A block of resamples is drawn at a time, so that memory stays at some megabytes for any number of examples.
_DRAWS_PER_BLOCK = 1_000_000


class Interval(NamedTuple):
    """A mean and the interval around it, in the unit of the scores."""

    mean: float
    lower: float
    upper: float


def bootstrap_mean(
    scores: npt.ArrayLike, rng: np.random.Generator, *, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """The mean of scores with its percentile bootstrap interval.

    `resamples` times n examples are drawn with replacement from the n that there are; the interval holds the
    middle `level` of the means so found (Efron and Tibshirani 1993, "An introduction to the bootstrap",
    chapter 13). It tells of the choice of test examples, not of the seed a model was trained with.

    Parameters
    ----------
    scores : array of shape (examples,)
    rng : numpy.random.Generator
    resamples : int
    level : float
        Strictly between 0 and 1.

    Raises
    ------
    ValueError
        If there are no scores, one is not finite, or `level` or `resamples` is out of range.
    """
    values = _checked("scores", scores)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: expected a share strictly between 0 and 1, got {level}")
    if resamples < 1:
        raise ValueError(f"resamples: expected at least 1, got {resamples}")
    examples = len(values)
    rows = max(1, _DRAWS_PER_BLOCK // examples)
    means = np.concatenate(
        [
            values[rng.integers(examples, size=(min(rows, resamples - start), examples))].mean(axis=1)
            for start in range(0, resamples, rows)
        ]
    )
    lower, upper = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(float(values.mean()), float(lower), float(upper))


def paired_bootstrap(
    scores: npt.ArrayLike,
    others: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> Interval:
    """The mean of ``scores - others``, two systems' scores on the same examples, with its bootstrap interval.

    Examples are drawn, and both systems are scored on those drawn: what makes an example hard for both
    cancels, and the interval is narrower than the two separate ones suggest (Koehn 2004, "Statistical
    significance tests for machine translation evaluation"). An interval above 0 says that the first system is
    better beyond the choice of examples.

    Raises
    ------
    ValueError
        If the two differ in length; otherwise as `bootstrap_mean`.
    """
    first, second = _checked("scores", scores), _checked("others", others)
    if first.shape != second.shape:
        raise ValueError(f"others: expected {len(first)} scores, one for each of scores, got {len(second)}")
    return bootstrap_mean(first - second, rng, resamples=resamples, level=level)


def _checked(name: str, scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name}: expected a non-empty array of shape (examples,), got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: expected finite scores, got {values[~np.isfinite(values)][0]} among them")
    return values
