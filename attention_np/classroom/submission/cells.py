"""A notebook's code cells, without what only IPython understands."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_MOST_CODE = 2**20
# What these cell magics hold is Python; what others hold may be anything.
_PYTHON_CELLS = {"time", "timeit", "capture", "prun", "check", "python", "python3"}
_MAGIC = re.compile(r"\s*(?:[%!?]|(?:[\w.]+\s*=|[\w.]+(?:\s*,\s*[\w.]+)+\s*=)\s*[%!]|[\w.]+\?{1,2}\s*$)")
_TOKEN = re.compile(r"#.*|[rbuRBU]{0,2}('''|\"\"\"|'|\")|[()\[\]{}]|\\$")
_END = {quote: re.compile(r"(?:[^\\]|\\.)*?" + quote) for quote in ("'''", '"""', "'", '"')}


class Cell(NamedTuple):
    """A code cell: its number among the code cells, from 1, and its lines."""

    number: int
    lines: list[str]


def read_cells(text: str, name: str) -> tuple[list[Cell], list[str]]:
    """The code cells that hold Python, and a remark on each that does not.

    A line with a magic gives way to ``pass``, so that lines keep their numbers.
    """
    try:
        notebook = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"{name}: expected a notebook, got JSON nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"{name}: expected a notebook, got what is not JSON; save it again from Jupyter") from error
    cells, remarks = [], []
    code = [cell for cell in _listed(notebook, name) if not isinstance(cell, dict) or cell.get("cell_type") == "code"]
    written = 0
    for number, cell in enumerate(code, 1):
        source = _source(cell)
        if source is None:
            remarks.append(f"Code cell {number} is damaged and was skipped.")
            continue
        lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        written += len(source)
        if written > _MOST_CODE:
            raise ValueError(f"{name}: expected at most {_MOST_CODE} characters of code, got more")
        first = next((index for index, line in enumerate(lines) if line.strip()), 0)
        if lines[first].startswith("%%"):
            magic = (lines[first][2:].split() or [""])[0]
            if magic not in _PYTHON_CELLS:
                remarks.append(f"Code cell {number} was skipped: it is for %%{magic}.")
                continue
            lines[first] = ""
        cells.append(Cell(number, without_magics(lines)))
    return cells, remarks


def without_magics(lines: list[str]) -> list[str]:
    """The lines, with ``pass`` for each that is a magic: not within brackets or text, where % is the remainder."""
    kept = []
    depth, quote, joined, magic = 0, "", False, False
    for line in lines:
        if magic or not (depth or quote or joined) and _MAGIC.match(line):
            magic = line.endswith("\\")
            kept.append(line[: len(line) - len(line.lstrip())] + "pass")
            continue
        kept.append(line)
        depth, quote, joined = _state_after(line, depth, quote)
    return kept


def _state_after(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """How many brackets are open after a line, which quotes, and whether a backslash joins the next line to it."""
    place = 0
    while True:
        if quote:
            end = _END[quote].match(line, place)
            if end is None:
                return depth, quote if len(quote) == 3 or line.endswith("\\") else "", False
            place, quote = end.end(), ""
        token = _TOKEN.search(line, place)
        if token is None or token.group().startswith("#"):
            return depth, "", False
        if token.group() == "\\":
            return depth, "", True
        place = token.end()
        if token.group(1):
            quote = token.group(1)
        else:
            depth = max(0, depth + (1 if token.group() in "([{" else -1))


def _listed(notebook: Any, name: str) -> list[Any]:
    """All cells, of the present format or of that before it, whose sheets held them."""
    if isinstance(notebook, dict):
        sheets = notebook.get("worksheets")
        if "cells" not in notebook and isinstance(sheets, list):
            found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in found if isinstance(cells, list) for cell in cells]
        if isinstance(notebook.get("cells"), list):
            return notebook["cells"]
    raise ValueError(f"{name}: expected a notebook with a list of cells, got JSON without one")


def _source(cell: Any) -> str | None:
    source = cell.get("source", cell.get("input")) if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or "\0" in source:
        return None
    # JSON can hold half of a pair of surrogates, which is no character.
    return source.encode("utf-8", "replace").decode("utf-8")
