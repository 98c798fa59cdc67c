"""Right to a few digits: single precision, or finite differences, inside the backward pass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..evidence import Evidence, Explanation

ROUGHEST = 1e-4
"""Beyond this relative error a result is wrong, not imprecise."""


def imprecise(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Small errors in many entries, without a pattern."""
    if not all(evidence.comparable for evidence in wrong):
        return
    errors = [np.abs(evidence.given - evidence.expected)[evidence.judged] for evidence in wrong]
    scales = [np.abs(evidence.expected).max() for evidence in wrong]
    worst = max(float(error.max() / scale) for error, scale in zip(errors, scales, strict=True))
    spread = all(np.count_nonzero(error > 0) > error.size // 3 for error in errors)
    if worst < ROUGHEST and spread:
        single = all(np.array_equal(evidence.given, evidence.given.astype(np.float32)) for evidence in wrong)
        cause = "every number is one of single precision" if single else "the rest looks like rounding or a difference quotient"
        yield Explanation(
            "imprecise",
            f"right to about {-np.log10(worst):.0f} digits (worst relative error {worst:.1e}); {cause}.",
            "Does something pass through float32? Or is the derivative approximated, where the formula would be exact?",
        )
