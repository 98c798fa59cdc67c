"""Known mistakes of gelu, y = ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), and of its slope by the product rule."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ...functional import gelu, gelu_backward, sigmoid
from ...functional._checks import Array
from .mistake import Formula, Mistakes

known = Mistakes()
ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715
HINT_CURVE = "Evaluate the inner function u and the outer one by hand at x = 1 and compare each with yours."
HINT_RULE = "Which two factors of y depend on x, and through how many functions does the second of them?"


def _inner(inputs: Array) -> Array:
    moderate = np.clip(inputs, -10, 10)
    return ROOT * (moderate + CUBIC * moderate**3)


def _slope_of_inner(inputs: Array) -> Array:
    return ROOT * (1 + 3 * CUBIC * np.clip(inputs, -10, 10) ** 2)


def _output(code: str, message: str, formula: Formula) -> None:
    known.mistake("gelu", "output", code, message, HINT_CURVE)(formula)


def _erf(inputs: Array) -> Array:
    return np.array([math.erf(x) for x in inputs.reshape(-1)]).reshape(inputs.shape)


@known.sum_of("gelu", "output")
def terms_of_output(inputs: Array) -> dict[str, Array]:
    return {"½ x": inputs / 2, "½ x tanh u": inputs / 2 * np.tanh(_inner(inputs))}


def _with_inner(code: str, message: str, inner: Formula) -> None:
    _output(code, message, lambda inputs: 0.5 * inputs * (1 + np.tanh(inner(inputs))))


_output(
    "dropped-term",
    "this is ½ x tanh u; the 1 beside the tanh is missing.",
    lambda x: x / 2 * np.tanh(_inner(x)),
)
_output("dropped-term", "this is ½ x, without the tanh.", lambda x: x / 2)
_output("sign-flipped", "this is ½ x (1 − tanh u).", lambda x: x / 2 * (1 - np.tanh(_inner(x))))
_output("constant-factor", "this is x (1 + tanh u); the ½ is missing.", lambda x: 2 * gelu(x))
_output(
    "missing-factor",
    "this is ½ (1 + tanh u); the factor x is missing.",
    lambda x: (1 + np.tanh(_inner(x))) / 2,
)
_output(
    "wrong-values",
    "this is ½ x (1 + σ(u)), with the sigmoid for the tanh.",
    lambda x: x / 2 * (1 + sigmoid(_inner(x))),
)
_output(
    "wrong-values", "this is x σ(1.702 x), the sigmoid's approximation.", lambda x: x * sigmoid(1.702 * x)
)
_output("wrong-values", "this is x σ(x), the silu.", lambda x: x * sigmoid(x))
_output("wrong-values", "this is max(x, 0), the relu.", lambda x: np.maximum(x, 0))
_output(
    "imprecise",
    "this is x Φ(x) by the error function, and not the tanh form.",
    lambda x: x / 2 * (1 + _erf(x / 2**0.5)),
)
_output(
    "wrong-values",
    "this is x Φ(√2 x): the argument of the error function is not divided by √2.",
    lambda x: x / 2 * (1 + _erf(x)),
)
_with_inner("dropped-term", "u = √(2/π) x; the cubic term 0.044715 x³ is missing.", lambda x: ROOT * x)
_with_inner(
    "constant-factor", "u = x + 0.044715 x³; the factor √(2/π) is missing.", lambda x: x + CUBIC * x**3
)
_with_inner(
    "constant-factor",
    "u = √(2/π) x + 0.044715 x³; the factor √(2/π) is missing on the cube.",
    lambda x: ROOT * x + CUBIC * x**3,
)
_with_inner(
    "constant-factor",
    "u = x + √(2/π) 0.044715 x³; the factor √(2/π) is missing on x.",
    lambda x: x + ROOT * CUBIC * x**3,
)
_with_inner("wrong-values", "u has 2/π for √(2/π).", lambda x: 2 / math.pi * (x + CUBIC * x**3))
_with_inner("wrong-values", "u has √(π/2) for √(2/π).", lambda x: (x + CUBIC * x**3) / ROOT)
_with_inner("wrong-values", "u has √2/π for √(2/π).", lambda x: 2**0.5 / math.pi * (x + CUBIC * x**3))
_with_inner("wrong-operand", "u has x² for x³.", lambda x: ROOT * (x + CUBIC * x**2))
_with_inner("sign-flipped", "u has x − 0.044715 x³.", lambda x: ROOT * (x - CUBIC * x**3))
_with_inner("wrong-values", "u has 0.44715 for 0.044715.", lambda x: ROOT * (x + 10 * CUBIC * x**3))
_with_inner("wrong-values", "u has 0.0044715 for 0.044715.", lambda x: ROOT * (x + CUBIC / 10 * x**3))
_with_inner("wrong-values", "u has 0.47715 for 0.044715.", lambda x: ROOT * (x + 0.47715 * x**3))
_with_inner("wrong-values", "u has 0.04715 for 0.044715.", lambda x: ROOT * (x + 0.04715 * x**3))


@known.sum_of("gelu_backward", "d_inputs")
def terms_of_gradient(d_outputs: Array, inputs: Array) -> dict[str, Array]:
    moderate = np.clip(inputs, -10, 10)
    tanh = np.tanh(_inner(inputs))
    through_tanh = d_outputs * moderate / 2 * (1 - tanh**2) * ROOT
    return {
        "½ dy (1 + tanh u) (from the factor x)": d_outputs / 2 * (1 + tanh),
        "½ dy x (1 − tanh² u) √(2/π) (from the tanh, by x in u)": through_tanh,
        "½ dy x (1 − tanh² u) √(2/π) 3 · 0.044715 x² (from the tanh, by x³ in u)": through_tanh
        * 3
        * CUBIC
        * moderate**2,
    }


def _slope(code: str, message: str, slope: Formula) -> None:
    """A wrong slope as a formula of x, t = tanh u and u'."""
    known.mistake("gelu_backward", "d_inputs", code, message, HINT_RULE)(partial(_times_slope, slope))


