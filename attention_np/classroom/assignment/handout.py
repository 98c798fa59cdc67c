"""The hand-out as one Python file: for each exercise what is asked, an example, and the blank."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from ..example import example_lines, fact_lines
from ..exercise import Exercise
from .prose import lines_of


class Blank(NamedTuple):
    """A blank without its imports, and those."""

    imports: tuple[str, ...]
    code: str


def python_file(title: str, file: str, exercises: Sequence[Exercise], *, own: bool) -> str:
    """The source of a hand-out that can be run as it is.

    Parameters
    ----------
    title, file : str
        Of the assignment, and the name that the file will have.
    exercises : sequence of Exercise
    own : bool
        Whether they are the teacher's own, so that a learner's machine cannot check them.
    """
    blanks = [blank_without_imports(exercise) for exercise in exercises]
    imports = dict.fromkeys(line for blank in blanks for line in blank.imports)
    head = f'"""{title.rstrip(".")}.\n\n{how_to("" if own else file)}\n"""'
    parts = [
        "\n".join([*(f"# {line}".rstrip() for line in _about(exercise)), "", "", blank.code])
        for exercise, blank in zip(exercises, blanks, strict=True)
    ]
    future = [line for line in imports if line.startswith("from __future__")]
    others = [line for line in imports if line not in future]
    return (
        "\n\n\n".join([f"{head}\n\n" + "\n\n".join("\n".join(one) for one in (future, others) if one), *parts]) + "\n"
    )


def how_to(file: str) -> str:
    """What a learner does with the hand-out; how it is checked, where a file is named."""
    what = (
        "Write each function in the place of its `raise NotImplementedError`, or mend it where code is given; keep names and\n"
        "arguments. You may add functions of your own, and need NumPy alone."
    )
    return (
        f"{what} To see whether it is right, as often as you like:\n\n    attention-np check {file}" if file else what
    )


def blank_without_imports(exercise: Exercise) -> Blank:
    """An exercise's blank, cut in two."""
    lines = exercise.blank.rstrip().splitlines()
    found = [node for node in ast.parse(exercise.blank).body if isinstance(node, ast.Import | ast.ImportFrom)]
    dropped = {number for node in found for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    left = [line for number, line in enumerate(lines, 1) if number not in dropped]
    return Blank(tuple(ast.unparse(node) for node in found), "\n".join(left).strip("\n"))


def _about(exercise: Exercise) -> list[str]:
    heading = f"{exercise.name}: {exercise.title}"
    paragraphs = [lines_of(one) for one in exercise.statement.split("\n\n")]
    said = [line for paragraph in paragraphs for line in ("", *paragraph)]
    example = [f"    {line}" for line in example_lines(exercise)]
    facts = [line for fact in fact_lines(exercise) for line in lines_of(fact)]
    return ["-" * len(heading), heading, *facts, *said, "", "A worked example:", *example]
