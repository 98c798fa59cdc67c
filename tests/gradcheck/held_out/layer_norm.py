"""Wrong gradients of layer normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutant import Catalogue

Array = NDArray[Any]
Three = tuple[Array, Array, Array]

catalogue = Catalogue()


def mean(x: Array) -> Array:
    return x.mean(axis=-1, keepdims=True)


def standard(inputs: Array, eps: float) -> tuple[Array, Array]:
    centred = inputs - mean(inputs)
    sigma = np.sqrt(mean(centred**2) + eps)
    return centred / sigma, sigma


def over_positions(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1]).sum(axis=0)


@catalogue.wrong("layer_norm_backward", "missing-factor", "wrong-operand", result="d_inputs")
def norm_gain_outside(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    d = gain / s * (d_outputs - mean(d_outputs) - x * mean(d_outputs * x))
    return d, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def norm_without_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    n = inputs.shape[-1]
    x, s = standard(inputs, eps)
    total, along = d_outputs.sum(-1, keepdims=True), (d_outputs * x).sum(-1, keepdims=True)
    return (n * d_outputs - total - x * along) / (n * s), over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def norm_mean_is_constant(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    dx_hat = gain * d_outputs
    d_var = np.sum(dx_hat * (inputs - mean(inputs)), -1, keepdims=True) * -0.5 * s**-3
    d_inputs = dx_hat / s + d_var * 2 * (inputs - mean(inputs)) / inputs.shape[-1]
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", result="d_inputs")
def norm_variance_is_constant(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    d_centred = d_outputs * gain / s
    return d_centred - mean(d_centred), over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "dropped-term", "not-finite")
def norm_eps_forgotten(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    s = inputs.std(axis=-1, keepdims=True)
    x = (inputs - inputs.mean(axis=-1, keepdims=True)) / s
    h = d_outputs * gain
    return (h - mean(h) - x * mean(h * x)) / s, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def norm_deviation_lost(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, _ = standard(inputs, eps)
    d_hat = d_outputs * gain
    d_hat = d_hat - mean(d_hat) - x * mean(x * d_hat)
    return d_hat, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def norm_divides_by_the_variance(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    variance = inputs.var(axis=-1, keepdims=True) + eps
    x = (inputs - mean(inputs)) * variance**-0.5
    d_hat = d_outputs * gain
    d_inputs = (d_hat - mean(d_hat) - x * mean(d_hat * x)) / variance
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-operand", result="d_gain")
def norm_gain_from_the_inputs(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    h = d_outputs * gain
    d_gain = over_positions(d_outputs * inputs)
    return (h - mean(h) - x * mean(h * x)) / s, d_gain, over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "not-summed", "wrong-for-some-shapes", result="d_gain")
def norm_gain_over_the_first_axis(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    h = d_outputs * gain
    d_gain = np.atleast_2d(d_outputs * x).sum(axis=0)
    return (h - mean(h) - x * mean(h * x)) / s, d_gain, over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "wrong-axis")
def norm_over_the_batch(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    centred = inputs - inputs.mean(0)
    s = np.sqrt((centred**2).mean(0) + eps)
    x, h = centred / s, d_outputs * gain
    return (h - h.mean(0) - x * (h * x).mean(0)) / s, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "sign-flipped", result="d_inputs")
def norm_correlation_added(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    d_inputs = np.empty_like(inputs)
    for n in np.ndindex(inputs.shape[:-1]):
        h = gain * d_outputs[n]
        d_inputs[n] = (h - h.mean() + x[n] * (h @ x[n]) / len(h)) / s[n]
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "swapped-results")
def norm_bias_before_gain(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    h = d_outputs * gain
    return (h - mean(h) - x * mean(h * x)) / s, over_positions(d_outputs), over_positions(d_outputs * x)


@catalogue.wrong("layer_norm_backward", "constant-factor", result="d_inputs")
def norm_square_without_its_two(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    centred, width = inputs - mean(inputs), inputs.shape[-1]
    # out = gain * centred * inverse + bias; inverse = variance ** -0.5
    d_product = d_outputs * gain
    d_inverse = (d_product * centred).sum(-1, keepdims=True)
    d_variance = -0.5 * s**-3 * d_inverse
    d_centred = d_product / s + centred * d_variance / width
    d_inputs = d_centred - d_centred.sum(-1, keepdims=True) / width
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "counted-twice", "constant-factor", result="d_inputs")
def norm_variance_comes_in_twice(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    centred, width = inputs - mean(inputs), inputs.shape[-1]
    d_product = d_outputs * gain
    d_variance = -0.5 * s**-3 * (d_product * centred).sum(-1, keepdims=True)
    d_centred = d_product / s
    d_centred += 2 * centred * d_variance / width
    d_mean = -d_centred.sum(-1, keepdims=True)
    d_inputs = d_centred + d_mean / width + 2 * centred * d_variance / width
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "missing-factor", result="d_inputs")
def norm_power_of_the_variance(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    mu, variance, width = mean(inputs), s**2, inputs.shape[-1]
    dx_hat = d_outputs * gain
    d_variance = (dx_hat * (inputs - mu)).sum(-1, keepdims=True) * -0.5 * variance ** (-1 / 2)
    d_mu = -(dx_hat / s).sum(-1, keepdims=True) - 2 * d_variance * mean(inputs - mu)
    d_inputs = dx_hat / s + d_variance * 2 * (inputs - mu) / width + d_mu / width
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "constant-factor", result="d_bias")
def norm_bias_averaged(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    h = d_outputs * gain
    d_bias = d_outputs.reshape(-1, len(gain)).mean(axis=0)
    return (h - mean(h) - x * mean(h * x)) / s, over_positions(d_outputs * x), d_bias


@catalogue.wrong("layer_norm_backward", "wrong-axis", result="d_gain")
def norm_gain_over_the_features(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    h = d_outputs * gain
    return (h - mean(h) - x * mean(h * x)) / s, np.sum(d_outputs * x, axis=-1), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "imprecise", result="d_inputs")
def norm_inverse_root_in_single(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    inverse = (1 / s.astype(np.float32)).astype(inputs.dtype)
    h = d_outputs * gain
    return inverse * (h - mean(h) - x * mean(h * x)), over_positions(d_outputs * x), over_positions(d_outputs)


@catalogue.wrong("layer_norm_backward", "constant-factor", "wrong-for-some-shapes", result="d_inputs")
def norm_divides_by_the_batch(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> Three:
    x, s = standard(inputs, eps)
    n, h = inputs.shape[0], d_outputs * gain
    d_inputs = (h - h.sum(-1, keepdims=True) / n - x * (h * x).sum(-1, keepdims=True) / n) / s
    return d_inputs, over_positions(d_outputs * x), over_positions(d_outputs)
