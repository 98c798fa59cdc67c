"""A value that is used several times: its gradient is a sum over its uses, each of which may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...functional._checks import Array
from ..diagnosis import Diagnosis
from ..evidence import Evidence


class Path(NamedTuple):
    """One use of a value, and the gradient that comes back by it."""

    step: str
    gradient: Array


def wrong_paths(evidence: Evidence, paths: list[Path]) -> Iterator[Diagnosis]:
    """The uses whose gradient is missing, has the wrong sign, or is added twice."""
    if evidence.right or evidence.given.shape != evidence.expected.shape:
        return
    basis = np.stack([path.gradient.ravel() for path in paths], axis=1)
    found, _, rank, _ = np.linalg.lstsq(basis, evidence.given.ravel(), rcond=1e-10)
    if rank < len(paths) or not evidence.agrees((basis @ found).reshape(evidence.expected.shape)):
        return
    hint = "The value is used in several places, and its gradients add: which line adds them up?"
    for path, weight in zip(paths, found, strict=True):
        where = f"the gradient that comes back through {path.step!r}"
        if abs(weight) < 1e-6:
            code = "overwritten" if sum(np.abs(found) > 1e-6) == 1 else "dropped-term"
            yield Diagnosis(code, evidence.name, f"{where} is missing.", hint)
        elif abs(weight + 1) < 1e-6:
            yield Diagnosis("sign-flipped", evidence.name, f"{where} has the wrong sign.", hint)
        elif abs(weight - 2) < 1e-6:
            yield Diagnosis("counted-twice", evidence.name, f"{where} is added twice.", hint)
        elif abs(weight - 1) > 1e-6:
            yield Diagnosis("constant-factor", evidence.name, f"{where} is multiplied by {weight:.4g}.", hint)
