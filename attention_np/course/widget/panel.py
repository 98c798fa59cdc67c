"""What the panels of a slider have in common, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Panel(Protocol):
    """Something that has a state for each position of a slider."""

    def count(self) -> int:
        """How many positions it has a state for."""
        ...

    def data(self) -> dict[str, Any]:
        """All states, as JSON that the script reads."""
        ...

    def html(self, position: int, stops: Sequence[str]) -> str:
        """One state, drawn without a script; `stops` are the positions as they are written."""
        ...

    def words(self) -> str:
        """Its first and its last state, in words."""
        ...


def short(value: Any) -> str:
    """A number in four digits, with a true minus; whatever else it is as it is."""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}".replace("-", "−") if value else "0"
    return str(value).replace("-", "−") if isinstance(value, int | np.integer) else str(value)


def lean(value: float) -> float | int:
    """A number of JSON in as few characters as it takes."""
    return int(value) if value == int(value) else value
