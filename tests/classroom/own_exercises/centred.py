"""A teacher's own exercise, complete: the function, the cases, the mistakes that learners make, and what is said of it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from attention_np import softmax
from attention_np.classroom.writing import (
    PLAIN,
    Drawn,
    Lengths,
    Mistake,
    layouts,
    normal,
    numbers,
    own_exercise,
    special,
)

CONSTANT = "rows of one number"
ROW = "What is the mean of a row of the result?"


def centred(inputs: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inputs less their weighted mean along the last axis, and that mean.

    This paragraph is not handed out: only the first one is, and what is said of arguments and results.

    Parameters
    ----------
    inputs : array (..., d)
    scores : array (..., d)

    Returns
    -------
    centred : array (..., d)
    mean : array (..., 1)
    """
    mean = weighted_mean(inputs, scores)
    return inputs - mean, mean


def weighted_mean(inputs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """What a solution needs goes along with it, from this file and from the package."""
    return np.sum(softmax(scores) * inputs, axis=-1, keepdims=True)


def arguments(rng: np.random.Generator, n: Lengths) -> dict[str, Any]:
    """All lengths of a case differ, so that no two axes can be mixed up."""
    shape = (*n.lead, n.L, n.d)
    return {"inputs": normal(rng, *shape), "scores": normal(rng, *shape)}


def cases(rng: np.random.Generator) -> Iterator[Drawn]:
    """The usual layouts, and a case of our own, which has a group of its own."""
    yield from layouts(rng, arguments, {"L": "the number of rows", "d": "d, the width"})
    inputs = np.repeat(normal(rng, 4, 1), 3, axis=1)
    yield Drawn(CONSTANT, frozenset({CONSTANT}), {"inputs": inputs, "scores": normal(rng, 4, 3)}, {}, {})


def mistake(result: str, code: str, formula: Any, message: str, hint: str) -> Mistake:
    """One wrong result; the other one is right."""
    return Mistake("centred", result, code, formula, message, hint)


EXERCISE = own_exercise(
    centred,
    ("centred", "mean"),
    "Rows less their weighted mean",
    "our own",
    difficulty=2,
    minutes=10,
    statement="Give $x - \\mu$ and $\\mu = \\sum_k p_k x_k$ along the last axis, with $p$ the softmax of the scores.",
    shapes="`inputs` x (..., d), `scores` (..., d) → `centred` (..., d), `mean` (..., 1)",
    example={"inputs": numbers([1, 3], [2, 2]), "scores": numbers([0, 0], [1, 0])},
    hints=(
        "First the weights, then the mean, then the difference.",
        "The mean keeps its axis, so that it can be taken from each row.",
        "np.sum(softmax(scores) * inputs, axis=-1, keepdims=True)",
    ),
    notebook="",
    cases=cases,
    groups=(*PLAIN, special(CONSTANT, 2, CONSTANT)),
    mistakes=(
        mistake(
            "mean",
            "wrong-operand",
            lambda x, s: x.mean(axis=-1, keepdims=True),
            "this is the plain mean: the weights play no part.",
            "Which number counts most?",
        ),
        mistake("centred", "sign-flipped", lambda x, s: weighted_mean(x, s) - x, "this is μ − x.", ROW),
        mistake("centred", "dropped-term", lambda x, s: x, "nothing is taken from the inputs.", ROW),
    ),
)
