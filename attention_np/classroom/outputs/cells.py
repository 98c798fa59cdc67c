"""CSV that a spreadsheet cannot take for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ..grading.result import points_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: str | float) -> str:
    """A number as it is; a text that a spreadsheet would calculate begins with an apostrophe (OWASP, "CSV Injection")."""
    if not isinstance(value, str):
        return points_text(value)
    return "'" + value if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else value


def csv_text(rows: Iterable[Sequence[str | float]]) -> str:
    """Comma-separated lines, quoted where a cell needs it."""
    written = io.StringIO()
    csv.writer(written).writerows([safe_cell(cell) for cell in row] for row in rows)
    return written.getvalue()
