"""Single numbers that change with the slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...visualize.markup import text
from .panel import short


@dataclass(frozen=True, eq=False)
class Numbers:
    """Named values, one of each for every position.

    Parameters
    ----------
    rows : mapping of str to a sequence
        Numbers are written in four digits, text as it is.

    Raises
    ------
    ValueError
        If there are none, or they differ in length.
    """

    rows: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        if not self.rows or len({len(values) for values in self.rows.values()}) != 1:
            lengths = {name: len(values) for name, values in self.rows.items()}
            raise ValueError(f"numbers: expected rows of one length, got {lengths}")

    def count(self) -> int:
        """How many positions there are."""
        return len(next(iter(self.rows.values())))

    def data(self) -> dict[str, Any]:
        """Every value as it is written."""
        return {"kind": "numbers", "rows": [[short(value) for value in values] for values in self.rows.values()]}

    def html(self, position: int, stops: Sequence[str]) -> str:
        """The values as a list of names and numbers."""
        pairs = "".join(
            f"<div><dt>{text(name)}</dt><dd>{text(short(values[position]))}</dd></div>" for name, values in self.rows.items()
        )
        return f'<dl class="numbers">{pairs}</dl>'

    def words(self) -> str:
        """From where to where each goes."""
        return " ".join(f"{name}: from {short(values[0])} to {short(values[-1])}." for name, values in self.rows.items())
