"""Known mistakes of relu, tanh and sigmoid and of their slopes, [x > 0], 1 − y² and y (1 − y)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import relu, sigmoid
from ...functional._checks import Array
from .mistake import Formula, Mistakes

known = Mistakes()
HINT_CURVE = "Draw the curve, yours and the one asked for, from −3 to 3."
HINT_SLOPE = "Draw the slope, yours and the one asked for, and hold a difference quotient at x = 1 beside it."


def _outputs(function: str, *wrong: tuple[str, str, Formula]) -> None:
    for code, message, formula in wrong:
        known.mistake(function, "output", code, message, HINT_CURVE)(formula)


_outputs(
    "relu",
    ("wrong-values", "this is |x|.", lambda inputs: np.abs(inputs)),
    ("wrong-values", "this is min(x, 0).", lambda inputs: np.minimum(inputs, 0)),
    ("wrong-values", "this is max(−x, 0).", lambda inputs: relu(-inputs)),
    ("wrong-values", "this is the step [x > 0].", lambda inputs: (inputs > 0).astype(inputs.dtype)),
    ("wrong-values", "this is softplus, log(1 + eˣ).", lambda inputs: np.logaddexp(0, inputs)),
    ("wrong-values", "this is max(x, 1).", lambda inputs: np.maximum(inputs, 1)),
    ("wrong-values", "this is capped at 1.", lambda inputs: np.clip(inputs, 0, 1)),
    ("wrong-values", "this is capped at 6.", lambda inputs: np.clip(inputs, 0, 6)),
    ("wrong-values", "this is max(x, 0)².", lambda inputs: relu(inputs) ** 2),
    ("wrong-values", "this is x itself, without a bend.", lambda inputs: inputs),
    (
        "wrong-values",
        "this is elu, eˣ − 1 below zero.",
        lambda inputs: np.where(inputs > 0, inputs, np.expm1(np.minimum(inputs, 0))),
    ),
)
_outputs(
    "tanh",
    (
        "unstable",
        "this is (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), which is ∞/∞ for large |x|.",
        lambda inputs: (np.exp(inputs) - np.exp(-inputs)) / (np.exp(inputs) + np.exp(-inputs)),
    ),
    (
        "unstable",
        "this is (e²ˣ − 1) / (e²ˣ + 1), which is ∞/∞ for large x.",
        lambda inputs: (np.exp(2 * inputs) - 1) / (np.exp(2 * inputs) + 1),
    ),
    (
        "unstable",
        "this is (1 − e⁻²ˣ) / (1 + e⁻²ˣ), which is ∞/∞ for large −x.",
        lambda inputs: (1 - np.exp(-2 * inputs)) / (1 + np.exp(-2 * inputs)),
    ),
    ("wrong-values", "this is the sigmoid.", sigmoid),
    (
        "wrong-values",
        "this is 2σ(x) − 1; the argument lacks its factor 2.",
        lambda inputs: 2 * sigmoid(inputs) - 1,
    ),
    ("wrong-values", "this is sinh x.", lambda inputs: np.sinh(inputs)),
    ("wrong-values", "this is tan x.", lambda inputs: np.tan(inputs)),
    ("wrong-values", "this is arctan x.", lambda inputs: np.arctan(inputs)),
    ("wrong-values", "this is 1 / tanh x.", lambda inputs: 1 / np.tanh(inputs)),
    ("wrong-values", "this is x clipped to [−1, 1].", lambda inputs: np.clip(inputs, -1, 1)),
)
_outputs(
    "sigmoid",
    (
        "unstable",
        "this is eˣ / (1 + eˣ), which is ∞/∞ for large x.",
        lambda inputs: np.exp(inputs) / (1 + np.exp(inputs)),
    ),
    ("sign-flipped", "this is 1 / (1 + eˣ), which falls.", lambda inputs: sigmoid(-inputs)),
    ("sign-flipped", "this is 1 / (1 − e⁻ˣ).", lambda inputs: 1 / (1 - np.exp(-inputs))),
    ("wrong-values", "this is tanh x.", lambda inputs: np.tanh(inputs)),
    (
        "wrong-values",
        "this is (1 + tanh x) / 2; the argument lacks its factor ½.",
        lambda inputs: sigmoid(2 * inputs),
    ),
    ("wrong-values", "this is eˣ.", lambda inputs: np.exp(inputs)),
    ("wrong-values", "this is log σ(x).", lambda inputs: -np.logaddexp(0, -inputs)),
    ("wrong-values", "this is x σ(x).", lambda inputs: inputs * sigmoid(inputs)),
    ("wrong-values", "this is the step [x > 0].", lambda inputs: (inputs > 0).astype(inputs.dtype)),
    (
        "wrong-values",
        "this is σ(x) (1 − σ(x)), its slope.",
        lambda inputs: sigmoid(inputs) * sigmoid(-inputs),
    ),
)


def _slopes(function: str, *wrong: tuple[str, str, Formula]) -> None:
    for code, message, slope in wrong:
        known.mistake(function, "d_inputs", code, message, HINT_SLOPE)(partial(_times_slope, slope))


def _times_slope(slope: Formula, d_outputs: Array, kept: Array) -> Array:
    return d_outputs * slope(kept)


_slopes(
    "relu_backward",
    ("missing-factor", "this is dy everywhere; the slope [x > 0] is missing.", lambda x: 1),
    ("wrong-operand", "this is dy ⊙ [x < 0], on the wrong side of the bend.", lambda x: x < 0),
    ("wrong-operand", "this is dy ⊙ max(x, 0), with the output where the slope [x > 0] belongs.", relu),
    ("wrong-operand", "this is dy ⊙ x, with the input where the slope [x > 0] belongs.", lambda x: x),
    ("wrong-operand", "this is dy ⊙ sign(x), the slope of |x|.", np.sign),
    ("wrong-operand", "this is dy ⊙ [x > 1].", lambda x: x > 1),
    ("wrong-operand", "this has slope 0.01 below zero, as a leaky relu.", lambda x: np.where(x > 0, 1, 0.01)),
    ("wrong-operand", "this has slope 0.1 below zero, as a leaky relu.", lambda x: np.where(x > 0, 1, 0.1)),
    ("wrong-operand", "this is dy ⊙ σ(x), the slope of softplus.", sigmoid),
)


@known.mistake(
    "relu_backward",
    "d_inputs",
    "wrong-operand",
    "this is dy ⊙ [dy > 0]; it is the input that decides, and not the upstream.",
    "Who was cut off at zero in the forward pass?",
)
def where_upstream_is_positive(d_outputs: Array, inputs: Array) -> Array:
    return relu(d_outputs)


@known.mistake(
    "relu_backward",
    "d_inputs",
    "wrong-operand",
    "this is dy ⊙ [x > 0] ⊙ [dy > 0]; a negative upstream passes as well as a positive one.",
    "Take an upstream of −1 at x = 2: what is the derivative?",
)
def where_both_are_positive(d_outputs: Array, inputs: Array) -> Array:
    return relu(d_outputs) * (inputs > 0)


@known.sum_of("tanh_backward", "d_inputs")
def terms_of_tanh(d_outputs: Array, outputs: Array) -> dict[str, Array]:
    return {"dy": d_outputs, "−dy y²": -d_outputs * outputs**2}


@known.sum_of("sigmoid_backward", "d_inputs")
def terms_of_sigmoid(d_outputs: Array, outputs: Array) -> dict[str, Array]:
    return {"dy y": d_outputs * outputs, "−dy y²": -d_outputs * outputs**2}


_slopes(
    "tanh_backward",
    ("wrong-operand", "this is dy (1 − y); the square is missing.", lambda y: 1 - y),
    ("wrong-operand", "this is dy (1 − |y|).", lambda y: 1 - np.abs(y)),
    ("wrong-operand", "this is dy (1 − y)², and the square is y's alone.", lambda y: (1 - y) ** 2),
    ("wrong-operand", "this is dy y (1 − y), the slope of the sigmoid.", lambda y: y * (1 - y)),
    ("wrong-operand", "this is dy y; that is the output and not the slope.", lambda y: y),
    ("wrong-operand", "this is dy (y² − 1).", lambda y: y**2 - 1),
    ("sign-flipped", "this is dy (1 + y²).", lambda y: 1 + y**2),
    ("dropped-term", "this is dy; the slope 1 − y² is missing.", lambda y: 1),
    ("dropped-term", "this is −dy y²; the 1 of the slope is missing.", lambda y: -(y**2)),
    (
        "wrong-operand",
        "this is dy (1 − tanh² y): the tanh is taken once more, of what is its result already.",
        lambda y: 1 - np.tanh(y) ** 2,
    ),
    ("wrong-operand", "this is dy √(1 − y²).", lambda y: np.sqrt(1 - y**2)),
    ("wrong-operand", "this is dy / (1 − y²), the slope of the inverse function.", lambda y: 1 / (1 - y**2)),
    ("wrong-operand", "this is dy (1 − y³); the power is too high.", lambda y: 1 - y**3),
)
_slopes(
    "sigmoid_backward",
    ("dropped-term", "this is dy y; the factor 1 − y is missing.", lambda y: y),
    ("missing-factor", "this is dy (1 − y); the factor y is missing.", lambda y: 1 - y),
    ("dropped-term", "this is −dy y²; the 1 of 1 − y is missing.", lambda y: -(y**2)),
    ("wrong-operand", "this is dy (1 − y²), the slope of the tanh.", lambda y: 1 - y**2),
    ("wrong-operand", "this is dy y (1 − y²).", lambda y: y * (1 - y**2)),
    ("wrong-operand", "this is dy y² (1 − y).", lambda y: y**2 * (1 - y)),
    ("sign-flipped", "this is dy y (1 + y).", lambda y: y * (1 + y)),
    ("missing-factor", "this is dy; the slope y (1 − y) is missing.", lambda y: 1),
    (
        "wrong-operand",
        "this is dy σ(y) (1 − σ(y)): the sigmoid is taken once more, of what is its result already.",
        lambda y: sigmoid(y) * (1 - sigmoid(y)),
    ),
    (
        "wrong-operand",
        "this is dy / (y (1 − y)), the slope of the inverse function.",
        lambda y: 1 / (y * (1 - y)),
    ),
    (
        "wrong-operand",
        "this is dy e⁻ʸ / (1 + e⁻ʸ), of the result where the input belongs.",
        lambda y: sigmoid(-y),
    ),
)
