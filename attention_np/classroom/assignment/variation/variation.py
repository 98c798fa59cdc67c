"""What can be different about a contract, as plain data, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...exercise import Exercise
from .shapes import Shapes, exchanged, shapes_of

SOURCES_FIRST = "a row for each source"
FEATURES_FIRST = "a row for each feature"
GRADIENT = "grad"
"""The argument that a factor stands at, where there is one: a new parameter has no use for a factor."""

_POSITIONS, _FEATURES = {"L", "S", "N"}, {"d", "e", "width", "width / h", "h d"}


@dataclass(frozen=True)
class Variation:
    """What is different about an exercise.

    Attributes
    ----------
    axes : str
        `SOURCES_FIRST`: arrays of a number for each target and source have their last two axes exchanged;
        `FEATURES_FIRST`: arrays of vectors have. Empty: as usual.
    results : tuple of str
        What is returned, in this order. Empty: as usual.
    times : int
        A factor at every result, or at the argument `grad`.
    hidden : bool
        True in a mask means that attending is forbidden.
    """

    axes: str = ""
    results: tuple[str, ...] = ()
    times: int = 1
    hidden: bool = False


def moved_shapes(exercise: Exercise, axes: str) -> dict[str, str]:
    """From each shape whose last two axes are exchanged to what it becomes."""
    shapes = shapes_of(exercise)
    # Along `axis` a function works in either order of the axes.
    if not axes or "`axis`" in exercise.statement:
        return {}
    every = {*shapes.arguments.values(), *shapes.results.values()}
    return {shape: exchanged(shape) for shape in sorted(every) if _exchanges(shape, axes)}


def in_words(exercise: Exercise, variation: Variation) -> str:
    """Sentences for the statement."""
    sentences = []
    if variation.axes:
        named = _named(exercise, shapes_of(exercise), moved_shapes(exercise, variation.axes), variation.results)
        sentences.append(f"Some arrays have their last two axes exchanged, {variation.axes}: {named}.")
    if variation.hidden:
        sentences.append("The mask is True where attending is forbidden, and False where it is allowed.")
    if variation.times != 1:
        sentences.append(
            f"The `{GRADIENT}` that is given is {variation.times} times the gradient of the equation."
            if GRADIENT in shapes_of(exercise).arguments
            else f"Every result is {variation.times} times what the equation gives."
        )
    if variation.results:
        names = ", ".join(f"`{name}`" for name in variation.results)
        several = " in this order" if len(variation.results) > 1 else ""
        fewer = len(variation.results) < len(exercise.subject.results)
        sentences.append(f"Return {names}{several}{', and nothing else' if fewer else ''}.")
    return " ".join(sentences)


def _exchanges(shape: str, axes: str) -> bool:
    *_, one, other = ["", "", *shape[1:-1].split(", ")]
    if axes == SOURCES_FIRST:
        return (one, other) == ("L", "S")
    return (one in _POSITIONS and other in _FEATURES) or (one, other) == ("in", "out")


def _named(exercise: Exercise, shapes: Shapes, moved: Mapping[str, str], given: tuple[str, ...]) -> str:
    named = [f"`{name}` {moved[shape]}" for name, shape in shapes.arguments.items() if shape in moved]
    for name, shape in shapes.results.items():
        if shape in moved and (not given or name in given):
            named.append(f"{'the result' if len(exercise.subject.results) == 1 else f'`{name}`'} {moved[shape]}")
    return ", ".join(named)
