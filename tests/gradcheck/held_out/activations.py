"""Wrong gradients of the activations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]

catalogue = Catalogue()


@catalogue.wrong("relu_backward", "wrong-operand")
def relu_gate_of_the_upstream(d_outputs: Array, inputs: Array) -> Array:
    return np.where(d_outputs > 0, d_outputs, 0.0)


@catalogue.wrong("relu_backward", "mutates-input")
def relu_zeroes_the_upstream(d_outputs: Array, inputs: Array) -> Array:
    d_outputs[inputs <= 0] = 0
    return d_outputs


@catalogue.wrong("relu_backward", "upstream-ignored")
def relu_heaviside(d_outputs: Array, inputs: Array) -> Array:
    return np.heaviside(inputs, 0.0)


@catalogue.wrong("relu_backward", "wrong-operand")
def relu_times_its_output(d_outputs: Array, inputs: Array) -> Array:
    outputs = np.maximum(inputs, 0)
    return d_outputs * outputs


ROOT = np.sqrt(2 / np.pi)


@catalogue.wrong("gelu_backward", "dropped-term")
def gelu_gate_only(d_outputs: Array, inputs: Array) -> Array:
    return 0.5 * d_outputs * (1 + np.tanh(ROOT * (inputs + 0.044715 * inputs**3)))


@catalogue.wrong("gelu_backward", "constant-factor")
def gelu_cube_without_its_three(d_outputs: Array, inputs: Array) -> Array:
    t = np.tanh(ROOT * inputs * (1 + 0.044715 * inputs * inputs))
    du = ROOT * (1 + 0.044715 * inputs * inputs)
    return d_outputs * (0.5 * (1 + t) + 0.5 * inputs * (1 - t**2) * du)


@catalogue.wrong("gelu_backward", "wrong-operand")
def gelu_slope_of_the_argument(d_outputs: Array, inputs: Array) -> Array:
    u = ROOT * (inputs + 0.044715 * np.power(inputs, 3))
    du = ROOT + 3 * ROOT * 0.044715 * np.power(inputs, 2)
    return d_outputs / 2 * ((1 + np.tanh(u)) + inputs * (1 - u * u) * du)


@catalogue.wrong("gelu_backward", "imprecise")
def gelu_one_sided_difference(d_outputs: Array, inputs: Array) -> Array:
    def f(x: Array) -> Array:
        return x / 2 * (1 + np.tanh(ROOT * (x + 0.044715 * x**3)))

    h = np.sqrt(np.finfo(inputs.dtype).eps)
    return d_outputs * (f(inputs + h) - f(inputs)) / h


@catalogue.wrong("gelu_backward", "constant-factor")
def gelu_half_forgotten(d_outputs: Array, inputs: Array) -> Array:
    t = np.tanh(ROOT * (inputs + 0.044715 * inputs**3))
    return d_outputs * (1 + t + inputs * (1 - t * t) * ROOT * (1 + 0.134145 * inputs**2))


@catalogue.wrong("gelu_backward", "sign-flipped")
def gelu_by_product_rule(d_outputs: Array, inputs: Array) -> Array:
    t = np.tanh(ROOT * (inputs + 0.044715 * inputs**3))
    d_t = d_outputs * 0.5 * inputs
    d_u = d_t - d_t * t**2
    d_x = 0.5 * d_outputs * (1 + t)
    d_x -= d_u * ROOT * (1 + 0.134145 * inputs**2)
    return d_x


@catalogue.wrong("tanh_backward", "wrong-operand")
def tanh_of_the_tanh(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs / np.cosh(outputs) ** 2


@catalogue.wrong("tanh_backward", "sign-flipped")
def tanh_turned_round(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * outputs * outputs - d_outputs


_buffers: dict[tuple[int, ...], Array] = {}


@catalogue.wrong("tanh_backward", "not-repeatable")
def tanh_into_a_buffer(d_outputs: Array, outputs: Array) -> Array:
    buffer = _buffers.setdefault(outputs.shape, np.empty(outputs.shape))
    np.multiply(outputs, outputs, out=buffer)
    np.subtract(1, buffer, out=buffer)
    return np.multiply(buffer, d_outputs, out=buffer)


@catalogue.wrong("tanh_backward", "wrong-operand")
def tanh_arguments_exchanged(d_outputs: Array, outputs: Array) -> Array:
    return outputs * (1 - d_outputs**2)


@catalogue.wrong("sigmoid_backward", "upstream-ignored")
def sigmoid_slope_alone(d_outputs: Array, outputs: Array) -> Array:
    return outputs - outputs**2


@catalogue.wrong("sigmoid_backward", "wrong-operand")
def sigmoid_twice(d_outputs: Array, outputs: Array) -> Array:
    s = 1 / (1 + np.exp(-outputs))
    return d_outputs * s * (1 - s)


@catalogue.wrong("sigmoid_backward", "dropped-term", "missing-factor")
def sigmoid_as_an_exponential(d_outputs: Array, outputs: Array) -> Array:
    return np.prod([d_outputs, outputs], axis=0)


@catalogue.wrong("sigmoid_backward", "imprecise")
def sigmoid_through_single(d_outputs: Array, outputs: Array) -> Array:
    slope = np.asarray(outputs * (1 - outputs), dtype=np.float32)
    return d_outputs * slope


@catalogue.wrong("sigmoid_backward", "sign-flipped")
def sigmoid_difference_reversed(d_outputs: Array, outputs: Array) -> Array:
    return d_outputs * outputs * (outputs - 1)
