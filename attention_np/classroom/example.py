"""The worked example of an exercise, whose numbers are computed by the reference and never typed; and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functional._checks import Array
from .exercise import Exercise


def example_results(exercise: Exercise) -> dict[str, Array]:
    """What the right function gives for the example's arguments, by the results' names."""
    given = exercise.subject.reference(*exercise.example.values())
    values = given if isinstance(given, tuple) else (given,)
    return {name: np.asarray(value) for name, value in zip(exercise.subject.results, values, strict=True)}


def example_lines(exercise: Exercise) -> list[str]:
    """The example as a person reads it: each argument, and each result behind an arrow."""
    lines = []
    for arrow, named in (("", exercise.example), ("→ ", example_results(exercise))):
        for name, value in named.items():
            lines.extend(_lines(f"{arrow}{name} = ", value))
    return lines


def fact_lines(exercise: Exercise) -> list[str]:
    """Two lines: how hard it is and how long it takes, and its points by group of cases."""
    groups = ", ".join(f"{group.name} {group.points}" for group in exercise.groups)
    notebook = f", notebook {exercise.notebook}" if exercise.notebook else ""
    return [
        f"difficulty {exercise.difficulty} of 5, about {exercise.minutes} minutes{notebook}",
        f"{exercise.points} points: {groups}",
    ]


def _lines(name: str, value: Any) -> list[str]:
    text = np.array2string(np.asarray(value), precision=4, suppress_small=True, separator=", ")
    first, *others = text.splitlines()
    return [name + first, *(" " * len(name) + line for line in others)]
