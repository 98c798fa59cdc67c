"""Mistakes in the gradients of relu, gelu, tanh and sigmoid."""

from __future__ import annotations

import math

import numpy as np

from ..mutant import Catalogue
from .parts import Array

catalogue = Catalogue()
_ROOT = math.sqrt(2 / math.pi)


@catalogue.wrong("relu_backward", "missing-factor")
def passed_through(d_outputs: Array, inputs: Array) -> Array:
    return d_outputs.copy()


@catalogue.wrong("relu_backward", "wrong-operand")
def where_the_upstream_is_positive(d_outputs: Array, inputs: Array) -> Array:
    return np.where(d_outputs > 0, d_outputs, 0.0)


@catalogue.wrong("relu_backward", "wrong-operand", "missing-factor")
def output_for_its_slope(d_outputs: Array, inputs: Array) -> Array:
    return d_outputs * np.maximum(inputs, 0)


@catalogue.wrong("relu_backward", "upstream-ignored")
def slope_only(d_outputs: Array, inputs: Array) -> Array:
    return (inputs > 0).astype(float)


@catalogue.wrong("relu_backward", "mutates-input")
def upstream_zeroed_in_place(d_outputs: Array, inputs: Array) -> Array:
    d_outputs[inputs <= 0] = 0
    return d_outputs


@catalogue.wrong("relu_backward", "sign-flipped")
def negative_slope(d_outputs: Array, inputs: Array) -> Array:
    return np.where(inputs > 0, -1.0, 0.0) * d_outputs


def _inner(x: Array) -> tuple[Array, Array]:
    """tanh u, and u'."""
    x = np.clip(x, -10, 10)
    return np.tanh(_ROOT * (x + 0.044715 * x**3)), _ROOT * (1 + 0.134145 * x**2)


@catalogue.wrong("gelu_backward", "dropped-term")
def first_factor_differentiated(d_outputs: Array, inputs: Array) -> Array:
    t, _ = _inner(inputs)
    return d_outputs * 0.5 * (1 + t)


@catalogue.wrong("gelu_backward", "dropped-term")
def second_factor_differentiated(d_outputs: Array, inputs: Array) -> Array:
    t, slope = _inner(inputs)
    return d_outputs * 0.5 * np.clip(inputs, -10, 10) * (1 - t**2) * slope


@catalogue.wrong("gelu_backward", "constant-factor")
def cube_without_its_three(d_outputs: Array, inputs: Array) -> Array:
    t, _ = _inner(inputs)
    x = np.clip(inputs, -10, 10)
    return d_outputs * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * _ROOT * (1 + 0.044715 * x**2))


@catalogue.wrong("gelu_backward", "missing-factor")
def inner_slope_forgotten(d_outputs: Array, inputs: Array) -> Array:
    t, _ = _inner(inputs)
    return d_outputs * 0.5 * (1 + t + np.clip(inputs, -10, 10) * (1 - t**2))


@catalogue.wrong("gelu_backward", "constant-factor")
def half_forgotten(d_outputs: Array, inputs: Array) -> Array:
    t, slope = _inner(inputs)
    return d_outputs * (1 + t + np.clip(inputs, -10, 10) * (1 - t**2) * slope)


@catalogue.wrong("gelu_backward", "constant-factor")
def root_of_two_over_pi_forgotten(d_outputs: Array, inputs: Array) -> Array:
    t, slope = _inner(inputs)
    inner = np.clip(inputs, -10, 10) * (1 - t**2) * (slope / _ROOT)
    return d_outputs * 0.5 * (1 + t + inner)


@catalogue.wrong("gelu_backward", "imprecise")
def forward_difference(d_outputs: Array, inputs: Array) -> Array:
    def gelu(x: Array) -> Array:
        return 0.5 * x * (1 + _inner(x)[0])

    h = 1e-5
    return d_outputs * (gelu(inputs + h) - gelu(inputs)) / h


@catalogue.wrong("gelu_backward", "sign-flipped")
def tanh_slope_with_a_plus(d_outputs: Array, inputs: Array) -> Array:
    t, slope = _inner(inputs)
    return d_outputs * 0.5 * (1 + t + np.clip(inputs, -10, 10) * (1 + t * t) * slope)


@catalogue.wrong("tanh_backward", "wrong-operand")
def tanh_taken_again(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * (1 - np.tanh(outputs) ** 2)


@catalogue.wrong("tanh_backward", "wrong-operand", "missing-factor")
def square_forgotten(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * (1 - outputs)


@catalogue.wrong("tanh_backward", "sign-flipped")
def square_minus_one(d_outputs: Array, outputs: Array) -> Array:
    return (outputs**2 - 1) * d_outputs


@catalogue.wrong("tanh_backward", "sign-flipped")
def one_plus_the_square(d_outputs: Array, outputs: Array) -> Array:
    return (1 + np.square(outputs)) * d_outputs


@catalogue.wrong("tanh_backward", "dropped-term")
def square_alone(d_outputs: Array, outputs: Array) -> Array:
    return -d_outputs * outputs * outputs


@catalogue.wrong("tanh_backward", "upstream-ignored")
def tanh_slope_only(d_outputs: Array, outputs: Array) -> Array:
    return 1 - outputs**2


@catalogue.wrong("tanh_backward", "wrong-dtype")
def tanh_slope_in_single_precision(d_outputs: Array, outputs: Array) -> Array:
    return (d_outputs * (1 - outputs**2)).astype("float32")


@catalogue.wrong("tanh_backward", "constant-factor", "wrong-for-some-shapes")
def averaged_over_the_first_axis(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * (1 - outputs**2) / outputs.shape[0]


@catalogue.wrong("sigmoid_backward", "wrong-operand")
def sigmoid_taken_again(d_outputs: Array, outputs: Array) -> Array:
    s = 1 / (1 + np.exp(-outputs))
    return d_outputs * s * (1 - s)


@catalogue.wrong("sigmoid_backward", "sign-flipped")
def output_minus_one(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * outputs * (outputs - 1)


@catalogue.wrong("sigmoid_backward", "sign-flipped")
def one_plus_the_output(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * outputs * (1 + outputs)


@catalogue.wrong("sigmoid_backward", "missing-factor", "dropped-term")
def output_alone(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * outputs


@catalogue.wrong("sigmoid_backward", "missing-factor", "dropped-term")
def one_minus_the_output_alone(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * (1 - outputs)


@catalogue.wrong("sigmoid_backward", "constant-factor")
def through_a_tanh_without_its_halves(d_outputs: Array, outputs: Array) -> Array:
    """As y = 1/2 + tanh(x/2)/2, and both halves are forgotten on the way back."""
    t = 2 * outputs - 1
    return d_outputs * (1 - t**2)


@catalogue.wrong("sigmoid_backward", "mutates-input")
def product_in_the_upstream(d_outputs: Array, outputs: Array) -> Array:
    d_outputs *= outputs
    d_outputs *= 1 - outputs
    return d_outputs


@catalogue.wrong("sigmoid_backward", "zero")
def slope_as_integers(d_outputs: Array, outputs: Array) -> Array:
    slope = np.empty(outputs.shape, dtype=int)
    slope[...] = outputs * (1 - outputs)
    return d_outputs * slope
