"""The course: each notebook runs without a word on standard error, is current, and can be read by everybody, offline."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest

from attention_np.course.building.files import CLONE, sources
from attention_np.course.building.source import SourceCell, read

from .agreement import differences, text_difference

FILES = sources(CLONE)
NAMES = [file.stem for file in FILES]
CELLS: dict[str, list[SourceCell]] = {file.stem: read(file) for file in FILES}
WORDS_PER_MINUTE, MINUTES = 155, 15

every_notebook = pytest.mark.parametrize("name", NAMES)


@cache
def committed(name: str) -> Any:
    """The notebook as it lies in the repository, outputs included."""
    return nbformat.read(CLONE / f"{name}.ipynb", as_version=4)


class Pictures(HTMLParser):
    """The words of each picture: images, drawings that say that they are one, and sliders."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "img":
            self.words.append(found.get("alt"))
        elif (tag == "svg" and found.get("aria-hidden") != "true") or found.get("class") == "scrubber":
            self.words.append(found.get("aria-label"))


def displayed(notebook: Any) -> list[str]:
    """The HTML of its outputs."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]


def prose(name: str) -> str:
    """Its Markdown, exercises aside."""
    return "\n\n".join(cell.text for cell in CELLS[name] if cell.kind == "markdown")


def section(name: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^#|\Z)", prose(name), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{name} has no heading {heading!r}"
    return found[1]


def test_the_course_is_whole() -> None:
    assert [name[:2] for name in NAMES] == [f"{number:02}" for number in range(16)]
    assert sorted(file.stem for file in CLONE.glob("*.ipynb")) == NAMES


@pytest.mark.slow
@every_notebook
def test_it_runs_and_says_nothing_on_standard_error(name: str, runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    done = runs[name].result()
    with capsys.disabled():
        print(f" {name} {done.seconds:.1f} s ", end="")
    assert done.faults == []


@pytest.mark.slow
@every_notebook
def test_the_committed_notebook_is_current(name: str, runs: Any) -> None:
    found = list(differences(committed(name), runs[name].result().notebook))
    assert found == [], f"build it: attention-np notebooks --build {name[:2]}"


@every_notebook
def test_every_picture_has_words(name: str) -> None:
    words = [said for html in displayed(committed(name)) for said in Pictures(html).words]
    assert [said for said in words if said is None or not 20 <= len(said) <= 2500] == []
    kinds = {kind for cell in committed(name).cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    # Any other kind of picture would have none.
    assert kinds <= {"text/html", "text/plain"}
    assert words


@every_notebook
def test_it_reaches_for_nothing_outside(name: str) -> None:
    for html in displayed(committed(name)):
        assert re.findall(r"""(?:src|href|action)\s*=\s*(?!["']?(?:data:|#))[^\s>]+|@import|url\((?!["']?data:)""", html) == []
        assert "fetch(" not in html and "XMLHttpRequest" not in html
    for cell in CELLS[name]:
        if cell.kind == "code":
            assert re.findall(r"https?:|urllib|\brequests\b|\bsocket\b|^[!%](?:pip|conda)", cell.text, re.MULTILINE) == []
        else:
            assert re.findall(r"!\[[^\]]*\]\(http|<(?:img|script|link|iframe)", cell.text) == []


@every_notebook
def test_it_begins_with_what_is_done_learnt_and_needed(name: str) -> None:
    first = CELLS[name][0]
    assert first.kind == "markdown" and first.text.startswith(f"# {name[:2]} · ")
    for promise in ("What you'll do", "What you'll learn", "What you'll need"):
        assert f"**{promise}" in first.text
    assert CELLS[name][1].kind == "code"


@every_notebook
def test_it_ends_with_its_uses_and_a_recap_in_five_lines(name: str) -> None:
    uses = section(name, "Where this is used")
    # Each source with its year.
    assert re.search(r"\b(?:19|20)\d\d\b", uses), uses
    assert re.findall(r"^(\d)\. ", section(name, "Recap in five lines"), re.MULTILINE) == ["1", "2", "3", "4", "5"]
    following = f"{int(name[:2]) + 1:02}"
    assert name.startswith("15") or re.search(rf"^Next: (?:notebook )?\[?{following}\b", prose(name), re.MULTILINE)


@every_notebook
def test_it_is_read_in_a_quarter_of_an_hour(name: str) -> None:
    assert len(prose(name).split()) <= WORDS_PER_MINUTE * MINUTES


@every_notebook
def test_its_exercises_are_those_of_its_topic_and_each_has_its_magic(name: str) -> None:
    asked = [cell.text for cell in CELLS[name] if cell.kind == "exercise"]
    assert len(asked) == len(set(asked))
    code = "\n".join(cell.text for cell in CELLS[name] if cell.kind == "code")
    assert not asked or "%load_ext attention_np.classroom" in code


@every_notebook
def test_what_it_claims_is_asserted_in_it(name: str) -> None:
    code = [cell.text for cell in CELLS[name] if cell.kind == "code"]
    assert sum("assert" in text for text in code) >= 3


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("loss 0.123", "loss 0.125", True),
        ("loss 0.123", "loss 0.128", False),
        ("1,234 words", "1,240 words", True),
        ("rows  [ 1.0", "rows [1.0", True),
        ("below 1.2e-09", "below 1.3e-09", True),
        ("below 1.2e-03", "below 2.2e-03", False),
        ("looks at bank", "looks at loan", False),
        ('<img src="data:image/png;base64,AAAA" alt="a">', '<img src="data:image/png;base64,BBBB" alt="a">', True),
        ("#1d4f91 at 1", "#ffffff at 1", True),
        ("5 words", "6 words", False),
        ("one 1", "one 1 and 2", False),
        ("−0.50", "0.50", False),
    ],
)
def test_agreement_is_of_words_and_of_numbers_at_a_tolerance(old: str, new: str, same: bool) -> None:
    assert (text_difference(old, new) == "") is same
