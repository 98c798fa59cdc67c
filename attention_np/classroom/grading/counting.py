"""Which of a student's files counts for an exercise."""

from __future__ import annotations

import ast
import warnings

from ..exercise import Exercise
from .handed_in import HandedIn, Read


def holding(handed_in: HandedIn, exercise: Exercise) -> list[Read]:
    """The files with the exercise's function, the one that counts first: the latest of those in which it was worked on, if any.

    Who was given a file and a notebook may fill in one and hand in both.
    """
    found = [read for read in handed_in.files if exercise.name in read.submission.functions]
    if len(found) < 2:
        return found
    blank = _body(exercise.blank, exercise.name)
    worked_on = [read for read in found if _own(read, exercise.name) not in (blank, "")]
    return worked_on or found[:1]


def _own(read: Read, name: str) -> str:
    try:
        return _body(read.submission.source_for(name), name)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ""


def _body(source: str, name: str) -> str:
    """What a function does, as text in which comments, docstring and layout do not show; "" if it is no plain function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = node.body[0]
            said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            return ast.dump(ast.Module(node.body[1:] if said else node.body, []))
    return ""
