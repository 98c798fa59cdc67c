"""Known mistakes of layer normalisation's gradients in the statistics, the gain, and the gradients of gain and bias."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...functional import layer_norm_backward
from ...functional._checks import Array
from .layer_norm import NORMALISED, Normalised, centred, normalised, variance
from .mistake import Mistakes
from .positions import wrong_sums

known = Mistakes()
of_inputs = partial(known.mistake, "layer_norm_backward", "d_inputs")
of_gain = partial(known.mistake, "layer_norm_backward", "d_gain")
of_bias = partial(known.mistake, "layer_norm_backward", "d_bias")


def _mean(array: Array) -> Array:
    return np.mean(array, axis=-1, keepdims=True)


def _right(d_outputs: Array, inputs: Array, eps: float) -> Array:
    """dx for a gain of one."""
    return layer_norm_backward(d_outputs, inputs, np.ones(inputs.shape[-1]), eps)[0]


HINT_GAIN = "In the forward pass, does the gain come before the normalisation or after it, and so in the backward pass?"


@of_inputs(
    "wrong-operand",
    "the gain stands outside the sums: this is g ⊙ (dy − mean(dy) − x̂ mean(dy ⊙ x̂)) / σ, with dy in the means where dy ⊙ g "
    "belongs.",
    HINT_GAIN,
)
def gain_outside(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return gain * _right(d_outputs, inputs, eps)


@of_inputs("missing-factor", "the gain is missing: this is the gradient for a gain of one.", HINT_GAIN)
def without_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return _right(d_outputs, inputs, eps)


@of_inputs("missing-factor", "the gain is applied twice, to dy and to the result.", HINT_GAIN)
def gain_twice(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return gain * _right(gain * d_outputs, inputs, eps)


@of_inputs("missing-factor", "dy is divided by the gain, and not multiplied.", HINT_GAIN)
def gain_divides(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return _right(d_outputs / gain, inputs, eps)


def _gain_in_some(of_first: bool, of_mean: bool, of_variance: bool, message: str) -> None:
    @of_inputs("wrong-operand", message, HINT_GAIN)
    def formula(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
        first, mean, spread = (
            d_outputs * (gain if with_gain else 1) for with_gain in (of_first, of_mean, of_variance)
        )
        unit = normalised(inputs, eps)
        return (first - _mean(mean) - unit * _mean(spread * unit)) / np.sqrt(variance(inputs) + eps)


_gain_in_some(
    True, False, False, "the gain is in the first term alone: the two means are of dy where dy ⊙ g belongs."
)
_gain_in_some(True, True, False, "the gain is missing in the way by the variance: −x̂ mean(dy ⊙ x̂).")
_gain_in_some(True, False, True, "the gain is missing in the way by the mean: −mean(dy).")
_gain_in_some(False, True, True, "the gain is missing in the first term: dy stands where dy ⊙ g belongs.")


@of_inputs(
    "wrong-operand",
    "in the way by the variance x itself stands where x̂ belongs: x mean(dx̂ ⊙ x).",
    "What is the mean of the vector that your gradient should be at right angles to?",
)
def raw_inputs(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    d_normalised = d_outputs * gain
    spread = inputs * _mean(d_normalised * inputs)
    return (d_normalised - _mean(d_normalised) - spread) / np.sqrt(variance(inputs) + eps)


@of_inputs(
    "wrong-operand",
    "in the way by the variance x itself stands where x̂ belongs, in front of the mean.",
    "What is the mean of the vector that your gradient should be at right angles to?",
)
def raw_inputs_in_front(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    d_normalised = d_outputs * gain
    spread = inputs * _mean(d_normalised * normalised(inputs, eps))
    return (d_normalised - _mean(d_normalised) - spread) / np.sqrt(variance(inputs) + eps)


@of_inputs(
    "wrong-operand",
    "in the way by the variance x itself stands where x̂ belongs, inside the mean.",
    "What is the mean of the vector that your gradient should be at right angles to?",
)
def raw_inputs_inside(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    d_normalised = d_outputs * gain
    spread = normalised(inputs, eps) * _mean(d_normalised * inputs)
    return (d_normalised - _mean(d_normalised) - spread) / np.sqrt(variance(inputs) + eps)


def _with_statistics(code: str, message: str, hint: str, deviation: Callable[[Array, float], Array]) -> None:
    """The right formula with another σ, in x̂ too."""

    @of_inputs(code, message, hint)
    def formula(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
        sigma = deviation(inputs, eps)
        unit, d_normalised = centred(inputs) / sigma, d_outputs * gain
        return (d_normalised - _mean(d_normalised) - unit * _mean(d_normalised * unit)) / sigma


HINT_SAME = "The backward pass belongs to the forward pass: is its σ the same?"
_with_statistics(
    "constant-factor",
    "the variance is divided by d − 1 where it is divided by d.",
    HINT_SAME,
    lambda inputs, eps: np.sqrt(variance(inputs, ddof=1) + eps),
)
_with_statistics(
    "dropped-term", "the ε is missing: σ is √var.", HINT_SAME, lambda inputs, eps: np.sqrt(variance(inputs))
)
_with_statistics(
    "wrong-operand",
    "ε is added to the root of the variance, where it belongs under the root.",
    HINT_SAME,
    lambda inputs, eps: np.sqrt(variance(inputs)) + eps,
)
_with_statistics(
    "missing-factor",
    "σ is var + ε; the root is missing.",
    HINT_SAME,
    lambda inputs, eps: variance(inputs) + eps,
)
_with_statistics(
    "wrong-operand",
    "the mean is not subtracted in σ: it is √(mean(x²) + ε).",
    HINT_SAME,
    lambda inputs, eps: np.sqrt(_mean(inputs**2) + eps),
)


@of_inputs(
    "dropped-term",
    "this is the gradient of the root mean square's normalisation: the mean is never subtracted.",
    "Shift all of x by a constant: the outputs stay. What must each row of dx sum to?",
)
def without_any_mean(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    sigma = np.sqrt(_mean(inputs**2) + eps)
    unit, d_normalised = inputs / sigma, d_outputs * gain
    return (d_normalised - unit * _mean(d_normalised * unit)) / sigma


@of_inputs(
    "wrong-operand",
    "this is the right gradient for a variance divided by d − 1; here it is divided by d.",
    HINT_SAME,
)
def of_other_variance(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    width = inputs.shape[-1]
    sigma = np.sqrt(variance(inputs, ddof=1) + eps)
    unit, d_normalised = centred(inputs) / sigma, d_outputs * gain
    spread = unit * np.sum(d_normalised * unit, axis=-1, keepdims=True) / (width - 1)
    return (d_normalised - _mean(d_normalised) - spread) / sigma


def _gain_with(code: str, message: str, hint: str, wrong: Normalised) -> None:
    @of_gain(code, message, hint)
    def formula(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
        return np.sum(d_outputs * wrong(inputs, eps), axis=tuple(range(inputs.ndim - 1)))


for _code, _message, _hint, _normalised in NORMALISED:
    # The other word for a value that is simply wrong belongs to forward functions.
    _gain_with(_code.replace("wrong-values", "wrong-operand"), "in x̂, " + _message, _hint, _normalised)
_gain_with(
    "missing-factor",
    "this is Σ dy; x̂ is missing.",
    "What does the gain multiply in the forward pass?",
    lambda inputs, eps: np.ones_like(inputs),
)


@wrong_sums(known, "layer_norm_backward", "d_gain", "dg = Σₙ dyₙ ⊙ x̂ₙ")
def shares_of_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return d_outputs * normalised(inputs, eps)


@wrong_sums(known, "layer_norm_backward", "d_bias", "db = Σₙ dyₙ")
def shares_of_bias(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return d_outputs


@of_gain(
    "missing-factor",
    "this is Σ dy ⊙ g ⊙ x̂; the gain itself is not in its own derivative.",
    "If y = g x̂, what is dg, given dy?",
)
def gain_in_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return gain * layer_norm_backward(d_outputs, inputs, gain, eps)[1]


@of_bias(
    "missing-factor",
    "this is Σ dy ⊙ g; the gain does not multiply the bias.",
    "Double the gain: does b count double?",
)
def gain_in_bias(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return gain * layer_norm_backward(d_outputs, inputs, gain, eps)[2]


@of_bias(
    "wrong-operand",
    "this is Σ dy ⊙ x̂, the gradient of the gain.",
    "What does the bias multiply in the forward pass?",
)
def gain_for_bias(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return layer_norm_backward(d_outputs, inputs, gain, eps)[1]


@of_gain(
    "wrong-axis",
    "dy ⊙ x̂ is summed over the components (axis −1) and not over the positions.",
    "How many gains are there?",
)
def gain_over_components(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return np.sum(d_outputs * normalised(inputs, eps), axis=-1)


@of_bias(
    "wrong-axis",
    "dy is summed over the components (axis −1) and not over the positions.",
    "How many biases are there?",
)
def bias_over_components(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
    return np.sum(d_outputs, axis=-1)
