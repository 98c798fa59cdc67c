"""Root-mean-square normalisation: every vector to the length √d, then a learned gain."""

from __future__ import annotations

import numpy as np

from ._checks import Array, require_floats, require_shape


def rms_norm(inputs: Array, gain: Array, eps: float = 1e-6) -> Array:
    r"""Divide by the root mean square of the last axis (Zhang & Sennrich 2019, eq. 4).

    .. math:: y = g \odot \hat x, \qquad \hat x = \frac{x}{r}, \qquad r = \sqrt{\tfrac1d \sum_k x_k^2 + \epsilon}

    Layer normalisation without the mean. But for ε, :math:`\hat x = \sqrt d \, x / \lVert x \rVert`, so the dot product of two such vectors is d times
    the cosine of their angle.

    Parameters
    ----------
    inputs : array (..., d)
    gain : array (d,)
    eps : float
        Keeps r above zero for zero vectors.

    Returns
    -------
    array (..., d)

    Raises
    ------
    TypeError, ValueError
        If dtypes are not floating and equal, shapes do not fit, or `eps` is not above 0.
    """
    _check(inputs, gain, eps)
    return gain * (inputs / _root_mean_square(inputs, eps))


def rms_norm_backward(d_outputs: Array, inputs: Array, gain: Array, eps: float = 1e-6) -> tuple[Array, Array]:
    r"""Gradients of root-mean-square normalisation with respect to inputs and gain.

    :math:`dg = \sum_n dy_n \odot \hat x_n` over all positions n. With :math:`d\hat x = dy \odot g`, x reaches :math:`\hat x = x / r` by itself and by r, and
    :math:`\partial r / \partial x_k = \hat x_k / d`. Together

    .. math:: dx = \frac1r \Bigl( d\hat x - \hat x \; \mathrm{mean}(d\hat x \odot \hat x) \Bigr) .

    But for ε, dx is at right angles to x: a longer x gives the same.

    Parameters
    ----------
    d_outputs, inputs : array (..., d)
    gain : array (d,)
    eps : float

    Returns
    -------
    d_inputs : array (..., d)
    d_gain : array (d,)

    Raises
    ------
    TypeError, ValueError
        As `rms_norm`, and if `d_outputs` does not have its result's shape.
    """
    _check(inputs, gain, eps)
    require_floats(inputs=inputs, d_outputs=d_outputs)
    require_shape("d_outputs", d_outputs, inputs.shape, "like inputs")
    root = _root_mean_square(inputs, eps)
    normalised = inputs / root
    d_gain = np.sum(d_outputs * normalised, axis=tuple(range(inputs.ndim - 1)))
    d_normalised = d_outputs * gain
    return (d_normalised - normalised * _mean(d_normalised * normalised)) / root, d_gain


def _root_mean_square(inputs: Array, eps: float) -> Array:
    return np.sqrt(_mean(inputs * inputs) + eps)


def _mean(array: Array) -> Array:
    # An empty vector has no mean; its sum, 0, stands in so that empty arrays pass through without a warning.
    return array.sum(axis=-1, keepdims=True) / max(array.shape[-1], 1)


def _check(inputs: Array, gain: Array, eps: float) -> None:
    require_floats(inputs=inputs, gain=gain)
    require_shape("inputs", inputs, ("...", "width"), "with at least one dimension")
    require_shape("gain", gain, (inputs.shape[-1],), "to match inputs")
    if not eps > 0:
        raise ValueError(f"eps: expected a number above 0, got {eps}")
