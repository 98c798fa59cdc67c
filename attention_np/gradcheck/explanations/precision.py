"""Right to a few digits: single precision, or finite differences, inside the backward pass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..evidence import Evidence, Explanation, enough

ROUGHEST = 1e-3
"""Beyond this relative error a result is wrong, not imprecise."""


def imprecise(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Small errors in many entries, without a pattern."""
    if not enough(wrong):
        return
    errors = [np.abs(evidence.given - evidence.expected)[evidence.judged] for evidence in wrong]
    scales = [np.abs(evidence.expected).max() for evidence in wrong]
    worst = max(float(error.max() / scale) for error, scale in zip(errors, scales, strict=True))
    spread = all(np.count_nonzero(error > 0) > error.size // 3 for error in errors)
    single, half = (all(_is_of(evidence, dtype) for evidence in wrong) for dtype in (np.float32, np.float16))
    if worst < ROUGHEST and spread or single or half:
        cause = "the rest looks like rounding or a difference quotient"
        if single or half:
            cause = f"every number is one of {'half' if half else 'single'} precision"
        yield Explanation(
            "imprecise",
            f"right to about {-np.log10(worst):.0f} digits (worst relative error {worst:.1e}); {cause}.",
            "Does something pass through float32? Or is the derivative approximated, where the formula would be exact?",
        )


def _is_of(evidence: Evidence, dtype: type) -> bool:
    """Whether a result differs from the true one by no more than the rounding to a dtype, and is so rounded."""
    rounding = float(np.finfo(dtype).eps) * np.abs(evidence.expected).max()
    close = np.abs(evidence.given - evidence.expected) <= 100 * rounding
    return bool(np.array_equal(evidence.given, evidence.given.astype(dtype)) and np.all(close | ~evidence.judged))
