"""The pages of the edition and the order in which they are turned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...visualize.markup import text
from .chapter import Chapter, chapter
from .glossary import glossary_markdown
from .markdown import render
from .page import STYLE, Link, page
from .reference import MODULES, entries, linked, module_html, page_name, places

_TITLE = "Attention, forwards and backwards"


def write_edition(files: Sequence[Path], folder: Path) -> list[Path]:
    """Write the course as static pages; nothing is run.

    Parameters
    ----------
    files : sequence of Path
        Built notebooks in order, and perhaps a README.md, the teacher's page.
    folder : Path
        It is there; pages of that name are written anew.

    Returns
    -------
    list of Path
        What was written, the first page first.
    """
    chapters = [chapter(file) for file in files if file.suffix == ".ipynb"]
    teachers = [file.read_text(encoding="utf-8") for file in files if file.name == "README.md"]
    known = places()
    made = {"index.html": page(_TITLE, _index(chapters, bool(teachers)))}
    links = [Link("index.html", "Contents"), *(Link(f"{one.name}.html", one.title) for one in chapters)]
    links.append(Link("glossary.html", "Glossary of symbols"))
    for one, before, after in zip(chapters, links, links[2:], strict=False):
        body = linked(one.html, known)
        made[f"{one.name}.html"] = page(one.title, body, headings=one.headings, before=before, after=after)
    made["glossary.html"] = page("Glossary of symbols", render(glossary_markdown()).html, before=links[-2])
    for source in teachers:
        made["teachers.html"] = page("For teachers", render(source).html)
    made["reference.html"] = page("Reference", _contents_of_reference())
    for module in MODULES:
        sections = [(entry.name, f"<code>{entry.name}</code>") for entry in entries(module)]
        made[page_name(module)] = page(module, linked(module_html(module), known), headings=sections)
    made[STYLE] = (Path(__file__).parent / STYLE).read_text(encoding="utf-8")
    for name, content in made.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in made]


def _index(chapters: Sequence[Chapter], for_teachers: bool) -> str:
    listed = "".join(
        f'<li><a href="{one.name}.html">{text(one.title)}</a>{one.why}</li>' for one in chapters
    )
    teachers = '<li><a href="teachers.html">For teachers</a></li>' if for_teachers else ""
    return (
        f"<h1>{_TITLE}</h1>\n<p>A course in notebooks. These pages show them as they were run; to run them yourself, "
        f"<code>attention-np notebooks</code> copies them and opens them in JupyterLab.</p>\n"
        f'<h2>Chapters</h2>\n<ol class="chapters">{listed}</ol>\n<h2>To look things up</h2>\n<ul>{teachers}'
        '<li><a href="glossary.html">Glossary of symbols</a></li>'
        '<li><a href="reference.html">Reference of functions and classes</a></li></ul>'
    )


def _contents_of_reference() -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="{page_name(module)}"><code>attention_np.{module}</code></a></th>'
        f"<td>{', '.join(f'<a href={chr(34)}{page_name(module)}#{entry.name}{chr(34)}><code>{entry.name}</code></a>' for entry in entries(module))}</td></tr>"
        for module in MODULES
    )
    return f'<h1>Reference</h1>\n<table class="names"><tbody>{rows}</tbody></table>'
