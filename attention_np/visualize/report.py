"""The report of a run as one HTML page that needs no network, no library and, to be read, no script."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from .curves import Curve
from .markup import text
from .report_page import named_text, section_html
from .report_parts import Example, Image, Section, Table

__all__ = ["Curve", "Example", "Image", "Section", "Table", "render_report", "write_report"]


def render_report(title: str, sections: Sequence[Section], facts: Mapping[str, str]) -> str:
    """Render a report as an HTML page; the same arguments give the same text.

    The page forbids itself the network by a content security policy, and runs no script but its own, known by
    its hash: nothing in a document or a model's output can load, send or run anything.

    Parameters
    ----------
    title : str
        The page's title and first heading.
    sections : sequence of Section
        In the order in which they are read.
    facts : mapping of str to str
        Where the report comes from, such as versions, seed and the content hash of the data.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        If there is no section.
    """
    if not sections:
        raise ValueError("sections: expected at least one, got none")
    style, script = _resource("report_page.css"), _resource("report_page.js")
    script_hash = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script_hash}'; "
        "base-uri 'none'; form-action 'none'"
    )
    named = [(f"section-{number}", section) for number, section in enumerate(sections, 1)]
    entries = "".join(f'<li><a href="#{name}">{text(section.title)}</a></li>' for name, section in named)
    contents = f'<nav aria-label="Contents"><ol>{entries}</ol></nav>' if len(named) > 1 else ""
    known = "".join(named_text(name, value) for name, value in facts.items())
    provenance = (
        '<section id="provenance" aria-labelledby="provenance-heading">'
        f'<h2 id="provenance-heading">Where this comes from</h2><dl class="facts">{known}</dl></section>'
    )
    body = "\n".join(section_html(section, identity) for identity, section in named)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<header class="title"><h1>{text(title)}</h1>
{contents}
</header>
{body}
{provenance if facts else ""}
</main>
<script>{script}</script>
</body>
</html>
"""


def write_report(
    path: str | os.PathLike[str], title: str, sections: Sequence[Section], facts: Mapping[str, str]
) -> None:
    """Render a report and write it to a file, in UTF-8.

    It is written beside `path`, flushed, and renamed over it: whoever opens the file sees the old page or the
    whole new one.

    Parameters
    ----------
    path : path
        The file; its folder exists.
    title, sections, facts
        As for `render_report`.

    Raises
    ------
    ValueError
        As `render_report`; nothing has been written then.
    OSError
        If the file cannot be written; an old one is still there.
    """
    page = render_report(title, sections, facts)
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with open(beside, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _resource(name: str) -> str:
    # The browser hashes the script with plain line ends; a checkout may have brought others.
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
