"""Mistakes in the gradients of the linear map."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array, turned

catalogue = Catalogue()
Three = tuple[Array, Array, Array]


def _rows(array: Array) -> Array:
    return array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])


@catalogue.wrong("linear_backward", "misplaced", result="d_inputs")
def weight_reshaped_not_turned(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    n_in, n_out = weight.shape
    d_inputs = d_outputs @ weight.reshape(n_out, n_in)
    return d_inputs, _rows(inputs).T @ _rows(d_outputs), _rows(d_outputs).sum(axis=0)


@catalogue.wrong("linear_backward", "misplaced", result="d_weight")
def inputs_reshaped_not_turned(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = inputs.reshape(weight.shape[0], -1) @ d_outputs.reshape(-1, weight.shape[1])
    return d_outputs @ weight.T, d_weight, _rows(d_outputs).sum(axis=0)


@catalogue.wrong("linear_backward", "not-summed", result="d_bias")
def bias_as_wide_as_the_outputs(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    return d_outputs @ weight.T, np.tensordot(_rows(inputs), _rows(d_outputs), (0, 0)), d_outputs.copy()


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_bias")
def bias_over_the_first_axis_only(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = np.einsum("ni,no->io", _rows(inputs), _rows(d_outputs))
    return d_outputs @ weight.T, d_weight, d_outputs.sum(axis=0)


@catalogue.wrong("linear_backward", "constant-factor", result="d_bias")
def mean_for_the_bias(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = np.einsum("ni,no->io", _rows(inputs), _rows(d_outputs))
    return d_outputs @ weight.T, d_weight, _rows(d_outputs).mean(axis=0)


@catalogue.wrong("linear_backward", "wrong-axis", result="d_bias")
def bias_over_the_features(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    return d_outputs @ weight.T, x.T @ g, g.sum(axis=1)


@catalogue.wrong("linear_backward", "wrong-axis", "wrong-shape", result="d_bias")
def bias_as_one_number(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    return d_outputs @ weight.T, _rows(inputs).T @ _rows(d_outputs), np.asarray(d_outputs.sum())


@catalogue.wrong("linear_backward", "transposed", result="d_weight")
def weight_out_by_in(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    return d_outputs @ weight.T, g.T @ x, g.sum(axis=0)


@catalogue.wrong("linear_backward", "transposed", "wrong-for-some-shapes", result="d_weight")
def turned_if_the_shape_asks_for_it(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    """Right unless the weight is square."""
    x, g = _rows(inputs), _rows(d_outputs)
    d_weight = g.T @ x
    if d_weight.shape != weight.shape:
        d_weight = d_weight.T
    return d_outputs @ weight.T, d_weight, g.sum(axis=0)


@catalogue.wrong("linear_backward", "constant-factor", result="d_weight")
def weight_averaged_over_the_rows(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    n = x.shape[0]
    return d_outputs @ weight.T, (1 / n) * np.dot(x.T, g), np.sum(g, axis=0)


@catalogue.wrong("linear_backward", "not-summed", "wrong-for-some-shapes", result="d_weight")
def weight_for_each_batch_element(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    return d_outputs @ weight.T, turned(inputs) @ d_outputs, _rows(d_outputs).sum(axis=0)


@catalogue.wrong("linear_backward", "constant-factor", "wrong-for-some-shapes", result="d_weight")
def weight_averaged_over_the_batch(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = turned(inputs) @ d_outputs
    while d_weight.ndim > 2:
        d_weight = d_weight.mean(axis=0)
    return d_outputs @ weight.T, d_weight, _rows(d_outputs).sum(axis=0)


@catalogue.wrong("linear_backward", "wrong-for-some-shapes", "unknown", result="d_weight")
def written_for_matrices(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    return d_outputs.dot(weight.T), inputs.T.dot(d_outputs), d_outputs.sum(axis=0)


@catalogue.wrong("linear_backward", "swapped-results")
def weight_gradient_first(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_weight = np.einsum("ni,no->io", _rows(inputs), _rows(d_outputs))
    d_inputs = np.einsum("...o,io->...i", d_outputs, weight)
    return d_weight, d_inputs, np.einsum("no->o", _rows(d_outputs))


@catalogue.wrong("linear_backward", "upstream-ignored", result="d_bias")
def bias_as_a_count(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    return d_outputs @ weight.T, x.T @ g, np.full(weight.shape[1], float(len(g)))


@catalogue.wrong("linear_backward", "zero", result="d_bias")
def bias_never_filled(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    return d_outputs @ weight.T, _rows(inputs).T @ _rows(d_outputs), np.zeros(weight.shape[1])


@catalogue.wrong("linear_backward", "overwritten", result="d_weight")
def outer_product_of_the_last_row(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    d_inputs, d_weight = np.zeros_like(inputs), np.zeros_like(weight)
    d_bias = np.zeros(weight.shape[1])
    for index in np.ndindex(inputs.shape[:-1]):
        d_inputs[index] = weight @ d_outputs[index]
        d_weight = np.outer(inputs[index], d_outputs[index])
        d_bias += d_outputs[index]
    return d_inputs, d_weight, d_bias


@catalogue.wrong("linear_backward", "unknown")
def clipped_inside(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    d_inputs, d_weight, d_bias = (g @ weight.T).reshape(inputs.shape), x.T @ g, g.sum(axis=0)
    return np.clip(d_inputs, -0.5, 0.5), np.clip(d_weight, -0.5, 0.5), np.clip(d_bias, -0.5, 0.5)


_sums: dict[tuple[int, ...], Array] = {}


@catalogue.wrong("linear_backward", "not-repeatable", result="d_weight")
def accumulated_between_calls(d_outputs: Array, inputs: Array, weight: Array) -> Three:
    x, g = _rows(inputs), _rows(d_outputs)
    _sums[weight.shape] = _sums.get(weight.shape, 0) + x.T @ g
    return d_outputs @ weight.T, _sums[weight.shape].copy(), g.sum(axis=0)