def _times_slope(slope: Formula, d_outputs: Array, inputs: Array) -> Array:
    moderate = np.clip(inputs, -10, 10)
    return d_outputs * slope(moderate, np.tanh(_inner(moderate)), _slope_of_inner(moderate))


_slope(
    "dropped-term",
    "this is ½ dy (1 + tanh u); the tanh is treated as a constant.",
    lambda x, t, u: (1 + t) / 2,
)
_slope(
    "dropped-term",
    "this is ½ dy x (1 − tanh² u) u'; the derivative of the factor x is missing.",
    lambda x, t, u: x / 2 * (1 - t**2) * u,
)
_slope(
    "dropped-term",
    "this is ½ dy (tanh u + x (1 − tanh² u) u'); the 1 beside the tanh is missing.",
    lambda x, t, u: (t + x * (1 - t**2) * u) / 2,
)
_slope(
    "missing-factor",
    "the second term is ½ dy x (1 − tanh² u), without u'.",
    lambda x, t, u: (1 + t + x * (1 - t**2)) / 2,
)
_slope(
    "missing-factor",
    "the second term is ½ dy x u', without the tanh's slope 1 − tanh² u.",
    lambda x, t, u: (1 + t + x * u) / 2,
)
_slope(
    "missing-factor",
    "the second term is ½ dy (1 − tanh² u) u', without x.",
    lambda x, t, u: (1 + t + (1 - t**2) * u) / 2,
)
_slope(
    "constant-factor",
    "the second term is dy x (1 − tanh² u) u', without the ½.",
    lambda x, t, u: (1 + t) / 2 + x * (1 - t**2) * u,
)
_slope(
    "constant-factor",
    "u' = 1 + 3 · 0.044715 x², without √(2/π).",
    lambda x, t, u: (1 + t + x * (1 - t**2) * u / ROOT) / 2,
)
_slope(
    "constant-factor",
    "u' = √(2/π) (1 + 0.044715 x²); the 3 of the cube's derivative is missing.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * ROOT * (1 + CUBIC * x**2)) / 2,
)
_slope(
    "dropped-term",
    "u' = √(2/π); the derivative of the cube is missing.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * ROOT) / 2,
)
_slope(
    "wrong-operand",
    "u' = √(2/π) (1 + 2 · 0.044715 x²), with 2 for 3 in the cube's derivative.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * ROOT * (1 + 2 * CUBIC * x**2)) / 2,
)
_slope(
    "wrong-operand",
    "u' = √(2/π) (1 + 3 · 0.044715 x³), with x³ for x² in the cube's derivative.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * ROOT * (1 + 3 * CUBIC * x**3)) / 2,
)
_slope(
    "wrong-operand",
    "u' = √(2/π) (1 + 3 · 0.044715 x), with x for x² in the cube's derivative.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * ROOT * (1 + 3 * CUBIC * x)) / 2,
)
_slope(
    "wrong-operand",
    "u itself stands where its derivative u' belongs.",
    lambda x, t, u: (1 + t + x * (1 - t**2) * _inner(x)) / 2,
)
_slope(
    "wrong-operand",
    "the tanh's slope is 1 − tanh u; the square is missing.",
    lambda x, t, u: (1 + t + x * (1 - t) * u) / 2,
)
_slope(
    "wrong-operand",
    "the tanh's slope is 1 − u², with its argument for its value.",
    lambda x, t, u: (1 + t + x * (1 - _inner(x) ** 2) * u) / 2,
)
_slope("sign-flipped", "the tanh's slope is 1 + tanh² u.", lambda x, t, u: (1 + t + x * (1 + t**2) * u) / 2)
_slope(
    "sign-flipped",
    "the second term ½ dy x (1 − tanh² u) u' is taken away.",
    lambda x, t, u: (1 + t - x * (1 - t**2) * u) / 2,
)
_slope(
    "wrong-operand",
    "the tanh's slope is taken at x and not at u: 1 − tanh² x.",
    lambda x, t, u: (1 + t + x * (1 - np.tanh(x) ** 2) * u) / 2,
)
_slope(
    "wrong-operand",
    "this is dy σ(x) (1 + x (1 − σ(x))), the slope of the silu.",
    lambda x, t, u: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
)
_slope(
    "wrong-operand",
    "this is the slope of x σ(1.702 x), the sigmoid's approximation.",
    lambda x, t, u: sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - sigmoid(1.702 * x))),
)
_slope(
    "imprecise",
    "this is Φ(x) + x φ(x), the slope of the exact x Φ(x) and not of its tanh form.",
    lambda x, t, u: (1 + _erf(x / 2**0.5)) / 2 + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi),
)
_slope(
    "dropped-term",
    "this is Φ(x) of the exact gelu; the tanh's, or Φ's, own derivative is missing.",
    lambda x, t, u: (1 + _erf(x / 2**0.5)) / 2,
)
_slope("wrong-operand", "this is dy ⊙ [x > 0], the slope of the relu.", lambda x, t, u: x > 0)


@known.mistake(
    "gelu_backward",
    "d_inputs",
    "wrong-operand",
    "the slope is taken at the output y = gelu(x), and not at the input x.",
    "Unlike tanh_backward, what does this function receive: its input or its result?",
)
def at_outputs(d_outputs: Array, inputs: Array) -> Array:
    return gelu_backward(d_outputs, gelu(inputs))


@known.mistake(
    "gelu_backward",
    "d_inputs",
    "not-finite",
    "x³ and u' overflow for very large |x|, and 0 · ∞ is not a number.",
    "From which |x| on is the slope 0 or 1 to the last digit?",
)
def overflowing(d_outputs: Array, inputs: Array) -> Array:
    tanh = np.tanh(ROOT * (inputs + CUBIC * inputs**3))
    slope_of_inner = ROOT * (1 + 3 * CUBIC * inputs**2)
    return d_outputs * 0.5 * (1 + tanh + inputs * (1 - tanh * tanh) * slope_of_inner)
