"""What is handed in is read for its functions, whatever stands around them, and never run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.classroom.submission import Submission, read_submission


def handed_in(folder: Path, content: str | bytes, name: str = "mine.py") -> Submission:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_submission(path)


def notebook(folder: Path, *sources: Any) -> Submission:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return handed_in(folder, json.dumps({"nbformat": 4, "cells": cells}), "mine.ipynb")


def run(submission: Submission, function: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(submission.source_for(function), "slice", "exec"), space)
    return space


MESSY = '''\
"""Homework."""
import numpy as np, matplotlib.pyplot as plt
from math import pi

raise_me = input("your name? ")
SCALE = 2.0
TABLE = {}
TABLE["twice"] = SCALE * 2; plt.plot([1])
LOG = []
LOG.append(pi)


def helper(x):
    LOG_local = x
    return TABLE["twice"] * LOG_local


@staticmethod
def unused():
    return raise_me


def f(x, *, y=SCALE):
    raise_me = 3
    return helper(x) + y * raise_me


print(f(1))
1 / 0
'''


def test_a_slice_holds_what_the_function_needs_and_neither_plots_nor_prints_nor_input(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, MESSY)
    source = submission.source_for("f")
    for absent in ("plt", "print", "input", "1 / 0", "LOG.append", "unused", "math", "numpy"):
        assert absent not in source
    assert run(submission, "f")["f"](5) == 26.0
    assert submission.functions["f"].takes == ("x", "y")


def test_every_line_of_a_slice_is_where_it_was_in_the_file(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, MESSY)
    lines = MESSY.splitlines()
    for number, line in enumerate(submission.source_for("f").splitlines()):
        assert not line or lines[number].startswith(line)
    line = submission.functions["f"].line
    assert lines[line - 1] == "def f(x, *, y=SCALE):"
    assert submission.where(line) == f"line {line}"


CODINGS = {
    "plain": ("def f():\n    return 'é'\n".encode(), "é"),
    "mark": (b"\xef\xbb\xbf" + "def f():\n    return 'é'\n".encode(), "é"),
    "utf-16": ("def f():\n    return 'é'\n".encode("utf-16"), "é"),
    "declared": ("# coding: cp1251\ndef f():\n    return 'ж'\n".encode("cp1251"), "ж"),
    "windows": (b"def f():\r\n\treturn 'a'\r\n", "a"),
    "old mac": (b"def f():\r\treturn 'a'\r", "a"),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_encodings_and_line_ends_are_read_without_a_remark(coding: str, tmp_path: Path) -> None:
    content, expected = CODINGS[coding]
    submission = handed_in(tmp_path, content)
    assert run(submission, "f")["f"]() == expected
    assert submission.remarks == ()


@pytest.mark.parametrize("line", ["", "# coding: punycode\n", "# coding: nonsense\n", "# coding: ascii\n"])
def test_what_is_not_utf_8_is_read_as_latin_1_with_a_remark(line: str, tmp_path: Path) -> None:
    submission = handed_in(tmp_path, (line + "def f():\n    return 'é'\n").encode("latin-1"))
    assert run(submission, "f")["f"]() == "é"
    assert "Latin-1" in submission.remarks[0]


def test_magics_go_and_remainders_stay(tmp_path: Path) -> None:
    submission = notebook(
        tmp_path,
        ["%matplotlib inline\n", "!pip install 'x\n", "files = !ls\n", "np.dot?\n", "N = (7\n", "  % 4)\n"],
        "%%time\ntext = '''\n%not a magic\n'''\ndef f():\n    if N:\n        %debug\n    return N, text",
        "%%bash\nrm -rf /",
    )
    assert run(submission, "f")["f"]() == (3, "\n%not a magic\n")
    assert submission.remarks == ("Code cell 3 was skipped: it is for %%bash.",)


def test_a_line_of_a_notebook_is_named_by_cell_and_line(tmp_path: Path) -> None:
    submission = notebook(tmp_path, "a = 1\n", "", "from __future__ import annotations\nimport sys\ndef f(x: Nope):\n    return a")
    line = submission.functions["f"].line
    assert submission.where(line) == "code cell 3, line 3"
    assert submission.source_for("f").splitlines()[line - 1] == "def f(x: Nope):"
    assert run(submission, "f")["f"](0) == 1


def test_broken_cells_are_named_and_the_others_used(tmp_path: Path) -> None:
    submission = notebook(tmp_path, "def f():\n    return 1", 7, "x = 1\n\ndef g(:\n    pass\ny = 2", "def g(): return y, '\\ud800'")
    assert run(submission, "f")["f"]() == 1
    assert run(submission, "g")["g"]()[0] == 2
    assert submission.remarks[0] == "Code cell 2 is damaged and was skipped."
    assert "code cell 3, line 3" in submission.remarks[1] and "lines 3-4 (g)" in submission.remarks[1]


def test_a_syntax_error_is_named_and_what_parses_is_used(tmp_path: Path) -> None:
    submission = handed_in(
        tmp_path, 'A = """\ndef no(:\n"""\nif A:\n    B = 1\nelse:\n    B = 2\ndef bad(x):\n    return x +\n\ndef f():\n    return A, B\n'
    )
    assert run(submission, "f")["f"]() == ("\ndef no(:\n", 1)
    assert submission.functions["f"].line == 11 and "bad" not in submission.functions
    assert len(submission.remarks) == 1
    assert "line 9" in submission.remarks[0] and "8-9 (bad)" in submission.remarks[0]


def test_the_last_definition_counts_and_is_said_to(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, "def f(x):\n    return 1\n\n\ndef f(y):\n    return 2\n")
    assert run(submission, "f")["f"](0) == 2
    assert submission.functions["f"].takes == ("y",)
    assert "x" not in submission.source_for("f")
    assert submission.remarks == ("f is defined 2 times, at line 1 and line 5: the last counts.",)


def test_functions_are_found_however_they_are_bound(tmp_path: Path) -> None:
    submission = handed_in(
        tmp_path,
        "import functools\nasync def a(x): pass\nb = lambda x, y: x\nc = functools.partial(b, 1)\nd = e = b\n"
        "def g(**options): pass\nclass C:\n    def method(self): pass\n"
        "if True:\n    def h(z): pass\nif __name__ == '__main__':\n    def i(): pass\nj = 3\n",
    )
    takes = {name: function.takes for name, function in submission.functions.items()}
    assert takes == {"a": ("x",), "b": ("x", "y"), "c": ("y",), "d": ("x", "y"), "e": ("x", "y"), "g": None, "h": ("z",)}
    assert run(submission, "c")["c"](5) == 1


BOUND = {
    "global": "def put():\n    global v\n    v = 7\nput()\n",
    "walrus": "print(v := 7)\n",
    "walrus in a comprehension": "[v := 7 for _ in range(1)]\n",
    "with": "import contextlib\nwith contextlib.nullcontext(7) as v:\n    pass\n",
    "for": "for v in (6, 7):\n    pass\n",
    "try": "try:\n    import nowhere as v\nexcept ImportError:\n    v = 7\n",
    "adding": "v = 3\nv += 4\n",
    "unpacking": "(u, [v, *w]) = 1, [7]\n",
    "star import": "from math import *\nv = floor(7.5)\n",
    "class": "class V:\n    base = 7\nv = V.base\n",
    "redefined helper": "def h(): return 7\nv = h()\ndef h(): return 8\n",
}


@pytest.mark.parametrize("way", BOUND)
def test_a_constant_is_found_however_it_is_bound(way: str, tmp_path: Path) -> None:
    submission = handed_in(tmp_path, BOUND[way] + "def f():\n    return v\n1 / 0\n")
    assert run(submission, "f")["f"]() == 7


def test_names_inside_a_function_need_nothing_outside(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, "x = y = z = input()\ndef f(x):\n    y = x\n    return [z + y for z in x]\n")
    assert "input" not in submission.source_for("f")


REFUSED: dict[str, tuple[str, bytes]] = {
    "nested brackets": ("a.py", b"(" * 5000 + b")" * 5000),
    "nested operators": ("a.py", b"x = " + b"-" * 200_000 + b"1"),
    "a long sum": ("a.py", b"x = 1" + b"+1" * 200_000),
    "nested JSON": ("a.ipynb", b"[" * 200_000),
    "no JSON": ("a.ipynb", b"def f(): pass"),
    "too much code": ("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "x\n" * 600_000}]}).encode()),
    "no cells": ("a.ipynb", b'{"cells": 3}'),
    "null byte": ("a.py", b"x = 1\0"),
    "too large": ("a.py", b"#" * (2**20 + 1)),
    "another kind": ("a.txt", b""),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    name, content = REFUSED[kind]
    if kind == "nested brackets":
        # The parser's own limit makes this a syntax error like another.
        assert "nested" in handed_in(tmp_path, content, name).remarks[0]
        return
    with pytest.raises(ValueError, match=r"^a\.\w+: expected [^\n]*[^.]$"):
        handed_in(tmp_path, content, name)


def test_links_folders_pipes_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "real.py")
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    for name, found in {"link": "symbolic link", "folder": "a folder", "pipe": "else", "none": "No such"}.items():
        with pytest.raises(ValueError, match=found):
            read_submission(tmp_path / f"{name}.py")


def test_an_unknown_function_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\(f\), got 'g'"):
        handed_in(tmp_path, "def f(): pass\n").source_for("g")


def test_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    submission = handed_in(tmp_path, f"open({str(mark)!r}, 'w')\ndef f(x=open({str(mark)!r}, 'w')):\n    pass\n")
    submission.source_for("f")
    assert not mark.exists()


NAMES = st.sampled_from(["a", "b", "c", "f"])


@st.composite
def modules(draw: st.DrawFn) -> str:
    """Statements over four names, in any order: many fail when run."""
    forms = [
        "{0} = {n}", "{0} = lambda: {1}", "def {0}(): return {1}", "def {0}(x={1}): return {2}", "{0} = {1}", "{0} = [{1}, {2}]",
        "{0} = {1}()", "if {1}: {0} = {2}", "for {0} in range({n}): {1} = {0}", "try: {0} = {1}.real\nexcept Exception: {0} = {2}",
        "import math as {0}, no_such as {1}", "import math, sys; {0} = math.floor", "class {0}: {1} = {2}", "({0} := {n})",
        "def {0}():\n    global {1}\n    {1} = {n}\n    return {2}", "{0}()", "print({1})", "{0} = [{1} for {1} in range({n})]",
        "@(lambda g: g)\ndef {0}(): return {1}()", "with open('/dev/null') as {0}: {1} = {n}", "{0} += {n}", "{0}, {1} = {2}, {n}",
    ]  # fmt: skip
    lines = ["a, b, c, f = 1, [2], len, abs"]
    for _ in range(draw(st.integers(1, 9))):
        form = draw(st.sampled_from(forms))
        lines.append(form.format(draw(NAMES), draw(NAMES), draw(NAMES), n=draw(st.integers(0, 3))))
    return "\n".join([*lines, f"def f(): return [a, b, {draw(NAMES)}]"][: len(lines) + draw(st.integers(0, 1))]) + "\n"


def outcome(space: dict[str, Any]) -> str:
    """What calling f gives, as text without addresses."""
    try:
        value = space["f"]()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"{value}" if isinstance(value, int | list) and "0x" not in f"{value}" else type(value).__name__


@settings(derandomize=True, deadline=None, max_examples=700)
@given(source=modules())
def test_a_slice_defines_and_does_what_the_whole_file_does(source: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole: dict[str, Any] = {}
    path = tmp_path_factory.getbasetemp() / "generated.py"
    path.write_text(source)
    submission = read_submission(path)
    try:
        exec(compile(source, "whole", "exec"), whole)
    except Exception:
        return
    if "f" in submission.functions:
        assert outcome(run(submission, "f")) == outcome(whole)
