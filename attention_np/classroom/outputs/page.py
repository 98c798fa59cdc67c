"""The frame of a page: it needs no network and no script, and forbids itself both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

from ... import visualize
from ...visualize.markup import text
from ..grading.result import Result

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SIGNS = {"pass": ("✓", "right"), "not-attempted": ("○", "open"), "grader-error": ("?", "open")}


def page(title: str, lead: str, body: Iterable[str], facts: Mapping[str, str]) -> str:
    """A whole page.

    Parameters
    ----------
    title, lead : str
        Plain text: the heading, and a line beneath.
    body : iterable of str
        HTML.
    facts : mapping
        Plain text by name, at the end.
    """
    known = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in facts.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>{_style()}</style>
</head>
<body>
<main>
<header class="title"><h1>{text(title)}</h1><p>{text(lead)}</p></header>
{chr(10).join(body)}
<section aria-labelledby="facts"><h2 id="facts">How this was graded</h2><dl class="facts">{known}</dl></section>
</main>
</body>
</html>
"""


def section(name: str, title: str, parts: Iterable[str]) -> str:
    """A heading and what stands under it; `name` is the heading's id."""
    inner = "\n".join(parts)
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{text(title)}</h2>\n{inner}\n</section>'


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; `numbers` are the columns set flush right. Nothing is left out."""
    marks = [' class="number"' if column in set(numbers) else "" for column in range(len(columns))]
    head = "".join(f'<th scope="col"{mark}>{text(name)}</th>' for name, mark in zip(columns, marks, strict=True))
    lines = []
    for first, *others in rows:
        cells = "".join(f"<td{mark}>{cell}</td>" for cell, mark in zip(others, marks[1:], strict=True))
        lines.append(f'<tr><th scope="row"{marks[0]}>{first}</th>{cells}</tr>')
    return (
        f'<div class="table"><table><caption><span>{text(caption)}</span></caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{chr(10).join(lines)}</tbody></table></div>"
    )


def sentences(lines: Iterable[str]) -> str:
    """A list of plain sentences."""
    return f'<ul class="sentences">{"".join(f"<li>{text(line)}</li>" for line in lines)}</ul>'


def sign(result: Result, label: str) -> str:
    """A small mark that is told by its form too, with what it means for whoever points at it or hears it."""
    character, kind = _SIGNS.get(result.verdict, ("✗", "wrong"))
    corrected = " corrected" if result.correction is not None else ""
    return f'<span class="sign {kind}{corrected}" role="img" aria-label="{text(label)}" title="{text(label)}">{character}</span>'


@cache
def _style() -> str:
    """The report's, so that all pages of the package look alike, and what only these pages need."""
    shared = resources.files(visualize).joinpath("report_page.css").read_text(encoding="utf-8")
    return shared + resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
