"""Root-mean-square normalisation and QK-norm: lengths that are √d, and how both are a cosine with a sharpness."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import attention, layer_norm, qk_norm_scale, rms_norm, rms_norm_backward

from ..derivatives import torch_gradients
from .cases import few_examples, leads, seeds
from .family import check_dtypes, check_pair

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def draw_arguments(seed=0, shape=(2, 3, 6)):
    rng = np.random.default_rng(seed)
    return {"inputs": 3 * rng.standard_normal(shape) + 1, "gain": rng.standard_normal(shape[-1])}


def test_outputs_equal_the_formula_number_by_number():
    inputs, gain = draw_arguments().values()
    outputs = rms_norm(inputs, gain, eps=0.01)
    for n in np.ndindex(2, 3):
        root = math.sqrt(sum(x * x for x in inputs[n]) / 6 + 0.01)
        np.testing.assert_allclose(outputs[n], gain * inputs[n] / root, rtol=1e-12)


def test_it_has_pytorchs_numbers_forwards_and_backwards():
    torch = pytest.importorskip("torch")
    arguments = draw_arguments(1)
    upstream = np.random.default_rng(2).standard_normal((2, 3, 6))
    expected, gradients = torch_gradients(
        lambda inputs, gain: torch.nn.functional.rms_norm(inputs, (6,), gain, 1e-3), upstream, arguments
    )
    np.testing.assert_allclose(rms_norm(**arguments, eps=1e-3), expected, rtol=1e-13)
    for found, name in zip(rms_norm_backward(upstream, **arguments, eps=1e-3), arguments, strict=True):
        np.testing.assert_allclose(found, gradients[name], rtol=1e-12, atol=1e-14)


@few_examples
@given(lead=leads, width=st.integers(1, 5), seed=seeds)
def test_the_gradients_equal_differences(lead, width, seed):
    arguments = draw_arguments(seed, (*lead, 2, width))
    check_pair(
        lambda x, g: rms_norm(x, g, 0.1), lambda d, x, g: rms_norm_backward(d, x, g, 0.1), arguments, seed
    )


@few_examples
@given(seed=seeds)
def test_vectors_get_the_length_of_the_root_of_their_width_and_gradients_do_not_stretch(seed):
    inputs, gain = draw_arguments(seed).values()
    outputs = rms_norm(inputs, np.ones(6), eps=1e-14)
    np.testing.assert_allclose(np.linalg.norm(outputs, axis=-1), math.sqrt(6), rtol=1e-11)
    upstream = np.random.default_rng(seed).standard_normal(inputs.shape)
    d_inputs, _ = rms_norm_backward(upstream, inputs, gain, eps=1e-14)
    assert np.all(np.abs(np.vecdot(d_inputs, inputs)) < 1e-9)


def test_of_vectors_with_mean_0_it_is_layer_norm():
    inputs, gain = draw_arguments().values()
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    expected = layer_norm(inputs, gain, np.zeros(6), eps=1e-4)
    np.testing.assert_allclose(rms_norm(centred, gain, eps=1e-4), expected, rtol=1e-12, atol=1e-14)


def test_the_dtype_stays_and_empty_dimensions_pass_through():
    arguments = draw_arguments()
    upstream = np.random.default_rng(3).standard_normal((2, 3, 6))
    check_dtypes(rms_norm, rms_norm_backward, arguments, upstream)
    for shape in ((0, 4), (3, 0)):
        d_inputs, d_gain = rms_norm_backward(np.ones(shape), np.ones(shape), np.ones(shape[-1]))
        assert d_inputs.shape == shape and d_gain.shape == shape[-1:] and not d_gain.any()


def test_what_does_not_fit_is_refused_by_name():
    inputs, gain = draw_arguments().values()
    with pytest.raises(ValueError, match=r"^gain: expected shape \(6,\) to match inputs, got \(5,\)$"):
        rms_norm(inputs, gain[:5])
    with pytest.raises(ValueError, match="^eps: expected a number above 0, got 0.0$"):
        rms_norm(inputs, gain, 0.0)
    with pytest.raises(ValueError, match="^d_outputs: expected shape"):
        rms_norm_backward(inputs[0], inputs, gain)


# QK-norm


def test_queries_and_keys_of_rms_norm_are_cosine_attention_with_the_root_of_the_width_as_sharpness():
    rng = np.random.default_rng(4)
    queries, keys, values = (rng.standard_normal((n, 8)) for n in (3, 5, 5))
    ones = np.ones(8)
    normalised = (rms_norm(vectors, ones, eps=1e-14) for vectors in (queries, keys))
    np.testing.assert_allclose(
        attention(*normalised, values, score="scaled_dot"),
        attention(queries, keys, values, score="cosine", scale=math.sqrt(8)),
        rtol=1e-11,
    )


def test_the_first_sharpness_of_qk_norm_is_the_papers_and_lets_a_query_focus():
    assert qk_norm_scale(2) == 1
    assert qk_norm_scale(64) == pytest.approx(math.log2(64 * 63))
    # One key in the query's direction, all others opposite: the weight is what the sharpness allows.
    for length in (10, 100, 1000):
        keys = np.full((length, 1), -1.0)
        keys[3] = 1
        values = np.eye(length)[:, 3:4].copy()
        query = np.ones((1, 1))
        focused = attention(query, keys, values, scale=qk_norm_scale(length)).item()
        assert focused > 0.999 > 0.5 > attention(query, keys, values).item()


def test_a_length_without_a_pair_is_refused():
    with pytest.raises(ValueError, match="^length: expected at least 2, got 1$"):
        qk_norm_scale(1)
