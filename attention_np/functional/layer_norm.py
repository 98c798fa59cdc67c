"""Layer normalisation: every vector to mean zero and variance one, then a learned gain and bias."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_shape


def layer_norm(inputs: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    r"""Normalise the last axis (Ba, Kiros, Hinton 2016).

    .. math:: y = g \odot \hat x + b, \qquad \hat x = \frac{x - \mu}{\sigma}, \qquad \sigma = \sqrt{\mathrm{var}(x) + \epsilon}

    Mean and (biased) variance are taken over the last axis, for each position by itself.

    Parameters
    ----------
    inputs : array (..., d)
    gain, bias : array (d,)
    eps : float
        Keeps :math:`\sigma` above zero for constant vectors.

    Returns
    -------
    array (..., d)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, or shapes do not fit.
    """
    _check(inputs, gain)
    require_floats(inputs=inputs, bias=bias)
    require_shape("bias", bias, (inputs.shape[-1],), "to match inputs")
    outputs, _ = _normalise(inputs, eps)
    outputs *= gain
    outputs += bias
    return outputs


def layer_norm_backward(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-5) -> tuple[Array, Array, Array]:
    r"""Gradients of layer normalisation with respect to inputs, gain and bias.

    :math:`db = \sum_n dy_n` and :math:`dg = \sum_n dy_n \odot \hat x_n` over all positions n. With :math:`d\hat x = dy \odot g`, x reaches
    :math:`\hat x = (x - \mu) / \sigma` by three ways: itself, the mean (:math:`\partial\mu/\partial x_k = 1/d`) and the deviation
    (:math:`\partial\sigma/\partial x_k = \hat x_k / d`). Together

    .. math:: dx = \frac{1}{\sigma} \Bigl( d\hat x - \mathrm{mean}(d\hat x) - \hat x \; \mathrm{mean}(d\hat x \odot \hat x) \Bigr) .

    The gain belongs inside the means. dx has mean zero: shifting all of x changes nothing.

    Parameters
    ----------
    d_outputs, inputs : array (..., d)
    gain : array (d,)
    eps : float

    Returns
    -------
    d_inputs : array (..., d)
    d_gain, d_bias : array (d,)

    Raises
    ------
    TypeError, ValueError
        As `layer_norm`, and if `d_outputs` does not have its result's shape.
    """
    _check(inputs, gain)
    require_floats(inputs=inputs, d_outputs=d_outputs)
    require_shape("d_outputs", d_outputs, inputs.shape, "like inputs")
    normalised, deviation = _normalise(inputs, eps)
    positions = tuple(range(inputs.ndim - 1))
    d_gain = np.sum(d_outputs * normalised, axis=positions)
    d_bias = np.sum(d_outputs, axis=positions)
    d_normalised = d_outputs * gain
    mean = _mean(d_normalised)
    correlation = _mean_product(d_normalised, normalised)
    # (d_normalised - mean - normalised * correlation) / deviation, in the arrays that are there.
    normalised *= correlation
    d_normalised -= mean
    d_normalised -= normalised
    d_normalised /= deviation
    return d_normalised, d_gain, d_bias


def _normalise(inputs: Array, eps: float) -> tuple[Array, Array]:
    if not eps > 0:
        raise ValueError(f"eps: expected a number above 0, got {eps}")
    centred = inputs - _mean(inputs)
    deviation = np.sqrt(_mean_product(centred, centred) + eps)
    centred /= deviation
    return centred, deviation


def _mean(array: Array) -> Array:
    # An empty vector has no mean; its sum, 0, stands in so that empty arrays pass through without a warning.
    return array.sum(axis=-1, keepdims=True) / max(array.shape[-1], 1)


def _mean_product(first: Array, second: Array) -> Array:
    return np.vecdot(first, second)[..., None] / max(first.shape[-1], 1)


def _check(inputs: Array, gain: Array) -> None:
    require_floats(inputs=inputs, gain=gain)
    require_shape("inputs", inputs, ("...", "width"), "with at least one dimension")
    require_shape("gain", gain, (inputs.shape[-1],), "to match inputs")
