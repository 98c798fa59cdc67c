"""The text source of a notebook: Python in the percent format, a cell under each ``# %%``.

Three kinds of cells: ``# %% [markdown]``, each line behind ``# ``; ``# %%``, code, with IPython's magics as they are; and ``# %%
[exercise] NAME``, which has no text of its own. ``# %% tags=["timing"]`` marks code whose output differs from run to run, and
``tags=["machine"]`` code whose output depends on what is installed.

This much is 60 lines; jupytext, which reads far more, knows no exercises and gives cells other ids at each conversion.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

TAGS = ("timing", "machine")
"""Of cells whose outputs are not those of other runs, or of other machines: a build keeps them, no test compares them."""

_HEAD = re.compile(r"# %%(?: \[(?P<kind>\w+)\](?: (?P<name>\w+))?)?(?: tags=(?P<tags>\[.*\]))?\s*")


@dataclass(frozen=True)
class SourceCell:
    """A cell as it is written.

    Attributes
    ----------
    kind : "markdown", "code" or "exercise"
    text : str
        Without the comment signs of Markdown; of an exercise its name.
    tags : tuple of str
    line : int
        Of its head, from 1.
    """

    kind: Literal["markdown", "code", "exercise"]
    text: str
    tags: tuple[str, ...]
    line: int


def parse(source: str, where: str) -> list[SourceCell]:
    """Cut a source into its cells.

    Parameters
    ----------
    source : str
    where : str
        What errors call it: the file.

    Raises
    ------
    ValueError
        If a head is of no known kind, or a line stands where it has no place; names the line.
    """
    lines = source.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("# %%")]
    if not heads or any(line.strip() for line in lines[: heads[0]]):
        raise ValueError(f"{where}: expected a cell's head, # %%, in the first line")
    ends = [*heads[1:], len(lines)]
    return [_cell(lines[head], lines[head + 1 : end], head + 1, where) for head, end in zip(heads, ends, strict=True)]


def read(file: Path) -> list[SourceCell]:
    """The cells of a file."""
    return parse(file.read_text(encoding="utf-8"), file.name)


def _cell(head: str, body: list[str], line: int, where: str) -> SourceCell:
    found = _HEAD.fullmatch(head)
    kind = (found["kind"] or "code") if found else None
    if found is None or kind not in ("markdown", "code", "exercise") or (kind == "exercise") != (found["name"] is not None):
        raise ValueError(
            f'{where}, line {line}: expected # %%, # %% [markdown], # %% [exercise] NAME or # %% tags=["{TAGS[0]}"], got {head}'
        )
    tags = tuple(json.loads(found["tags"] or "[]"))
    if unknown := set(tags).difference(TAGS):
        raise ValueError(f"{where}, line {line}: expected no tag but {' and '.join(TAGS)}, got {', '.join(sorted(unknown))}")
    if kind == "exercise":
        if any(row.strip() for row in body):
            raise ValueError(f"{where}, line {line}: expected no text under an exercise; all of it is in the catalogue")
        return SourceCell("exercise", found["name"], tags, line)
    if kind == "markdown":
        body = [_plain(row, line + 1 + number, where) for number, row in enumerate(body)]
    return SourceCell("markdown" if kind == "markdown" else "code", "\n".join(body).strip("\n"), tags, line)


def _plain(row: str, line: int, where: str) -> str:
    """A line of Markdown without its comment sign."""
    if row.strip() and row != "#" and not row.startswith("# "):
        raise ValueError(f"{where}, line {line}: expected a line of Markdown behind '# ', got {row}")
    return row[2:].rstrip()
