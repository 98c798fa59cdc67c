"""The hand-out as a notebook, with the cell metadata by which nbgrader knows what may be changed and what has points."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from ..example import example_lines, fact_lines
from ..exercise import Exercise
from .handout import blank_without_imports, how_to
from .variation.sources import NOT_DONE

Cell = dict[str, Any]
_SCHEMA = 3
_RUN = "\n\nor run the cell: its first line checks it, and `--hint 1` (2, 3) behind it asks for a hint."
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"


def notebook(title: str, file: str, exercises: Sequence[Exercise], *, own: bool) -> str:
    """The text of a notebook that `nbgrader generate_assignment` takes as its source and students as it is.

    Parameters
    ----------
    title, file, exercises, own
        As of `python_file`; the notebook of a teacher's own exercises has no cells that check.
    """
    imports = dict.fromkeys(line for exercise in exercises for line in blank_without_imports(exercise).imports)
    setup = [*imports] if own else ["%load_ext attention_np.classroom", *imports]
    cells = [
        _cell("markdown", "title", f"# {title}\n\n{how_to('') if own else f'{how_to(file)}{_RUN}'}", locked=True),
        _cell("code", "setup", "\n".join(setup), locked=True),
    ]
    for number, exercise in enumerate(exercises, 1):
        cells += _cells(number, exercise, own)
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def checksum(cell: Cell) -> str:
    """What nbgrader computes of a cell, to see whether somebody changed it."""
    about = cell["metadata"]["nbgrader"]
    locked = about["grade"] or about["locked"] and not about["solution"]
    parts = [
        _text(cell),
        cell["cell_type"],
        str(about["grade"]),
        str(about["solution"]),
        str(locked),
        about["grade_id"],
    ]
    if about["grade"]:
        parts.append(str(float(about["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _cells(number: int, exercise: Exercise, own: bool) -> list[Cell]:
    """What is asked, the place for the answer, and a cell whose value is the points, by nbgrader's rule for part of them."""
    identity = f"{number:02}-{re.sub('[^A-Za-z0-9]', '-', exercise.name)}"
    example = "\n".join(f"    {line}" for line in example_lines(exercise))
    facts = "  \n".join(fact_lines(exercise))
    about = f"## {exercise.title}\n\n{facts}\n\n{exercise.statement}\n\nA worked example:\n\n{example}"
    code = blank_without_imports(exercise).code
    answer = _marked(code) if own else f"%%check {exercise.name}\n{_marked(code)}"
    checked = (
        "# For nbgrader: the points that the check above came to, in the learner's own process.\n"
        "# What counts is attention-np grade.\n"
        f'from attention_np.classroom import check_points\n\ncheck_points("{exercise.name}", of={exercise.points})'
    )
    cells = [_cell("markdown", f"{identity}-asked", about, locked=True)]
    if NOT_DONE in code:
        cells.append(_cell("code", f"{identity}-answer", answer, solution=True))
    else:
        # Code that is to be mended is a cell of no kind: nbgrader would clear it.
        cells.append(_plain("code", f"{identity}-answer", answer))
    return cells if own else [*cells, _cell("code", f"{identity}-points", checked, locked=True, points=exercise.points)]


def _marked(code: str) -> str:
    """The blank with nbgrader's marks around what it may clear."""
    pattern = rf"^( *){re.escape(NOT_DONE)}$"
    return re.sub(pattern, rf"\1{_BEGIN}\n\1{NOT_DONE}\n\1{_END}", code, flags=re.MULTILINE)


def _cell(
    kind: str, identity: str, text: str, *, locked: bool = False, solution: bool = False, points: int | None = None
) -> Cell:
    made = _plain(kind, identity, text)
    about: dict[str, Any] = {
        "schema_version": _SCHEMA,
        "grade": points is not None,
        "solution": solution,
        "locked": locked,
        "task": False,
        "grade_id": identity,
        "cell_type": kind,
    }
    if points is not None:
        about["points"] = points
    made["metadata"] = {"nbgrader": about}
    about["checksum"] = checksum(made)
    return made


def _plain(kind: str, identity: str, text: str) -> Cell:
    made: Cell = {"cell_type": kind, "id": identity[:64], "metadata": {}, "source": text.splitlines(keepends=True)}
    return {**made, "execution_count": None, "outputs": []} if kind == "code" else made


def _text(cell: Cell) -> str:
    return "".join(cell["source"])
