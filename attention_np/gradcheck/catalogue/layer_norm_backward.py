"""Known mistakes of layer normalisation's gradients: dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ ⊙ x̂)) / σ with dx̂ = dy ⊙ g."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...functional._checks import Array
from .layer_norm import Axis, normalised, variance
from .mistake import Mistakes

known = Mistakes()
of_inputs = partial(known.mistake, "layer_norm_backward", "d_inputs")


def _mean(array: Array, axis: Axis = -1) -> Array:
    return np.mean(array, axis=axis, keepdims=True)


def _deviation(inputs: Array, eps: float) -> Array:
    return np.sqrt(variance(inputs) + eps)


@known.sum_of("layer_norm_backward", "d_inputs")
def terms(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> dict[str, Array]:
    d_normalised, unit, deviation = d_outputs * gain, normalised(inputs, eps), _deviation(inputs, eps)
    return {
        "dx̂ / σ (by x itself)": d_normalised / deviation,
        "−mean(dx̂) / σ (by the mean)": np.zeros_like(inputs) - _mean(d_normalised) / deviation,
        "−x̂ mean(dx̂ ⊙ x̂) / σ (by the variance)": -unit * _mean(d_normalised * unit) / deviation,
    }


# A wrong dx as a formula of dx̂ (that is, dy ⊙ g), x̂ and σ.
Combination = Callable[[Array, Array, Array], Array]


def _combined(code: str, message: str, hint: str, combination: Combination) -> None:
    @of_inputs(code, message, hint)
    def formula(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Array:
        return combination(d_outputs * gain, normalised(inputs, eps), _deviation(inputs, eps))


HINT_MEAN = "Shift all of x by a constant: the outputs stay. What must each row of dx sum to?"
HINT_VARIANCE = "Stretch x about its mean: the outputs hardly change. What must dx · x̂ be, nearly?"
HINT_UNIT = "Make x ten times as long: the outputs hardly change. By what factor does dx?"
_combined(
    "dropped-term",
    "this is (dx̂ − x̂ mean(dx̂ ⊙ x̂)) / σ; the way by the mean, −mean(dx̂) / σ, is missing.",
    HINT_MEAN,
    lambda d, unit, sigma: (d - unit * _mean(d * unit)) / sigma,
)
_combined(
    "dropped-term",
    "this is (dx̂ − mean(dx̂)) / σ; the way by the variance, −x̂ mean(dx̂ ⊙ x̂) / σ, is missing.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d)) / sigma,
)
_combined(
    "dropped-term",
    "this is dx̂ / σ; mean and variance are treated as constants.",
    "Change one x: which three things in (x − μ) / σ move?",
    lambda d, unit, sigma: d / sigma,
)
_combined(
    "dropped-term",
    "this is dx̂ = dy ⊙ g, the gradient of x̂; the way from x̂ to x is missing.",
    "What lies between x and x̂, and where is its derivative?",
    lambda d, unit, sigma: d,
)
_combined(
    "missing-factor",
    "the factor 1/σ is missing.",
    HINT_UNIT,
    lambda d, unit, sigma: d - _mean(d) - unit * _mean(d * unit),
)
_combined(
    "missing-factor",
    "this is divided by σ², and not by σ.",
    HINT_UNIT,
    lambda d, unit, sigma: (d - _mean(d) - unit * _mean(d * unit)) / sigma**2,
)
_combined(
    "missing-factor",
    "this is multiplied by σ, and not divided.",
    HINT_UNIT,
    lambda d, unit, sigma: (d - _mean(d) - unit * _mean(d * unit)) * sigma,
)
_combined(
    "missing-factor",
    "only dx̂ is divided by σ; the two means are not.",
    HINT_UNIT,
    lambda d, unit, sigma: d / sigma - _mean(d) - unit * _mean(d * unit),
)
_combined(
    "missing-factor",
    "the way by the variance lacks its 1/σ.",
    HINT_UNIT,
    lambda d, unit, sigma: (d - _mean(d)) / sigma - unit * _mean(d * unit),
)
_combined(
    "missing-factor",
    "the way by the mean lacks its 1/σ.",
    HINT_UNIT,
    lambda d, unit, sigma: (d - unit * _mean(d * unit)) / sigma - _mean(d),
)
_combined(
    "missing-factor",
    "the way by the variance is −mean(dx̂ ⊙ x̂) / σ, without x̂ in front.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) - _mean(d * unit)) / sigma,
)
_combined(
    "missing-factor",
    "the way by the variance is −x̂ mean(dx̂) / σ, without x̂ inside the mean.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) - unit * _mean(d)) / sigma,
)
_combined(
    "wrong-operand",
    "in the way by the variance x − μ stands where x̂ belongs, in front of the mean.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) - unit * sigma * _mean(d * unit)) / sigma,
)
_combined(
    "wrong-operand",
    "in the way by the variance x − μ stands where x̂ belongs, in front of the mean and inside it.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) - unit * sigma * _mean(d * unit * sigma)) / sigma,
)
_combined(
    "missing-factor",
    "the way by the variance has 1/σ² where 1/σ³ belongs, or 1/σ once too often.",
    "What is the derivative of v^(−½) with respect to v?",
    lambda d, unit, sigma: (d - _mean(d) - unit * _mean(d * unit) / sigma) / sigma,
)
_combined(
    "constant-factor",
    "the way by the mean is a sum, −Σ dx̂ / σ; the mean's derivative 1/d is missing.",
    HINT_MEAN,
    lambda d, unit, sigma: (d - d.sum(axis=-1, keepdims=True) - unit * _mean(d * unit)) / sigma,
)
_combined(
    "constant-factor",
    "the way by the variance is a sum, −x̂ Σ dx̂ ⊙ x̂ / σ; the variance's 1/d is missing.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) - unit * (d * unit).sum(axis=-1, keepdims=True)) / sigma,
)
_combined(
    "constant-factor",
    "both ways by the statistics are sums over the row; their 1/d is missing.",
    HINT_MEAN,
    lambda d, unit, sigma: (
        (d - d.sum(axis=-1, keepdims=True) - unit * (d * unit).sum(axis=-1, keepdims=True)) / sigma
    ),
)
_combined(
    "constant-factor",
    "the way by the variance is twice too large; the ½ of the root's derivative is missing.",
    "What is the derivative of v^(−½) with respect to v?",
    lambda d, unit, sigma: (d - _mean(d) - 2 * unit * _mean(d * unit)) / sigma,
)
_combined(
    "constant-factor",
    "the way by the variance is half as large as it should be; the 2 of the square's derivative is missing.",
    "What is the derivative of (x − μ)² with respect to x?",
    lambda d, unit, sigma: (d - _mean(d) - unit * _mean(d * unit) / 2) / sigma,
)
_combined(
    "sign-flipped",
    "the way by the mean is added, +mean(dx̂) / σ.",
    HINT_MEAN,
    lambda d, unit, sigma: (d + _mean(d) - unit * _mean(d * unit)) / sigma,
)
_combined(
    "sign-flipped",
    "the way by the variance is added, +x̂ mean(dx̂ ⊙ x̂) / σ.",
    HINT_VARIANCE,
    lambda d, unit, sigma: (d - _mean(d) + unit * _mean(d * unit)) / sigma,
)
_combined(
    "sign-flipped",
    "both ways by the statistics are added.",
    HINT_MEAN,
    lambda d, unit, sigma: (d + _mean(d) + unit * _mean(d * unit)) / sigma,
)
_combined(
    "diagonal-only",
    "this is dx̂ (1 − 1/d − x̂²/d) / σ, the diagonal of the Jacobian; each x also moves the others' mean and variance.",
    "How many of the d outputs move if one x does?",
    lambda d, unit, sigma: d * (1 - (1 + unit**2) / d.shape[-1]) / sigma,
)


def _means_over(axis: Axis, words: str) -> None:
    _combined(
        "wrong-axis",
        f"mean(dx̂) and mean(dx̂ ⊙ x̂) are taken over {words}.",
        "Along which axis does the forward pass take its mean?",
        lambda d, unit, sigma: (d - _mean(d, axis) - unit * _mean(d * unit, axis)) / sigma,
    )


_means_over(-2, "the positions, axis −2")
_means_over(0, "axis 0")
_means_over(1, "axis 1")
_means_over(None, "the whole array")
