"""A notebook of Jupyter made from its source: the same source gives the same notebook, ids included."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .exercise_cells import exercise_cells
from .source import SourceCell, read

# What a notebook says of the kernel that it asks for; all else would differ from machine to machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Built(NamedTuple):
    """A notebook that was not run yet.

    Attributes
    ----------
    notebook : nbformat.NotebookNode
    lines : list of int
        The line of the source behind each cell.
    """

    notebook: Any
    lines: list[int]


def notebook_of(cells: Sequence[SourceCell]) -> Built:
    """Make the notebook."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    made, lines = [], []
    counts: Counter[str] = Counter()
    for cell in cells:
        parts = exercise_cells(cell.text) if cell.kind == "exercise" else [(cell.kind, cell.text)]
        for kind, text in parts:
            new = new_code_cell if kind == "code" else new_markdown_cell
            metadata = {"tags": list(cell.tags)} if cell.tags else {}
            made.append(new(text, id=_identity(kind, text, counts), metadata=metadata))
            lines.append(cell.line)
    return Built(new_notebook(cells=made, metadata=METADATA), lines)


def from_file(file: Path) -> Built:
    """The notebook of a source file."""
    return notebook_of(read(file))


def _identity(kind: str, text: str, counts: Counter[str]) -> str:
    """An id that follows from the content, so that a new cell leaves those of the others as they are."""
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:8]
    counts[digest] += 1
    return digest if counts[digest] == 1 else f"{digest}-{counts[digest]}"
