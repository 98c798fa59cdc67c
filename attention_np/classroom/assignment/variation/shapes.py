"""The shapes that a statement gives: read, and written anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...exercise import Exercise

_HEADING = "**Shapes.** "
_NAMED = re.compile(r"`(\w+)`([^`]*)")
_SHAPE = re.compile(r"\([^()]*\)")


class Shapes(NamedTuple):
    """Shapes by name, as ``"(..., L, d)"``; names that have none are left out."""

    arguments: dict[str, str]
    results: dict[str, str]


def shapes_of(exercise: Exercise) -> Shapes:
    """What the statement says behind its last heading."""
    before, _, after = _line(exercise.statement)[1].partition("→")
    arguments, results = _named(before), _named(after)
    names = exercise.subject.results
    if len(names) == 1 and not results and (found := _SHAPE.search(after)):
        results = {names[0]: found.group()}
    for name in names:
        # "each of its shape".
        if name not in results and name.removeprefix("d_") in arguments:
            results[name] = arguments[name.removeprefix("d_")]
    return Shapes(arguments, results)


def exchanged(shape: str) -> str:
    """A shape with its last two axes exchanged."""
    *lead, one, other = shape[1:-1].split(", ")
    return f"({', '.join([*lead, other, one])})"


def restated(exercise: Exercise, words: str, moved: Mapping[str, str], given: Sequence[str]) -> str:
    """The statement with a paragraph on what is different, and with its shapes anew.

    Parameters
    ----------
    exercise : Exercise
    words : str
    moved : mapping
        From the shapes that change to what they become.
    given : sequence of str
        The results that are returned; empty: as before.
    """
    text, line = _line(exercise.statement)
    if given:
        results = shapes_of(exercise).results
        line = line.partition("→")[0] + "→ " + ", ".join(f"`{name}` {results.get(name, '')}".strip() for name in given)
    for old, new in moved.items():
        line = line.replace(old, new)
    parts = [text.rstrip(), f"**Different here.** {words}", *([f"{_HEADING}{line}"] if line else [])]
    return "\n\n".join(parts)


def shapes_line(statement: str) -> str:
    """The shapes of a statement as plain text."""
    return _line(statement)[1].replace("`", "")


def _line(statement: str) -> tuple[str, str]:
    text, _, line = statement.partition(_HEADING)
    return text, line


def _named(part: str) -> dict[str, str]:
    found = ((name, _SHAPE.search(rest)) for name, rest in _NAMED.findall(part))
    return {name: shape.group() for name, shape in found if shape}
