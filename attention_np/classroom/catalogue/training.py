"""An exercise on the training loop: it stops where a loss is reached."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ...functional._checks import Array
from ...gradcheck.cases.situations import Drawn, Lengths, sizes_of
from ...gradcheck.catalogue.mistake import Mistake
from ..exercise import Exercise
from .build import ORDINARY, Rng, numbers, own_exercise, special

_TOPIC = "training"
_MOST = "at the last step"
_ORDER = "another order"
_LOOP = "Go through the loop by hand for two steps: loss, test, gradient, step."


def train_to_loss(inputs: Array, targets: Array, learning_rate: float, goal: float, most: int) -> Array:
    """Weights of a linear map, by gradient descent from zeros until the mean squared error is at most `goal`.

    Parameters
    ----------
    inputs : array (N, d)
    targets : array (N,)
    learning_rate, goal : float
    most : int
        Steps after which it ends whatever the loss.

    Returns
    -------
    array (d,)
    """
    weight = np.zeros(inputs.shape[1])
    for _ in range(most):
        error = inputs @ weight - targets
        if np.mean(error**2) <= goal:
            break
        weight = weight - learning_rate * 2 / len(targets) * (inputs.T @ error)
    return weight


def _cases(rng: Rng) -> Iterator[Drawn]:
    for words, rows, width, most in (("", 8, 3, 300), ("", 12, 4, 300), (_MOST, 9, 2, 5), (_ORDER, 10, 3, 300)):
        inputs = rng.standard_normal((rows, width))
        targets = inputs @ (1 + rng.random(width))
        arguments = {
            "inputs": np.asfortranarray(inputs) if words == _ORDER else inputs,
            "targets": targets,
            "learning_rate": 0.05,
            "goal": 0.1 * float(np.mean(targets**2)) if most > 5 else 0.0,
            "most": most,
        }
        sizes = sizes_of(Lengths((), L=rows, d=width), {"L": "the number of examples", "d": "the width"})
        yield Drawn(words or "plain arrays", frozenset({words} if words else ()), arguments, {}, sizes)


def _wrong(
    inputs: Array, targets: Array, rate: float, goal: float, most: int, *, factor: float = 1.0, late: bool = False
) -> Array:
    """The loop with another factor at the gradient, or with the test behind the step."""
    weight = np.zeros(inputs.shape[1])
    for _ in range(most):
        error = inputs @ weight - targets
        reached = np.mean(error**2) <= goal
        if reached and not late:
            break
        weight = weight - factor * rate * 2 / len(targets) * (inputs.T @ error)
        if reached:
            break
    return weight


def _forever(inputs: Array, targets: Array, rate: float, goal: float, most: int) -> Array:
    return _wrong(inputs, targets, rate, -1.0, most)


def exercises() -> tuple[Exercise, ...]:
    """The one."""
    return (
        own_exercise(
            train_to_loss,
            ("output",),
            "Train until a loss is reached",
            _TOPIC,
            difficulty=3,
            minutes=25,
            statement="From w = 0, repeat at most `most` times: end if $L = \\frac1N \\sum_n (x_n \\cdot w - y_n)^2$ is at most `goal`; "
            "else take one step of gradient descent, $w - \\eta \\, \\partial L / \\partial w$, on all examples. Give w.",
            shapes="`inputs` x (N, d), `targets` y (N,), `learning_rate` η, `goal` and `most` numbers → w (d,)",
            example={
                "inputs": numbers([1, 0], [0, 1]),
                "targets": numbers(1, 2),
                "learning_rate": 0.5,
                "goal": 0.5,
                "most": 20,
            },
            hints=(
                "Loss, test, gradient, step: in this order, in a loop.",
                "The mean has a factor 1/N, and the square a factor 2, in the gradient too.",
                "weight = weight - learning_rate * 2 / N * (inputs.T @ error), behind the test of np.mean(error**2).",
            ),
            notebook="09",
            cases=_cases,
            groups=(ORDINARY, special(_MOST, 2, _MOST), special(_ORDER, 1, _ORDER)),
            mistakes=(
                Mistake(
                    "train_to_loss",
                    "output",
                    "constant-factor",
                    partial(_wrong, factor=0.5),
                    "the 2 of the square is missing in the gradient.",
                    _LOOP,
                ),
                Mistake(
                    "train_to_loss",
                    "output",
                    "counted-twice",
                    partial(_wrong, late=True),
                    "it takes one step more after the goal.",
                    _LOOP,
                ),
                Mistake(
                    "train_to_loss", "output", "wrong-values", _forever, "it goes on when the goal is reached.", _LOOP
                ),
                Mistake("train_to_loss", "output", "sign-flipped", partial(_wrong, factor=-1.0), "it climbs.", _LOOP),
            ),
        ),
    )
