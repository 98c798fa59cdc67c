"""A docstring as HTML: its text, which is a little reStructuredText with mathematics, and its sections after numpydoc."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from ...visualize.markup import text
from .markdown import render

_DISPLAYED = re.compile(r"^( *)\.\. math::((?:.*\n?)(?:\1 +\S.*\n?|\n(?=\1 +\S))*)", re.MULTILINE)
_TABLE = re.compile(r"^=+ [= ]*\n(?:.*\n)+?=+ [= ]*\n(?:.*\n)+?=+ [= ]*$", re.MULTILINE)
_ITEMS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
_TEXTS = ("Notes", "Examples")


def docstring_html(docstring: str) -> str:
    """The text, then each section."""
    from numpydoc.docscrape import NumpyDocString

    parsed = NumpyDocString(docstring)
    parts = [prose_html(parsed["Summary"]), prose_html(parsed["Extended Summary"])]
    for title in _ITEMS:
        if items := parsed[title]:
            rows = "".join(map(_item, items))
            parts.append(f'<p class="section">{title}</p><dl class="arguments">{rows}</dl>')
    parts += [f'<p class="section">{title}</p>{prose_html(parsed[title])}' for title in _TEXTS if parsed[title]]
    return "\n".join(filter(None, parts))


def prose_html(lines: Sequence[str]) -> str:
    """Running text; what of reStructuredText it holds is said in Markdown, which the chapters are written in."""
    made = textwrap.dedent("\n".join(lines))
    made = _TABLE.sub(lambda found: _table(found[0].splitlines()), made)
    made = _DISPLAYED.sub(lambda found: f"{found[1]}\n{found[1]}$${' '.join(found[2].split())}$$\n\n", made)
    made = re.sub(r":math:`([^`]+)`", lambda found: f"${' '.join(found[1].split())}$", made)
    made = re.sub(r"^>>> .*(?:\n.+)*", lambda found: f"```pycon\n{found[0]}\n```", made, flags=re.MULTILINE)
    # A literal block, indented here as there, is announced by two colons.
    return render(re.sub(r"::$", ":", made, flags=re.MULTILINE)).html


def _table(lines: Sequence[str]) -> str:
    """A simple table, its columns under rules of ``=``, in Markdown."""
    starts = [found.start() for found in re.finditer("=+", lines[0])]
    columns = list(map(slice, starts, [*starts[1:], None]))
    head, *rows = [
        "| " + " | ".join(line[column].strip() for column in columns) + " |" for line in lines if not line.startswith("=")
    ]
    return "\n".join([head, "|" + "---|" * len(columns), *rows])


def _item(item: Any) -> str:
    name = f"<code>{text(item.name)}</code>" if item.name else ""
    kind = f'<span class="kind">{text(item.type)}</span>' if item.type else ""
    return f"<dt>{name} {kind}</dt><dd>{prose_html(item.desc)}</dd>"
