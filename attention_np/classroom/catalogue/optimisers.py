"""Exercises on one step of gradient descent, of momentum, and of Adam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import Rng, numbers, own_exercise

_TOPIC = "optimisers"
_SIZES = {"L": "the number of rows", "d": "the width"}
_VALUE, _GRAD = numbers([1, 2], [3, 4]), numbers([0.5, -1], [0, 2])
_WHERE = "Which way is downhill, and how long is the step?"
_ORDER = "Which is updated first, and which of the two does the other need?"
_START = "Take step 1 with both means at 0: what should the corrected means be?"


def sgd_step(value: Array, grad: Array, learning_rate: float) -> Array:
    """One step of gradient descent.

    Parameters
    ----------
    value, grad : array (...)
    learning_rate : float

    Returns
    -------
    array (...)
        The new value.
    """
    return value - learning_rate * grad


def momentum_step(
    value: Array, grad: Array, velocity: Array, learning_rate: float, momentum: float
) -> tuple[Array, Array]:
    """One step of gradient descent with momentum.

    Parameters
    ----------
    value, grad, velocity : array (...)
    learning_rate, momentum : float

    Returns
    -------
    new_value, new_velocity : array (...)
    """
    new_velocity = momentum * velocity + grad
    return value - learning_rate * new_velocity, new_velocity


def adam_step(
    value: Array, grad: Array, mean: Array, square_mean: Array, step: int, learning_rate: float
) -> tuple[Array, Array, Array]:
    """One step of Adam with its defaults, β₁ = 0.9, β₂ = 0.999, ε = 1e-8.

    Parameters
    ----------
    value, grad, mean, square_mean : array (...)
    step : int
        From 1: the number of this step.
    learning_rate : float

    Returns
    -------
    new_value, new_mean, new_square_mean : array (...)
    """
    new_mean = 0.9 * mean + 0.1 * grad
    new_square_mean = 0.999 * square_mean + 0.001 * grad**2
    corrected, corrected_square = new_mean / (1 - 0.9**step), new_square_mean / (1 - 0.999**step)
    return value - learning_rate * corrected / (np.sqrt(corrected_square) + 1e-8), new_mean, new_square_mean


def _sgd(rng: Rng, n: Lengths) -> dict[str, Any]:
    shape = (*n.lead, n.L, n.d)
    return {"value": away_from_zero(rng, *shape), "grad": away_from_zero(rng, *shape), "learning_rate": 0.3}


def _momentum(rng: Rng, n: Lengths) -> dict[str, Any]:
    drawn = _sgd(rng, n)
    velocity = away_from_zero(rng, *drawn["value"].shape)
    return {"value": drawn["value"], "grad": drawn["grad"], "velocity": velocity, "learning_rate": 0.3, "momentum": 0.8}


def _adam(rng: Rng, n: Lengths) -> dict[str, Any]:
    drawn = _sgd(rng, n)
    return {
        "value": drawn["value"],
        "grad": drawn["grad"],
        "mean": away_from_zero(rng, *drawn["value"].shape),
        "square_mean": away_from_zero(rng, *drawn["value"].shape) ** 2,
        "step": 3 if n.lead else 1,
        "learning_rate": 0.3,
    }


def _sgd_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _sgd, _SIZES)


def _momentum_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _momentum, _SIZES)


def _adam_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _adam, _SIZES)


def _adam_value(value: Array, m: Array, v: Array, rate: float) -> Array:
    return value - rate * m / (np.sqrt(v) + 1e-8)


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        own_exercise(
            sgd_step,
            ("output",),
            "One step of gradient descent",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Give $\\theta - \\eta g$; leave the arguments as they are.",
            shapes="`value` (...), `grad` (...), `learning_rate` a number → new value (...)",
            example={"value": _VALUE, "grad": _GRAD, "learning_rate": 0.1},
            hints=(
                "The gradient points uphill.",
                "η is the learning rate.",
                "value - learning_rate * grad; `-=` would change the argument.",
            ),
            notebook="09",
            cases=_sgd_cases,
            mistakes=(
                Mistake(
                    "sgd_step", "output", "sign-flipped", lambda v, g, r: v + r * g, "this is θ + ηg, uphill.", _WHERE
                ),
                Mistake(
                    "sgd_step",
                    "output",
                    "dropped-term",
                    lambda v, g, r: -r * g,
                    "this is −ηg, the step alone.",
                    "Where does it start?",
                ),
                Mistake(
                    "sgd_step", "output", "missing-factor", lambda v, g, r: v - g, "this is θ − g, without η.", _WHERE
                ),
                Mistake(
                    "sgd_step",
                    "output",
                    "wrong-operand",
                    lambda v, g, r: v - r * np.sign(g),
                    "this is θ − η sign(g).",
                    _WHERE,
                ),
            ),
        ),
        own_exercise(
            momentum_step,
            ("new_value", "new_velocity"),
            "One step with momentum",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Give $\\theta - \\eta u'$ and $u' = \\mu u + g$, with u the velocity and μ the momentum.",
            shapes="`value` (...), `grad` (...), `velocity` (...), `learning_rate` and `momentum` numbers → `new_value` (...), `new_velocity` (...)",
            example={
                "value": _VALUE,
                "grad": _GRAD,
                "velocity": numbers([1, 0], [0, 1]),
                "learning_rate": 0.1,
                "momentum": 0.9,
            },
            hints=(
                "First the velocity, then the value.",
                "The step uses the new velocity.",
                "u = momentum * velocity + grad; value - learning_rate * u, u",
            ),
            notebook="09",
            cases=_momentum_cases,
            mistakes=(
                Mistake(
                    "momentum_step",
                    "new_value",
                    "wrong-operand",
                    lambda v, g, u, r, m: v - r * u,
                    "this is θ − ηu with the old velocity.",
                    _ORDER,
                ),
                Mistake(
                    "momentum_step",
                    "new_velocity",
                    "missing-factor",
                    lambda v, g, u, r, m: m * u + (1 - m) * g,
                    "this is μu + (1 − μ)g, a running mean.",
                    "Has g a factor?",
                ),
                Mistake(
                    "momentum_step",
                    "new_velocity",
                    "missing-factor",
                    lambda v, g, u, r, m: u + g,
                    "this is u + g, without μ.",
                    "What brakes?",
                ),
                Mistake(
                    "momentum_step",
                    "new_velocity",
                    "dropped-term",
                    lambda v, g, u, r, m: g,
                    "this is g: the old velocity is lost.",
                    "What is kept from one step to the next?",
                ),
            ),
        ),
        own_exercise(
            adam_step,
            ("new_value", "new_mean", "new_square_mean"),
            "One step of Adam",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement="With β₁ = 0.9, β₂ = 0.999, ε = 1e-8: $m' = \\beta_1 m + (1-\\beta_1) g$, $v' = \\beta_2 v + (1-\\beta_2) g^2$, "
            "$\\theta' = \\theta - \\eta \\frac{m'/(1-\\beta_1^t)}{\\sqrt{v'/(1-\\beta_2^t)} + \\epsilon}$, t the number of this step, from 1.",
            shapes="`value` (...), `grad` (...), `mean` (...), `square_mean` (...), `step` and `learning_rate` numbers → "
            "`new_value` (...), `new_mean` (...), `new_square_mean` (...)",
            example={
                "value": _VALUE,
                "grad": _GRAD,
                "mean": 0 * _GRAD,
                "square_mean": 0 * _GRAD,
                "step": 1,
                "learning_rate": 0.1,
            },
            hints=(
                "Two running means, then their corrections, then the step.",
                "The corrected means are used in the step, and not given back.",
                "m / (1 - 0.9**step) over np.sqrt(v / (1 - 0.999**step)) + 1e-8, times the learning rate.",
            ),
            notebook="09",
            cases=_adam_cases,
            mistakes=(
                Mistake(
                    "adam_step",
                    "new_value",
                    "missing-factor",
                    lambda x, g, m, v, t, r: _adam_value(x, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2, r),
                    "the means are not corrected for their start at 0.",
                    _START,
                ),
                Mistake(
                    "adam_step",
                    "new_value",
                    "wrong-operand",
                    lambda x, g, m, v, t, r: _adam_value(
                        x,
                        (0.9 * m + 0.1 * g) / (1 - 0.9 ** (t + 1)),
                        (0.999 * v + 0.001 * g**2) / (1 - 0.999 ** (t + 1)),
                        r,
                    ),
                    "the correction counts one step too many.",
                    _START,
                ),
                Mistake(
                    "adam_step",
                    "new_square_mean",
                    "wrong-operand",
                    lambda x, g, m, v, t, r: 0.999 * v + 0.001 * np.abs(g),
                    "this is the running mean of |g|, where g² belongs.",
                    "What is under the root?",
                ),
                Mistake(
                    "adam_step",
                    "new_mean",
                    "wrong-operand",
                    lambda x, g, m, v, t, r: 0.1 * m + 0.9 * g,
                    "β₁ and 1 − β₁ are exchanged.",
                    "Which of the two is kept for long?",
                ),
            ),
        ),
    )
