"""Rotary positions: complex multiplication, lengths that stay, scores that know the distance alone, and a backward that turns back."""

from __future__ import annotations

import cmath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import attention, cosine_scores, dot_scores, rotary, rotary_backward

from ..derivatives import torch_gradients
from .cases import few_examples, leads, seeds
from .family import check_dtypes, check_pair

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
offsets = st.integers(0, 1000)


@pytest.mark.parametrize("offset", [0, 5])
def test_each_pair_is_a_complex_number_times_a_power_of_its_rotation(offset):
    inputs = np.random.default_rng(0).standard_normal((2, 4, 6))
    outputs = rotary(inputs, offset, base=100.0)
    for n, t, k in np.ndindex(2, 4, 3):
        number = complex(*inputs[n, t, 2 * k : 2 * k + 2])
        turned = number * cmath.exp(1j * (offset + t) * 100 ** (-2 * k / 6))
        np.testing.assert_allclose(outputs[n, t, 2 * k : 2 * k + 2], [turned.real, turned.imag], rtol=1e-12)


@pytest.mark.parametrize("offset", [0, 37])
def test_it_is_pytorchs_complex_multiplication_forwards_and_backwards(offset):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    inputs, upstream = rng.standard_normal((2, 2, 3, 9, 8))

    def turned(inputs):
        frequencies = 10000.0 ** (-torch.arange(0, 8, 2, dtype=torch.float64) / 8)
        angles = torch.outer(torch.arange(offset, offset + 9, dtype=torch.float64), frequencies)
        pairs = torch.view_as_complex(inputs.reshape(2, 3, 9, 4, 2))
        return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)

    expected, gradients = torch_gradients(turned, upstream, {"inputs": inputs})
    np.testing.assert_allclose(rotary(inputs, offset), expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(rotary_backward(upstream, offset), gradients["inputs"], rtol=1e-13, atol=1e-13)


@few_examples
@given(lead=leads, length=st.integers(1, 4), pairs=st.integers(1, 3), offset=offsets, seed=seeds)
def test_the_gradient_equals_differences(lead, length, pairs, offset, seed):
    inputs = np.random.default_rng(seed).standard_normal((*lead, length, 2 * pairs))
    check_pair(
        lambda x: rotary(x, offset, 50.0),
        lambda d, x: rotary_backward(d, offset, 50.0),
        {"inputs": inputs},
        seed,
    )


@few_examples
@given(offset=offsets, seed=seeds)
def test_lengths_stay_forwards_and_backwards_and_the_backward_is_the_inverse(offset, seed):
    inputs = np.random.default_rng(seed).standard_normal((3, 7, 10))
    lengths = np.linalg.norm(inputs, axis=-1)
    for turned in (rotary(inputs, offset), rotary_backward(inputs, offset)):
        np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), lengths, rtol=1e-13)
    np.testing.assert_allclose(rotary_backward(rotary(inputs, offset), offset), inputs, atol=1e-13)


@few_examples
@given(offset=offsets, seed=seeds)
def test_scores_depend_on_the_distance_alone(offset, seed):
    queries, keys = np.random.default_rng(seed).standard_normal((2, 6, 8))
    for scores in (dot_scores, cosine_scores):
        here = scores(rotary(queries), rotary(keys))
        np.testing.assert_allclose(scores(rotary(queries, offset), rotary(keys, offset)), here, atol=1e-11)
    # The same two vectors at every place: one number for each distance.
    same = dot_scores(*(rotary(np.broadcast_to(vectors[0], (6, 8)), offset) for vectors in (queries, keys)))
    for distance in range(-5, 6):
        np.testing.assert_allclose(np.diff(np.diagonal(same, distance)), 0, atol=1e-11)
    assert abs(same[0, 0] - same[0, 1]) > 1e-6


def test_position_0_is_not_turned_and_a_later_row_is_the_row_of_an_offset():
    inputs = np.random.default_rng(2).standard_normal((5, 4))
    outputs = rotary(inputs)
    np.testing.assert_array_equal(outputs[0], inputs[0])
    np.testing.assert_array_equal(outputs[3:], rotary(inputs[3:], 3))
    assert np.all(outputs[1:] != inputs[1:])


def test_turning_and_cosine_normalisation_may_change_places():
    rng = np.random.default_rng(3)
    queries, keys, values = rng.standard_normal((3, 6, 4))
    units = [vectors / np.linalg.norm(vectors, axis=-1, keepdims=True) for vectors in (queries, keys)]
    np.testing.assert_allclose(
        attention(rotary(queries), rotary(keys), values, scale=3.0),
        attention(*(rotary(vectors) for vectors in units), values, score="dot", scale=3.0),
        rtol=1e-12,
    )


def test_the_dtype_stays():
    inputs, upstream = np.random.default_rng(4).standard_normal((2, 3, 5, 6))
    check_dtypes(rotary, lambda d, x: rotary_backward(d), {"inputs": inputs}, upstream)


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 3, 2), (2, 1, 2)])
def test_empty_dimensions_pass_through(shape):
    inputs = np.ones(shape)
    assert rotary(inputs).shape == rotary_backward(inputs).shape == shape


@pytest.mark.parametrize(
    ("inputs", "base", "message"),
    [
        (np.ones((2, 3)), 1e4, r"^{}: expected an even width, for pairs that are turned, got 3$"),
        (np.ones(4), 1e4, r"^{}: expected shape \(..., length, width\) with at least two dimensions, got \(4,\)$"),
        (np.ones((2, 4)), 0.0, r"^base: expected a number above 0, got 0.0$"),
        (np.ones((2, 4), int), 1e4, r"^{}: expected a floating dtype, got int64"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(inputs, base, message):
    with pytest.raises((TypeError, ValueError), match=message.format("inputs")):
        rotary(inputs, 0, base)
    with pytest.raises((TypeError, ValueError), match=message.format("d_outputs")):
        rotary_backward(inputs, 0, base)
