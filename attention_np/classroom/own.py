"""A teacher's own exercises: a Python file each, in a folder of theirs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from .exercise import Exercise


def own_exercises(folder: Path) -> tuple[Exercise, ...]:
    """The exercises of a folder; each file defines ``EXERCISE``, and is run to read it: it is the teacher's, and trusted.

    Parameters
    ----------
    folder : Path
        Its ``*.py`` are read in the order of their names; names that begin with an underscore are helpers.

    Raises
    ------
    ValueError
        If there is none, one does not define an `Exercise`, or two have the same name.
    """
    files = sorted(file for file in Path(folder).glob("*.py") if not file.name.startswith("_"))
    if not files:
        raise ValueError(f"exercises: expected a folder with a Python file for each exercise, found none in {folder}")
    found: dict[str, Path] = {}
    exercises = []
    for file in files:
        exercise = _exercise_of(file)
        if exercise.name in found:
            raise ValueError(f"exercises: {exercise.name} is defined twice, in {found[exercise.name]} and in {file}")
        found[exercise.name] = file
        exercises.append(exercise)
    return tuple(exercises)


def _exercise_of(file: Path) -> Exercise:
    name = f"attention_np_own_exercises.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"exercises: {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Where `blank_of` and `solution_of` look for the source of the functions in it.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"exercises: {file} raised {type(error).__name__}: {error}") from error
    exercise = getattr(module, "EXERCISE", None)
    if not isinstance(exercise, Exercise):
        raise ValueError(f"exercises: expected EXERCISE, an Exercise, in {file}; got {type(exercise).__name__}")
    return exercise
