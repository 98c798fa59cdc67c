"""The frame of every page: a link past the navigation, the way to the other pages, and one style sheet."""

from __future__ import annotations

from typing import NamedTuple

from ...visualize.markup import text

STYLE = "course.css"


class Link(NamedTuple):
    """A page to go to, and what it is called."""

    file: str
    title: str


def page(
    title: str,
    body: str,
    *,
    headings: list[tuple[str, str]] | None = None,
    before: Link | None = None,
    after: Link | None = None,
) -> str:
    """A whole page.

    Parameters
    ----------
    title : str
        Of the window.
    body : str
        HTML that begins with the page's heading.
    headings : list of (id, HTML), optional
        Of its sections; they are listed beside it.
    before, after : Link, optional
        The pages that are turned to.
    """
    aside = ""
    if headings:
        listed = "".join(f'<li><a href="#{identity}">{html}</a></li>' for identity, html in headings)
        aside = f'<nav class="sections" aria-label="On this page"><p>On this page</p><ol>{listed}</ol></nav>'
    turns = [
        f'<a rel="{rel}" href="{link.file}">{mark[0]}{text(link.title)}{mark[1]}</a>' if link else "<span></span>"
        for link, rel, mark in ((before, "prev", ("← ", "")), (after, "next", ("", " →")))
    ]
    turning = f'<nav class="turning" aria-label="Chapters">{"".join(turns)}</nav>' if before or after else ""
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><nav aria-label="The course"><a href="index.html"><strong>Attention, forwards and backwards</strong></a>
<a href="glossary.html">Symbols</a> <a href="reference.html">Reference</a></nav></header>
<div class="columns">
{aside}
<main id="content">
{body}
{turning}
</main>
</div>
</body>
</html>
"""
