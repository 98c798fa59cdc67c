"""How much one function's code is like another's, whatever its names and constants are called.

After Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting" (2003): of the sequences of k
nodes of a syntax tree only some are kept, at least one of each window of w. What was handed out, and what is common to many, says
nothing and is left out; so is a function with too little left.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple
from zlib import crc32

from ..exercise import Exercise
from .counting import holding
from .people import Person
from .result import Likeness

PACKAGE = "the solution in this package"

_NODES, _WINDOW = 10, 4
_FEWEST = 14
_ALIKE = 0.8
_COMMON, _AT_LEAST = 1 / 4, 4


class _Own(NamedTuple):
    """A student's name and fingerprints of one exercise."""

    student: str
    prints: frozenset[int]


def likenesses(people: Sequence[Person], exercises: Sequence[Exercise], usual: Sequence[Exercise]) -> Iterator[Likeness]:
    """All pairs that are much alike, and who is much like the package.

    `usual` are the exercises with their usual contract: where an assignment varies it, a copy of the package is still one.
    """
    for exercise, plain in zip(exercises, usual, strict=True):
        blank = _prints(exercise.blank)
        own = [_Own(person.name, prints - blank) for person in people if (prints := _handed_in(person, exercise))]
        counts = Counter(one for student in own for one in student.prints)
        # In a small class two who copied must not count as many.
        many = max(_AT_LEAST, _COMMON * len(own))
        common = {one for one, count in counts.items() if count >= many}
        solutions = [_prints(one.solution) - blank for one in (exercise, plain)]
        for student in own:
            if (share := max(_share(student.prints, solution) for solution in solutions)) >= _ALIKE:
                yield Likeness(exercise.name, student.student, PACKAGE, share)
        rare = [_Own(student.student, student.prints - common.union(*solutions)) for student in own]
        for first, second in combinations([one for one in rare if len(one.prints) >= _FEWEST], 2):
            if (share := _share(first.prints, second.prints)) >= _ALIKE:
                yield Likeness(exercise.name, first.student, second.student, share)


def _share(first: frozenset[int], second: frozenset[int]) -> float:
    """Of the smaller set that is in the larger; 0 where it is too small to say anything."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller >= _FEWEST else 0.0


def _handed_in(person: Person, exercise: Exercise) -> frozenset[int]:
    """Of the file that counts; code that cannot be compared is like nothing."""
    found = [] if person.handed_in is None else holding(person.handed_in, exercise)
    try:
        return _prints(found[0].submission.source_for(exercise.name)) if found else frozenset()
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return frozenset()


@cache
def _prints(source: str) -> frozenset[int]:
    """The fingerprints of the functions in a source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    words = [word for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom) for word in _words(node)]
    hashes = [crc32(" ".join(words[at : at + _NODES]).encode()) for at in range(len(words) - _NODES + 1)]
    return frozenset(min(hashes[at : at + _WINDOW]) for at in range(max(0, len(hashes) - _WINDOW + 1)))


def _words(node: ast.AST) -> Iterator[str]:
    """The tree's nodes in order, without names, constants, annotations and docstrings; what is called of NumPy keeps its name."""
    if isinstance(node, ast.expr_context | ast.arguments | ast.alias):
        return
    yield f".{node.attr}" if isinstance(node, ast.Attribute) else type(node).__name__
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _words(child)


def _is_text(node: ast.AST) -> bool:
    """A docstring, or another line that does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
