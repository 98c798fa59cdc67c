"""One assignment with varied exercises of each kind, as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from attention_np.classroom.assignment import Assignment
from attention_np.classroom.assignment.create import create

NAMES = ("softmax", "dot_scores_backward", "causal_mask", "numerical_gradient", "repair_softmax_backward")


@dataclass(frozen=True)
class Made:
    """A folder, and what was made there."""

    folder: Path
    assignment: Assignment

    @property
    def python(self) -> Path:
        return self.folder / "student" / "week-3.py"

    @property
    def notebook(self) -> Path:
        return self.folder / "student" / "week-3.ipynb"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """No test changes what is in it."""
    folder = tmp_path_factory.mktemp("assignments") / "week 3"
    return Made(folder, create(folder, NAMES, title="Attention, week 3", vary=True))
