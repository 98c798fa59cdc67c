"""Wrong gradients of the linear map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]
Three = tuple[Array, Array, Array]

catalogue = Catalogue()


@catalogue.wrong("linear_backward", "transposed", result="d_weight")
def linear_weight_out_by_in(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g, x = d_outputs.reshape(-1, weight.shape[1]), inputs.reshape(-1, weight.shape[0])
    return d_outputs @ weight.T, g.T @ x, g.sum(0)


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_bias")
def linear_bias_over_the_batch_only(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = inputs.reshape(-1, weight.shape[0]).T @ d_outputs.reshape(-1, weight.shape[1])
    d_bias = d_outputs.sum(axis=0) if d_outputs.ndim > 1 else d_outputs.copy()
    return d_outputs @ weight.T, d_weight, d_bias


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_weight")
def linear_weight_of_each_sequence(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = np.atleast_2d(inputs), np.atleast_2d(d_outputs)
    return d_outputs @ weight.T, x.swapaxes(-1, -2) @ g, g.reshape(-1, g.shape[-1]).sum(0)


@catalogue.wrong("linear_backward", "constant-factor", result="d_weight")
def linear_mean_gradient(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    n_in, n_out = weight.shape
    x, g = inputs.reshape(-1, n_in), d_outputs.reshape(-1, n_out)
    return (g @ weight.T).reshape(inputs.shape), x.T @ g / x.shape[0], np.ones(x.shape[0]) @ g


@catalogue.wrong("linear_backward", "overwritten", result="d_weight")
def linear_example_by_example(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_inputs, d_weight, d_bias = np.empty_like(inputs), np.zeros_like(weight), np.zeros(weight.shape[1])
    for n in np.ndindex(inputs.shape[:-1]):
        d_inputs[n] = weight @ d_outputs[n]
        d_weight = inputs[n][:, np.newaxis] * d_outputs[n]
        d_bias = d_bias + d_outputs[n]
    return d_inputs, d_weight, d_bias


@catalogue.wrong("linear_backward", "misplaced", result="d_inputs")
def linear_weight_reshaped(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    n_in, n_out = weight.shape
    x, g = inputs.reshape(-1, n_in), d_outputs.reshape(-1, n_out)
    return d_outputs @ weight.reshape(n_out, n_in), x.T @ g, g.sum(0)


@catalogue.wrong("linear_backward", "upstream-ignored", result="d_inputs")
def linear_inputs_get_the_row_sums(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    axes = list(range(inputs.ndim - 1))
    d_inputs = np.zeros_like(inputs) + weight.sum(axis=1)
    return d_inputs, np.tensordot(inputs, d_outputs, (axes, axes)), d_outputs.sum(tuple(axes))


_grads: dict[tuple[int, ...], Array] = {}


@catalogue.wrong("linear_backward", "not-repeatable", result="d_weight")
def linear_accumulates_between_calls(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1])
    _grads[weight.shape] = _grads.get(weight.shape, np.zeros_like(weight)) + x.T @ g
    return d_outputs @ weight.T, _grads[weight.shape], g.sum(0)


@catalogue.wrong("linear_backward", "wrong-axis", result="d_bias")
def linear_bias_over_the_features(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = np.einsum("ni,no->io", inputs.reshape(-1, weight.shape[0]), d_outputs.reshape(-1, weight.shape[1]))
    return np.einsum("...o,io->...i", d_outputs, weight), d_weight, d_outputs.sum(axis=-1)


@catalogue.wrong("linear_backward", "misplaced", "wrong-for-some-shapes", result="d_weight")
def linear_time_major_by_half(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g = d_outputs.swapaxes(0, -2) if d_outputs.ndim > 2 else d_outputs
    g = g.reshape(-1, weight.shape[1])
    return d_outputs @ weight.T, inputs.reshape(-1, weight.shape[0]).T @ g, g.sum(0)


@catalogue.wrong("linear_backward", "swapped-results")
def linear_bias_before_weight(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    g = d_outputs.reshape(-1, weight.shape[1])
    return d_outputs @ weight.T, g.sum(0), inputs.reshape(-1, weight.shape[0]).T @ g
