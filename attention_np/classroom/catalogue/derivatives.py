"""An exercise on numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import Rng, numbers, own_exercise

_TOPIC = "checking"


def numerical_gradient(function: Callable[[Array], float], inputs: Array, step: float) -> Array:
    """The gradient of a function by central differences.

    Parameters
    ----------
    function : callable
        Gives a number for an array like `inputs`.
    inputs : array (...)
    step : float

    Returns
    -------
    array (...)
    """
    gradient = np.zeros_like(inputs)
    for index in np.ndindex(inputs.shape):
        above, below = inputs.copy(), inputs.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


def drive(gradient: Callable[..., Any], inputs: Array, factors: Array, step: float) -> Any:
    """The numerical gradient of Σ a x³."""
    return gradient(lambda x: float(np.sum(factors * x**3)), inputs, step)


def _inputs(rng: Rng, n: Lengths) -> dict[str, Any]:
    shape = (*n.lead, n.L, n.d)
    return {"inputs": away_from_zero(rng, *shape), "factors": away_from_zero(rng, *shape), "step": 0.1}


def _cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _inputs, {"L": "the number of rows", "d": "the width"})


def exercises() -> tuple[Exercise, ...]:
    """The one."""
    return (
        own_exercise(
            numerical_gradient,
            ("output",),
            "A gradient checker of your own",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="Give for each entry the central difference $\\frac{f(x + h e_k) - f(x - h e_k)}{2h}$. Leave x as it is. It is tried "
            "with $f(x) = \\sum a x^3$, a the `factors`.",
            shapes="`inputs` x (...), `factors` a (...), `step` h a number → gradient (...)",
            example={"inputs": numbers([1, 2], [3, 4]), "factors": numbers([1, 1], [1, 1]), "step": 0.1},
            hints=(
                "One entry at a time moves; all others stay where they are.",
                "np.ndindex goes over all entries of an array of any shape; move a copy.",
                "(function(above) - function(below)) / (2 * step), with one entry of a copy moved by ± step.",
            ),
            notebook="08",
            cases=_cases,
            mistakes=(
                Mistake(
                    "numerical_gradient",
                    "output",
                    "imprecise",
                    lambda x, a, h: a * (3 * x**2 + 3 * x * h + h**2),
                    "this is (f(x + h) − f(x)) / h, the forward difference.",
                    "How does its error fall with h, and how does that of the central difference?",
                ),
                Mistake(
                    "numerical_gradient",
                    "output",
                    "constant-factor",
                    lambda x, a, h: 2 * a * (3 * x**2 + h**2),
                    "the difference is divided by h.",
                    "How far apart are the two points?",
                ),
                Mistake(
                    "numerical_gradient",
                    "output",
                    "sign-flipped",
                    lambda x, a, h: -a * (3 * x**2 + h**2),
                    "this is f(x − h) − f(x + h).",
                    "Which of the two comes first?",
                ),
            ),
            drive=drive,
        ),
    )
