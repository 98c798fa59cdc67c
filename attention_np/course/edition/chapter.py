"""A built notebook as the body of a page: nothing is run, its outputs are shown as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ...visualize.markup import text
from .markdown import Rendered, highlighted, render


class Chapter(NamedTuple):
    """A notebook, rendered.

    Attributes
    ----------
    name : str
        Of its file, without a suffix.
    title, why : str
        Its heading as text, and the HTML of the sentence below it.
    html : str
    headings : list of (id, HTML)
        Of its sections.
    """

    name: str
    title: str
    why: str
    html: str
    headings: list[tuple[str, str]]


def chapter(file: Path) -> Chapter:
    """Render a notebook."""
    import nbformat

    notebook = nbformat.read(file, as_version=4)
    parts, headings = [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            rendered: Rendered = render(cell.source)
            parts.append(rendered.html)
            headings += rendered.headings
        else:
            parts.append(highlighted(cell.source))
            parts += [_output(output) for output in cell.outputs]
    first = notebook.cells[0].source.split("\n\n")
    return Chapter(
        file.stem,
        first[0].removeprefix("# "),
        render(first[1]).html if len(first) > 1 else "",
        "\n".join(parts),
        [(identity, html) for level, identity, html in headings if level == 2],
    )


def _output(output: Any) -> str:
    """A printed text, or what was displayed, as HTML where there is any."""
    if output.output_type == "stream":
        return f'<pre class="output" tabindex="0">{text(output.text.rstrip())}</pre>'
    data = output.data
    if "text/html" in data:
        return f'<div class="output">{data["text/html"]}</div>'
    return f'<pre class="output" tabindex="0">{text(data["text/plain"])}</pre>'
