"""Mistakes in the gradients of layer normalisation."""

from __future__ import annotations

import numpy as np

from ..mutant import Catalogue
from .parts import Array

catalogue = Catalogue()
Three = tuple[Array, Array, Array]


def _mean(array: Array) -> Array:
    return array.mean(axis=-1, keepdims=True)


def _normalise(x: Array, eps: float) -> tuple[Array, Array]:
    centred = x - _mean(x)
    sigma = np.sqrt(_mean(centred**2) + eps)
    return centred / sigma, sigma


def _sum(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1]).sum(axis=0)


@catalogue.wrong("layer_norm_backward", "wrong-operand", "missing-factor", result="d_inputs")
def gain_outside_the_means(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_x = gain * (d_outputs - _mean(d_outputs) - x_hat * _mean(d_outputs * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def mean_held_constant(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    return (d_hat - x_hat * _mean(d_hat * x_hat)) / sigma, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def variance_held_constant(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    return (d_hat - _mean(d_hat)) / sigma, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def both_statistics_held_constant(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    return d_outputs * gain / sigma, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "constant-factor", "wrong-operand")
def unbiased_variance(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    n = inputs.shape[-1]
    sigma = np.sqrt(inputs.var(axis=-1, keepdims=True, ddof=1) + eps)
    centred = inputs - _mean(inputs)
    d_hat = d_outputs * gain
    d_var = (d_hat * centred).sum(axis=-1, keepdims=True) * -0.5 / sigma**3
    d_x = d_hat / sigma - _mean(d_hat / sigma) + 2 * centred * d_var / (n - 1)
    return d_x, _sum(d_outputs * centred / sigma), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", "wrong-operand", result="d_inputs")
def gain_forgotten(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_x = (d_outputs - _mean(d_outputs) - x_hat * _mean(d_outputs * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def not_divided_by_the_deviation(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, _ = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def divided_by_the_variance(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, _ = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / (np.var(inputs, -1, keepdims=True) + eps)
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-operand", result="d_gain")
def inputs_for_normalised_in_the_gain(
    d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5
) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * inputs), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "constant-factor", result="d_bias")
def bias_gradient_averaged(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), np.mean(d_outputs.reshape(-1, gain.size), axis=0)


@catalogue.wrong("layer_norm_backward", "not-summed", result="d_bias")
def bias_gradient_at_every_position(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), d_outputs.copy()


@catalogue.wrong("layer_norm_backward", "not-summed", "wrong-for-some-shapes", result="d_gain")
def gain_summed_over_one_axis(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, np.sum(d_outputs * x_hat, axis=0), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-axis")
def statistics_over_the_positions(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    mu = inputs.mean(axis=-2, keepdims=True)
    sigma = np.sqrt(inputs.var(axis=-2, keepdims=True) + eps)
    x_hat = (inputs - mu) / sigma
    d_hat = d_outputs * gain
    d_x = d_hat - d_hat.mean(axis=-2, keepdims=True) - x_hat * (d_hat * x_hat).mean(axis=-2, keepdims=True)
    return d_x / sigma, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", "imprecise")
def eps_forgotten(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    sigma = np.std(inputs, axis=-1, keepdims=True)
    x_hat = (inputs - _mean(inputs)) / sigma
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "swapped-results")
def bias_before_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_beta, d_gamma = _sum(d_outputs), _sum(d_outputs * x_hat)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, d_beta, d_gamma


@catalogue.wrong("layer_norm_backward", "sign-flipped", result="d_inputs")
def variance_path_added(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_var = np.sum(d_hat * x_hat, axis=-1, keepdims=True) / 2
    d_x = (d_hat - _mean(d_hat) + 2 * x_hat * d_var / inputs.shape[-1]) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "constant-factor", result="d_inputs")
def sum_for_the_mean(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - d_hat.sum(axis=-1, keepdims=True) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-operand", result="d_inputs")
def inputs_for_normalised_in_the_variance(
    d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5
) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - inputs * _mean(d_hat * inputs)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", "wrong-operand", result="d_gain")
def gain_in_its_own_gradient(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_hat * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "counted-twice", result="d_inputs")
def variance_path_walked_twice(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = d_hat - _mean(d_hat)
    d_x -= x_hat * _mean(d_hat * x_hat)
    d_x -= x_hat * _mean(d_hat * x_hat)
    return d_x / sigma, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-axis", result="d_inputs")
def means_over_everything(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - np.mean(d_hat) - x_hat * np.mean(d_hat * x_hat)) / sigma
    return d_x, _sum(d_outputs * x_hat), _sum(d_outputs)


@catalogue.wrong("layer_norm_backward", "upstream-ignored", result="d_gain")
def gain_as_the_sum_of_normalised(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x_hat, sigma = _normalise(inputs, eps)
    d_hat = d_outputs * gain
    d_x = (d_hat - _mean(d_hat) - x_hat * _mean(d_hat * x_hat)) / sigma
    return d_x, _sum(x_hat), _sum(d_outputs)
