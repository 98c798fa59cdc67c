"""An exercise as cells: what is asked with a worked example, the blank under the check, hints and solution folded."""

from __future__ import annotations

from ...classroom.catalogue import exercise_named
from ...classroom.example import example_lines
from ...classroom.exercise import Exercise
from ...visualize.markup import text


def exercise_cells(name: str) -> list[tuple[str, str]]:
    """The kind and the text of each cell, all from the catalogue.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    exercise = exercise_named(name)
    return [
        ("markdown", _asked(exercise)),
        ("code", f"%%check {name}\n{exercise.blank.strip()}"),
        ("markdown", "\n\n".join([*map(_hint, range(1, 4), exercise.hints), _solution(exercise)])),
    ]


def _asked(exercise: Exercise) -> str:
    example = "\n".join(example_lines(exercise))
    return (
        f"### Exercise · {exercise.title}\n\n"
        f"`{exercise.name}` · difficulty {'●' * exercise.difficulty}{'○' * (5 - exercise.difficulty)} {exercise.difficulty} of 5 · "
        f"about {exercise.minutes} minutes\n\n{exercise.statement}\n\n**A worked example.**\n\n```\n{example}\n```"
    )


def _hint(number: int, hint: str) -> str:
    return f"<details>\n<summary>Hint {number} of 3</summary>\n\n{text(hint)}\n\n</details>"


def _solution(exercise: Exercise) -> str:
    return f"<details>\n<summary>Solution</summary>\n\n```python\n{exercise.solution.strip()}\n```\n\n</details>"
