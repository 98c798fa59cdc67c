"""The pages: what they show, that they are whole by themselves, and that nothing in them can run."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.grading import Likeness, Result
from attention_np.classroom.outputs import write_pages
from attention_np.classroom.outputs.histogram import histogram
from attention_np.classroom.outputs.student_page import student_page

from ..conftest import HOSTILE

_VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; every element that is opened is closed in its order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words += data


@pytest.fixture(scope="module")
def pages(small: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The class's page, and each student's by name."""
    folder = tmp_path_factory.mktemp("pages")
    graded = replace(small.graded, likenesses=(Likeness("context", "eve", HOSTILE, 0.9),), remarks=("<b>Zoe</b>",))
    page = write_pages(graded, folder / "report")
    assert page == folder / "report" / "class.html"
    found = {"class": Page(page.read_text(encoding="utf-8"))}
    links = [value for name, value in found["class"].attributes if name == "href" and "students" in str(value)]
    assert len(set(links)) == len(graded.students)
    for student, link in zip(graded.students, links, strict=True):
        found[student.name] = Page((page.parent / str(link)).read_text(encoding="utf-8"))
    return found


def test_what_a_student_wrote_is_text_and_nothing_else(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert not {"script", "img", "b", "i", "iframe", "object"} & set(page.tags)
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        policy = next(str(value) for name, value in page.attributes if name == "content" and "default-src" in str(value))
        assert "default-src 'none'" in policy and "script-src" not in policy
    eve = pages[HOSTILE].words
    assert HOSTILE in eve and "<img src=x onerror=alert(2)>" in eve and "</pre><script>alert(1)</script>" in eve
    assert HOSTILE in pages["class"].words and "<b>Zoe</b>" in pages["class"].words


def test_a_page_loads_nothing(pages: dict[str, Page], small: Any) -> None:
    for page in pages.values():
        for name, value in page.attributes:
            if name in ("src", "href"):
                assert re.fullmatch(r"data:,|class-students/[a-z0-9-]+\.html", str(value))
    assert "url(" not in student_page(small.graded.students[0], small.graded)


def test_the_class_sees_scores_the_commonest_mistake_and_likenesses(pages: dict[str, Page], small: Any) -> None:
    words = pages["class"].words
    assert "Median" in words and "3of 6" in words and "only the diagonal of the Jacobian is used" in words
    assert "a reason to look, not a verdict" in words and "90%" in words
    assert small.graded.isolation in words


def test_a_students_page_holds_nothing_of_the_others(pages: dict[str, Page], small: Any) -> None:
    names = [student.name for student in small.graded.students]
    for name in names:
        words = pages[name].words
        assert small.graded.isolation in words
        assert not [other for other in names if other != name and re.search(rf"(?<!\w){re.escape(other)}(?!\w)", words)]
        assert str(small.folder) not in words


def test_a_student_reads_the_mistake_the_hint_the_correction_and_the_points_that_are_not_known(small: Any) -> None:
    eve = small.student("eve")
    failed = replace(eve.results[0], verdict="grader-error")
    wrong = eve.results[2]
    words = Page(student_page(replace(eve, results=(failed, *eve.results[1:])), small.graded)).words
    assert "no zeros" in words and "? of" in words
    assert wrong.diagnoses[0].message in words and wrong.diagnoses[0].hint in words
    assert "left blank" in words


def test_points_by_group_are_shown_where_some_are_lost(small: Any) -> None:
    result: Result = small.student("Müller").results[0]
    first, *others = result.groups
    partly = replace(result, verdict="wrong", groups=(first._replace(points=0), *others))
    anna = replace(small.student("Müller"), results=(partly,))
    assert f"{first.name} 0 of {first.max_points}" in Page(student_page(anna, small.graded)).words


def test_a_named_page_has_its_students_beside_it(small: Any, tmp_path: Path) -> None:
    assert write_pages(small.graded, tmp_path / "week3.html") == tmp_path / "week3.html"
    assert len(list((tmp_path / "week3-students").iterdir())) == 6


@pytest.mark.parametrize(("scores", "most"), [([0, 30, 30, 12.5], 30), ([5], 5), ([3, 130], 116), ([0], 1), ([999], 1000)])
def test_every_score_is_in_one_bar(scores: list[float], most: float) -> None:
    drawn = histogram(scores, most)
    counts = [int(count) for count in re.findall(r'class="count"[^>]*>(\d+)<', drawn)]
    assert sum(counts) == len(scores) and drawn.count("<rect") == len(counts)
    assert len(re.findall(r"<text x", drawn)) <= 13
    Page(drawn)
