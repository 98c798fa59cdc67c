"""The course as pages: complete, linked, offline, and made for everybody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from attention_np.course.building.files import CLONE
from attention_np.course.copying import course_files
from attention_np.course.edition import write_edition
from attention_np.course.edition.docstrings import docstring_html
from attention_np.course.edition.glossary import SYMBOLS
from attention_np.course.edition.markdown import render
from attention_np.course.edition.reference import MODULES, entries


class Page(HTMLParser):
    """A page's elements, ids, links and text."""

    VOID = {"meta", "link", "img", "br", "hr", "input", "path", "circle", "wbr"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        # Neither code, where a dollar is one, nor what the machine reads.
        if not {"script", "style", "code", "pre"} & set(self.open):
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [found for _, attributes in self.tags if (found := attributes.get(attribute)) is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole course, as the notebooks are committed."""
    made = tmp_path_factory.mktemp("edition")
    write_edition(course_files(), made)
    return made


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Page]:
    return {file.name: Page(file.read_text(encoding="utf-8")) for file in folder.glob("*.html")}


def test_there_is_a_page_for_each_chapter_and_the_way_through_them(pages: dict[str, Page]) -> None:
    chapters = sorted(f"{file.stem}.html" for file in CLONE.glob("[0-9][0-9]_*.ipynb"))
    assert set(chapters) < set(pages)
    turned, here = [], chapters[0]
    while here in chapters:
        turned.append(here)
        here = next(str(found["href"]) for tag, found in pages[here].tags if found.get("rel") == "next")
    assert turned == chapters and here == "glossary.html"
    assert set(chapters) < set(pages["index.html"].values("href"))


def test_every_link_leads_somewhere(pages: dict[str, Page], folder: Path) -> None:
    broken = []
    for name, page in pages.items():
        for link in page.values("href"):
            if not re.match(r"https?://|mailto:", link):
                file, _, anchor = link.partition("#")
                target = pages.get(file or name)
                exists = (folder / file).exists() if target is None else not anchor or anchor in target.values("id")
                if not exists:
                    broken.append(f"{name}: {link}")
    assert broken == []


def test_nothing_comes_from_outside(pages: dict[str, Page], folder: Path) -> None:
    for name, page in pages.items():
        assert [src for src in page.values("src") if not src.startswith("data:")] == [], name
        assert [found for tag, found in page.tags if tag == "link"] == [{"rel": "stylesheet", "href": "course.css"}]
    assert not re.search(r"url\(|@import", (folder / "course.css").read_text(encoding="utf-8"))


def test_every_page_has_its_landmarks_one_heading_and_a_way_past_the_navigation(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        tags = [tag for tag, _ in page.tags]
        assert (tags.count("main"), tags.count("header"), tags.count("h1")) == (1, 1, 1), name
        assert ("html", {"lang": "en-GB"}) in page.tags
        assert "skip" in page.values("class") and "#content" in page.values("href")
        assert all("aria-label" in found for tag, found in page.tags if tag == "nav")
        assert all(found.get("alt") for tag, found in page.tags if tag == "img")
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
        assert all(deeper - higher <= 1 for higher, deeper in zip(levels, levels[1:], strict=False)), (name, levels)


def test_the_mathematics_is_all_there(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert re.findall(r"\\[a-zA-Z]+|\$", page.text) == [], name
    assert sum(tag == "math" for tag, _ in pages["06_back_through_softmax.html"].tags) > 10


def test_hints_and_solutions_are_folded(pages: dict[str, Page]) -> None:
    page = pages["06_back_through_softmax.html"]
    folds = [found for tag, found in page.tags if tag == "details"]
    assert len(folds) >= 4 and all("open" not in found for found in folds)


def test_the_sliders_are_in_the_pages(pages: dict[str, Page]) -> None:
    assert "scrubber" in pages["02_ceiling.html"].values("class")


def test_the_glossary_has_each_symbol_once() -> None:
    assert len({symbol.tex for symbol in SYMBOLS}) == len(SYMBOLS)
    assert [symbol.notebook for symbol in SYMBOLS] == sorted(symbol.notebook for symbol in SYMBOLS)


def test_every_public_function_and_class_is_in_the_reference(pages: dict[str, Page]) -> None:
    for module in MODULES:
        page = pages[f"reference-{module.replace('.', '-')}.html"]
        assert {entry.name for entry in entries(module)} <= set(page.values("id"))
        assert [entry.name for entry in entries(module) if not entry.summary] == []


def test_a_docstring_is_rendered_with_its_mathematics_its_code_and_its_sections() -> None:
    made = docstring_html(
        "Sum it, :math:`s = \\sum_i\nx_i`.\n\n.. math:: s = \\frac{1}{2},\n   \\qquad t = 1\n\nIts use::\n\n    add(x)\n\n"
        "=====  ====\nhere   file\n=====  ====\n``f``  file.py\n=====  ====\n\n"
        "Parameters\n----------\nx, y : array (..., S)\n    To be added.\n\nReturns\n-------\ntotal : float\n\n"
        "Examples\n--------\n>>> add(1)\n1\n"
    )
    assert made.count("<math ") == 2 and 'display="block"' in made and "\\" not in made
    assert "<p>Its use:</p>\n<pre><code>add(x)" in made
    assert "<th>here</th>" in made and "<td>file.py</td>" in made
    assert '<code>x, y</code> <span class="kind">array (..., S)</span></dt><dd><p>To be added.</p>' in made
    assert "<code>total</code>" in made and '<span class="gp">&gt;&gt;&gt; </span>' in made


def test_links_to_notebooks_become_links_to_pages_and_others_stay() -> None:
    made = render("[a](06_x.ipynb) [b](06_x.ipynb#top) [c](https://example.org/y.ipynb)").html
    assert re.findall(r'href="([^"]+)"', made) == ["06_x.html", "06_x.html#top", "https://example.org/y.ipynb"]
