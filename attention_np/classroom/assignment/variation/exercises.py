"""An exercise with another contract: statement, blank, example, solution, cases and known mistakes go along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ....gradcheck.catalogue import mistakes_of
from ....gradcheck.catalogue.mistake import Mistake
from ....gradcheck.evidence import Situation
from ....gradcheck.judge import Subject
from ...exercise import Exercise
from .conversions import Conversions, conversions_of
from .shapes import restated, shapes_line
from .sources import NOT_DONE, not_done, wrapped
from .variation import Variation, in_words, moved_shapes

COMMENT = "# contract of {}: "


def varied(exercise: Exercise, variation: Variation) -> Exercise:
    """The exercise with the contract of a variation that applies to it."""
    if variation == Variation():
        return exercise
    conversions = conversions_of(exercise, variation)
    moved = moved_shapes(exercise, variation.axes)
    words = in_words(exercise, variation)
    statement = restated(exercise, words, moved, variation.results)
    names = tuple(next(exercise.draw(None, np.random.default_rng(0))).arguments)
    usual = exercise.subject

    def reference(*values: Any, **options: Any) -> Any:
        result = usual.reference(*_usual(conversions, names, values), **_usual_options(conversions, options))
        results = result if isinstance(result, tuple) else (result,)
        return conversions.converted(dict(zip(usual.results, results, strict=True)))

    return replace(
        exercise,
        statement=statement,
        example={name: _given(conversions, name, value) for name, value in exercise.example.items()},
        hints=(_hint(exercise.hints[0]), _hint(exercise.hints[1]), _hint(exercise.hints[2])),
        blank=_blank(exercise, variation, conversions, words, statement),
        solution=wrapped(exercise.solution, exercise.name, usual.results, conversions),
        subject=Subject(usual.name, reference, conversions.results),
        draw=_drawing(exercise, conversions, names),
        mistakes=tuple(_mistakes(exercise.mistakes, conversions, names)),
        pairing=None,
    )


def comment(name: str, variation: Variation) -> str:
    """A line that says of a function what is different about it."""
    parts = [
        variation.axes,
        "True is hidden" if variation.hidden else "",
        f"times {variation.times}" if variation.times != 1 else "",
        f"returns {', '.join(variation.results)}" if variation.results else "",
    ]
    return COMMENT.format(name) + "; ".join(part for part in parts if part)


def _hint(text: str) -> str:
    return f"{text} (This is said of the usual contract: mind what is different here.)"


def _blank(
    exercise: Exercise,
    variation: Variation,
    conversions: Conversions,
    words: str,
    statement: str,
) -> str:
    """The blank with its docstring anew; code that is to be mended is wrapped, as the solution is."""
    above = comment(exercise.name, variation)
    if NOT_DONE not in exercise.blank:
        return wrapped(exercise.blank, exercise.name, exercise.subject.results, conversions, above)
    docstring = f"{exercise.title}.\n\nDifferent here: {words.replace('`', '')}\n\nShapes: {shapes_line(statement)}"
    return not_done(exercise.blank, exercise.name, docstring, above)


def _given(conversions: Conversions, name: str, value: Any) -> Any:
    return conversions.given[name](value) if name in conversions.given else value


def _usual(conversions: Conversions, names: tuple[str, ...], values: tuple[Any, ...]) -> list[Any]:
    """Arguments of the usual function, from those of the varied one."""
    return [
        conversions.taken[name].apply(value) if name in conversions.taken else value
        for name, value in zip(names, values, strict=False)
    ]


def _usual_options(conversions: Conversions, options: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(options, _usual(conversions, tuple(options), tuple(options.values())), strict=True))


def _drawing(
    exercise: Exercise, conversions: Conversions, names: tuple[str, ...]
) -> Callable[[Collection[str] | None, np.random.Generator], Iterator[Situation]]:
    def draw(taken: Collection[str] | None, rng: np.random.Generator) -> Iterator[Situation]:
        for situation in exercise.draw(taken, rng):
            known = mistakes_of(situation.function) if situation.mistakes is None else situation.mistakes
            yield replace(
                situation,
                # To the checker it is nobody's function but the exercise's own.
                function="",
                arguments={name: _given(conversions, name, value) for name, value in situation.arguments.items()},
                options={name: _given(conversions, name, value) for name, value in situation.options.items()},
                upstream=None,
                jacobian=lambda name: None,
                mistakes=tuple(_mistakes(known, conversions, names)),
            )

    return draw


def _mistakes(known: Collection[Mistake], conversions: Conversions, names: tuple[str, ...]) -> Iterator[Mistake]:
    """The known mistakes of results that are still returned, as they come out of the varied function."""
    for mistake in known:
        if mistake.result in conversions.results:
            yield mistake._replace(formula=_formula(mistake, conversions, names))


def _formula(mistake: Mistake, conversions: Conversions, names: tuple[str, ...]) -> Callable[..., Any]:
    def formula(*values: Any, **options: Any) -> Any:
        wrong = mistake.formula(*_usual(conversions, names, values), **_usual_options(conversions, options))
        return conversions.result(mistake.result, np.asarray(wrong))

    return formula
