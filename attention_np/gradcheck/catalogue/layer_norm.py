"""Known mistakes of layer normalisation, y = g ⊙ x̂ + b with x̂ = (x − μ) / √(var + ε) over the last axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional import layer_norm
from ...functional._checks import Array
from .mistake import Mistakes

known = Mistakes()
Axis = int | tuple[int, ...] | None
Normalised = Callable[[Array, float], Array]


def centred(inputs: Array, axis: Axis = -1) -> Array:
    """x − μ."""
    return inputs - inputs.mean(axis=axis, keepdims=True)


def variance(inputs: Array, axis: Axis = -1, ddof: int = 0) -> Array:
    return inputs.var(axis=axis, keepdims=True, ddof=ddof)


def normalised(inputs: Array, eps: float) -> Array:
    """x̂, the right one."""
    return centred(inputs) / np.sqrt(variance(inputs) + eps)


@known.sum_of("layer_norm", "output")
def terms(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> dict[str, Array]:
    return {"g x̂": gain * normalised(inputs, eps), "b (the bias)": np.zeros_like(inputs) + bias}


# Wrong normalised vectors, which go wrong in the outputs and in the gain's gradient alike.
NORMALISED: list[tuple[str, str, str, Normalised]] = [
    (
        "constant-factor",
        "the variance is divided by d − 1 where it is divided by d.",
        "Is the variance of these d numbers asked for, or an estimate of somebody else's?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs, ddof=1) + eps),
    ),
    (
        "wrong-values",
        "ε is added to the root of the variance, where it belongs under the root.",
        "Is ε added to a variance or to a standard deviation?",
        lambda inputs, eps: centred(inputs) / (np.sqrt(variance(inputs)) + eps),
    ),
    (
        "wrong-values",
        "ε is added to the root of the variance with d − 1, where it belongs under the root of that with d.",
        "Is ε added to a variance or to a standard deviation, and which variance?",
        lambda inputs, eps: centred(inputs) / (np.sqrt(variance(inputs, ddof=1)) + eps),
    ),
    (
        "dropped-term",
        "the ε is missing: x̂ is (x − μ) / √var.",
        "What happens to a constant vector?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs)),
    ),
    (
        "wrong-values",
        "the square of ε is added to the variance.",
        "Which unit has ε, that of the variance or that of its root?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs) + eps**2),
    ),
    (
        "sign-flipped",
        "ε is taken away from the variance.",
        "What happens to a constant vector?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs) - eps),
    ),
    (
        "missing-factor",
        "x − μ is divided by var + ε; the root is missing.",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs) / (variance(inputs) + eps),
    ),
    (
        "missing-factor",
        "x − μ is not divided by √(var + ε).",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs),
    ),
    (
        "missing-factor",
        "x − μ is multiplied by √(var + ε) and not divided.",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs) * np.sqrt(variance(inputs) + eps),
    ),
    (
        "dropped-term",
        "the mean is not subtracted: x̂ is x / √(var + ε).",
        "What is the mean of your x̂?",
        lambda inputs, eps: inputs / np.sqrt(variance(inputs) + eps),
    ),
    (
        "dropped-term",
        "this is x / √(mean(x²) + ε), the root mean square's: the mean plays no part.",
        "What is the mean of your x̂?",
        lambda inputs, eps: inputs / np.sqrt(np.mean(inputs**2, axis=-1, keepdims=True) + eps),
    ),
    (
        "dropped-term",
        "the mean is not subtracted under the root: x̂ is (x − μ) / √(mean(x²) + ε).",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs) / np.sqrt(np.mean(inputs**2, axis=-1, keepdims=True) + eps),
    ),
    (
        "wrong-values",
        "x − μ is divided by its length ‖x − μ‖, a sum where the variance is a mean.",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs) * inputs.shape[-1] + eps),
    ),
    (
        "wrong-values",
        "x − μ is divided by the mean of |x − μ|.",
        "What is the variance of your x̂?",
        lambda inputs, eps: centred(inputs) / (np.abs(centred(inputs)).mean(axis=-1, keepdims=True) + eps),
    ),
    (
        "wrong-operand",
        "the inputs themselves stand where x̂ belongs.",
        "What does the gain multiply in the forward pass?",
        lambda inputs, eps: inputs,
    ),
    *(
        (
            "wrong-axis",
            f"mean and variance are taken over {words}.",
            "Each position by itself: how many means do you expect, and how many does your code compute?",
            lambda inputs, eps, axis=axis: centred(inputs, axis) / np.sqrt(variance(inputs, axis) + eps),
        )
        for axis, words in [
            (-2, "the positions, axis −2"),
            (0, "axis 0"),
            (1, "axis 1"),
            ((-2, -1), "whole matrices, axes −2 and −1"),
            (None, "the whole array"),
        ]
    ),
    (
        "wrong-axis",
        "mean and variance are taken over all axes but the last, as in batch normalisation.",
        "Each position by itself: may it know of the others?",
        lambda inputs, eps: (
            centred(inputs, tuple(range(inputs.ndim - 1)))
            / np.sqrt(variance(inputs, tuple(range(inputs.ndim - 1))) + eps)
        ),
    ),
    (
        "wrong-axis",
        "the variance is that of the whole array; the mean is right.",
        "How many variances do you expect, and how many does your code compute?",
        lambda inputs, eps: centred(inputs) / np.sqrt(variance(inputs, None) + eps),
    ),
]


def _with(code: str, message: str, hint: str, wrong: Normalised) -> None:
    @known.mistake("layer_norm", "output", code, message, hint)
    def formula(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
        return gain * wrong(inputs, eps) + bias


for _entry in NORMALISED:
    _with(*_entry)


def _output(code: str, message: str, hint: str, combine: Callable[[Array, Array, Array], Array]) -> None:
    """A wrong combination of x̂, g and b."""

    @known.mistake("layer_norm", "output", code, message, hint)
    def formula(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
        return combine(normalised(inputs, eps), gain, bias)


HINT_GAIN = "Double the gain: what becomes of the outputs?"
HINT_BIAS = "What is the output for a constant vector?"
_output("missing-factor", "this is x̂ + b; the gain is missing.", HINT_GAIN, lambda x, g, b: x + b)
_output("dropped-term", "this is g ⊙ x̂; the bias is missing.", HINT_BIAS, lambda x, g, b: g * x)
_output("dropped-term", "this is x̂; gain and bias are missing.", HINT_GAIN, lambda x, g, b: x)
_output("sign-flipped", "this is g ⊙ x̂ − b.", HINT_BIAS, lambda x, g, b: g * x - b)
_output(
    "missing-factor",
    "this is g ⊙ (x̂ + b), with the gain on the bias too.",
    HINT_BIAS,
    lambda x, g, b: g * (x + b),
)
_output("counted-twice", "this is (1 + g) ⊙ x̂ + b.", HINT_GAIN, lambda x, g, b: (1 + g) * x + b)
_output(
    "swapped-results", "gain and bias are exchanged: this is b ⊙ x̂ + g.", HINT_GAIN, lambda x, g, b: b * x + g
)
_output("missing-factor", "this is x̂ / g + b; the gain divides.", HINT_GAIN, lambda x, g, b: x / g + b)
_output(
    "wrong-operand", "this is g ⊙ x̂ + g, with the gain for the bias.", HINT_BIAS, lambda x, g, b: g * x + g
)


def _normalised_twice(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    return layer_norm(layer_norm(inputs, gain, bias, eps), gain, bias, eps)


known.mistake(
    "layer_norm",
    "output",
    "counted-twice",
    "the whole is applied twice.",
    "What do you do with the outputs once you have them?",
)(_normalised_twice)
