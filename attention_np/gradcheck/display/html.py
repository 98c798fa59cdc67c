"""A report for a notebook: the table in colour, with the error of every entry as a small heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...visualize.markup import text
from .heatmap import KEY, error_heatmap
from .text import COLUMNS, code_text, fields, lines_of, one_line, verdict

if TYPE_CHECKING:
    from ..diagnosis import Diagnosis
    from ..report import Comparison, Report

# White on each of these has a contrast above 4.5, so a badge can be read on any page.
MARKS = {"right": ("✓", "#1a7f37"), "wrong": ("✗", "#b42318"), "not judged": ("○", "#57606a")}
NUMBERS = ("given", "true", "relative error")
CELL = "padding:4px 10px;text-align:left;vertical-align:middle;border-bottom:1px solid rgba(128,128,128,.35)"
MONOSPACE = "font-family:monospace"
CODE = f"{MONOSPACE};font-weight:600;background:rgba(128,128,128,.18);border-radius:3px;padding:1px 4px"


def as_html(report: Report) -> str:
    """Write what `as_text` writes, in colour, with a heatmap in each row whose arrays are known.

    Every style stands in its element, and nothing is loaded. Colours of text come from the page, so that a
    light and a dark one show it alike.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
    """
    word, details = verdict(report)
    head = (
        f'<p style="margin:4px 0 8px"><strong style="{MONOSPACE}">{text(one_line(report.subject))}</strong> '
        f"{badge(word)}{f' {text(details)}' if details else ''}</p>"
    )
    return f'<div style="overflow-x:auto">\n{chr(10).join([head, *details_html(report)])}\n</div>'


def details_html(report: Report) -> list[str]:
    """The table and the list of what is wrong, each where there is something in it."""
    parts = []
    if report.comparisons:
        parts.append(_table(report))
    if report.diagnoses:
        said = "\n".join(_diagnosis(found) for found in report.diagnoses)
        parts.append(f'<ol style="margin:10px 0;padding-left:28px;max-width:70em">\n{said}\n</ol>')
    return parts


def badge(verdict: str, word: str = "") -> str:
    """A verdict on its colour, or another word for it."""
    mark, colour = MARKS[verdict]
    return (
        f'<span style="background:{colour};color:#fff;border-radius:4px;padding:1px 7px;'
        f'white-space:nowrap;font-weight:600">{mark} {word or verdict}</span>'
    )


def _table(report: Report) -> str:
    heatmaps = [error_heatmap(row) for row in report.comparisons]
    drawn = any(heatmaps)
    head = "".join(
        f'<th scope="col" style="{_cell(name)};font-weight:600">{name}</th>'
        for name in (*COLUMNS, *(["error by entry"] if drawn else []))
    )
    rows = "\n".join(
        _row(comparison, heatmap if drawn else None)
        for comparison, heatmap in zip(report.comparisons, heatmaps, strict=True)
    )
    key = f'<p style="margin:4px 0;font-size:85%">{KEY}</p>' if drawn else ""
    return (
        '<table style="border-collapse:collapse;margin:0"><thead>'
        f'<tr style="background:transparent">{head}</tr>'
        f"</thead>\n<tbody>\n{rows}\n</tbody></table>{key}"
    )


def _row(comparison: Comparison, heatmap: str | None) -> str:
    """One row; `heatmap` is empty where its arrays are not known, None where those of no row are."""
    name, *values, _ = fields(comparison)
    cells = [f'<th scope="row" style="{CELL};{MONOSPACE};font-weight:600">{text(name)}</th>']
    for column, value in zip(COLUMNS[1:-1], values, strict=True):
        cells.append(f'<td style="{_cell(column)};{MONOSPACE};white-space:nowrap">{text(value)}</td>')
    case = one_line(comparison.case)
    case = f'<br><span style="font-size:85%">{text(case)}</span>' if case else ""
    cells.append(f'<td style="{CELL}">{badge(comparison.verdict)}{case}</td>')
    if heatmap is not None:
        cells.append(f'<td style="{CELL}">{heatmap or "-"}</td>')
    return f'<tr style="background:transparent">{"".join(cells)}</tr>'


def _cell(column: str) -> str:
    return CELL.replace("left", "right") if column in NUMBERS else CELL


def _diagnosis(diagnosis: Diagnosis) -> str:
    about = f"<strong>{text(one_line(diagnosis.input))}</strong>: " if diagnosis.input else ""
    message = "<br>".join(text(line) for line in lines_of(diagnosis.message))
    hint = f"<br><em>Hint:</em> {text(one_line(diagnosis.hint))}" if diagnosis.hint else ""
    return (
        f'<li style="margin:6px 0"><span style="{CODE}">{text(code_text(diagnosis))}</span> '
        f'{about}<span style="white-space:pre-wrap">{message}</span>{hint}</li>'
    )
