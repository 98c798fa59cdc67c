"""Markdown as HTML: mathematics as MathML, which browsers draw by themselves, and code in colours."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple


class Rendered(NamedTuple):
    """HTML, and the headings in it.

    Attributes
    ----------
    html : str
    headings : list of (level, id, HTML)
    """

    html: str
    headings: list[tuple[int, str, str]]


def render(source: str) -> Rendered:
    """Render a piece of Markdown; links to notebooks become links to their pages."""
    markdown = _markdown()
    tokens = markdown.parse(source)
    headings = []
    for opening, content in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            inner = markdown.renderer.renderInline(content.children, markdown.options, {})
            headings.append((int(opening.tag[1]), str(opening.attrGet("id")), inner))
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.attrSet("href", re.sub(r"^(?!\w+:)(.*)\.ipynb\b", r"\1.html", str(child.attrGet("href"))))
    return Rendered(markdown.renderer.render(tokens, markdown.options, {}), headings)


def mathml(tex: str, block: bool = False) -> str:
    """TeX as a ``math`` element."""
    from latex2mathml.converter import convert

    return str(convert(tex.strip(), display="block" if block else "inline"))


def highlighted(code: str, language: str = "python") -> str:
    """Code as a ``pre`` element whose parts have classes; the style sheet has the colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    spans = highlight(code, get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    # A wide line is scrolled, also with the keyboard.
    return f'<pre class="code" tabindex="0"><code>{spans.rstrip()}</code></pre>'


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.anchors import anchors_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": True, "highlight": _block}).enable("table")
    made.use(dollarmath_plugin, renderer=lambda tex, options: mathml(tex, options["display_mode"]), double_inline=True)
    made.use(anchors_plugin, max_level=3)
    return made


def _block(code: str, language: str, _attributes: str) -> str:
    return highlighted(code, language or "text")
