"""A report as plain text, for a terminal or a traceback."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from ...visualize.markup import UNPRINTABLE

if TYPE_CHECKING:
    from ..diagnosis import Diagnosis
    from ..report import Comparison, Report

COLUMNS = ("input", "shape", "worst at", "given", "true", "relative error", "verdict")
WIDTH = 100
UNKNOWN = "-"


def as_text(report: Report) -> str:
    """Write the subject and the verdict, a table with one row per input, and the diagnoses.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        Lines without colour codes and without a newline at the end.
    """
    word, details = verdict(report)
    parts = [f"{one_line(report.subject)}: {word}" + (f": {details}" if details else "")]
    if report.comparisons:
        parts.append(_table(report))
    if report.diagnoses:
        parts.append("\n".join(numbered(place, found) for place, found in enumerate(report.diagnoses, 1)))
    return "\n\n".join(parts)


def verdict(report: Report) -> tuple[str, str]:
    """The verdict on the whole, and what it rests on: nothing where the table says what is wrong."""
    if not report.passed:
        return "wrong", ""
    judged = [row for row in report.comparisons if row.verdict == "right"]
    said = []
    if judged:
        noun = "result" if any(row.name == "output" for row in judged) else "gradient"
        worst = max((row.error for row in judged if not math.isnan(row.error)), default=0.0)
        said.append(f"{_plural(len(judged), noun)}, worst relative error {error_text(worst)}")
    if left := sum(row.verdict == "not judged" for row in report.comparisons):
        said.append(f"{left} not judged")
    if kinks := len(report.diagnoses):
        said.append(f"{_plural(kinks, 'kink')}, which {'is' if kinks == 1 else 'are'} no fault")
    return "right" if judged or not report.comparisons else "not judged", "; ".join(said)


def fields(comparison: Comparison) -> tuple[str, ...]:
    """One row of the table, as `COLUMNS` names its cells; a dash stands for what is not known."""
    worst = comparison.worst
    place, given, expected = (
        (UNKNOWN,) * 3
        if worst is None
        else (index_text(worst.index), number_text(worst.given), number_text(worst.expected))
    )
    return (
        one_line(comparison.name),
        str(tuple(int(length) for length in comparison.shape)),
        place,
        given,
        expected,
        error_text(comparison.error),
        comparison.verdict + (f" ({one_line(comparison.case)})" if comparison.case else ""),
    )


def code_text(diagnosis: Diagnosis) -> str:
    """The code of a diagnosis, and of a kink that it is no fault."""
    return "kink, no fault" if diagnosis.code == "kink" else one_line(diagnosis.code)


def index_text(index: tuple[int, ...]) -> str:
    """An index as it is written behind an array."""
    return f"[{', '.join(str(int(position)) for position in index)}]"


def number_text(value: float) -> str:
    """A number with seven digits: enough to see single precision."""
    return f"{float(value):.7g}"


def error_text(error: float) -> str:
    """A relative error: three digits where it is large, two and the power of ten where it is small."""
    if math.isnan(error):
        return UNKNOWN
    return f"{error:.3g}" if error >= 1e-3 or error == 0 else f"{error:.1e}"


def one_line(text: str) -> str:
    """A name in one line, without control characters."""
    return UNPRINTABLE.sub("\ufffd", " ".join(str(text).split()))


def lines_of(text: str) -> list[str]:
    """The lines of a message, such as one that ends in a line of a traceback, without control characters."""
    return [UNPRINTABLE.sub("\ufffd", line.rstrip().expandtabs()) for line in str(text).splitlines()]


def _table(report: Report) -> str:
    rows = [COLUMNS, *(fields(row) for row in report.comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    numbers = range(COLUMNS.index("given"), COLUMNS.index("verdict"))
    written = [
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([written[0], "  ".join("-" * width for width in widths), *written[1:]])


def numbered(place: int, diagnosis: Diagnosis) -> str:
    """A diagnosis behind its number, wrapped and indented, its hint on lines of its own."""
    number = f"{place}. "
    about = f"{one_line(diagnosis.input)}: " if diagnosis.input else ""
    first, *more = lines_of(diagnosis.message) or [""]
    lines = [_wrapped(f"[{code_text(diagnosis)}] {about}{first}", number, " " * len(number))]
    lines += [_wrapped(line, " " * len(number), " " * len(number)) for line in more]
    if diagnosis.hint:
        indent = " " * len(number)
        lines.append(_wrapped(one_line(diagnosis.hint), f"{indent}Hint: ", f"{indent}      "))
    return "\n".join(lines)


def _wrapped(line: str, lead: str, indent: str) -> str:
    """A line broken at blanks; names and formulas stay whole."""
    return textwrap.fill(
        line,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
