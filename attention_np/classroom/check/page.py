"""A mark in a notebook: the coloured report of the checker, points, and the smallest case that fails."""

from __future__ import annotations

from dataclasses import replace

from ...gradcheck.display.html import MONOSPACE, badge, details_html
from ...gradcheck.report import Report
from ...visualize.markup import text
from ..exercise import Exercise
from ..marking import Mark
from .words import VERDICTS, failing_lines, hint_line, told

_COLOURS = {"pass": "right", "not-attempted": "not judged"}
_PRE = f"{MONOSPACE};white-space:pre;overflow-x:auto;margin:8px 0;line-height:1.3;color:inherit;background:transparent"


def mark_html(exercise: Exercise, mark: Mark, hint: int | None = None, remark: str = "") -> str:
    """What `mark_lines` says, in colour; colours of text come from the page, so that a light and a dark one show it alike.

    Parameters
    ----------
    exercise, mark, hint
        As of `mark_lines`.
    remark : str
        A sentence behind the verdict.
    """
    shown = badge(_COLOURS.get(mark.verdict, "wrong"), VERDICTS[mark.verdict])
    blank = mark.verdict == "not-attempted"
    points = "" if blank else f"{mark.points} of {mark.max_points} points"
    said = "; ".join(part for part in (points, remark) if part)
    parts = [_paragraph(f'<strong style="{MONOSPACE}">{text(mark.exercise)}</strong> {shown} {text(said)}')]
    if mark.verdict != "pass":
        parts += [_paragraph(text(line)) for line in ([] if blank else told(mark))]
        if mark.report is not None:
            parts += details_html(mark.report if hint is not None else _without_hints(mark.report))
        if mark.failing is not None:
            parts.append(f'<pre style="{_PRE}">{text(chr(10).join(failing_lines(mark.failing)))}</pre>')
        if hint is not None:
            parts.append(_paragraph(text(hint_line(exercise, hint))))
    return f'<div style="overflow-x:auto">\n{chr(10).join(parts)}\n</div>'


def _without_hints(report: Report) -> Report:
    return replace(report, diagnoses=tuple(found._replace(hint="") for found in report.diagnoses))


def _paragraph(inner: str) -> str:
    return f'<p style="margin:4px 0">{inner}</p>'
