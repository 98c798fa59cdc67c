"""ALiBi: the slopes of the paper and of its authors' code, a bias of the distance alone, and no memory for its matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import alibi_bias, alibi_slopes, attention, attention_backward

from ..derivatives import torch_gradients
from .cases import few_examples

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def slopes_by_recursion(heads):
    """As in the authors' code (fairseq, `get_slopes`)."""
    if math.log2(heads).is_integer():
        start = 2 ** (-(2 ** -(math.log2(heads) - 3)))
        return [start * start**i for i in range(heads)]
    below = 2 ** math.floor(math.log2(heads))
    return slopes_by_recursion(below) + slopes_by_recursion(2 * below)[0::2][: heads - below]


@pytest.mark.parametrize("heads", range(1, 40))
def test_the_slopes_are_those_of_the_authors_for_any_number_of_heads(heads):
    np.testing.assert_allclose(alibi_slopes(heads, np.float64), slopes_by_recursion(heads), rtol=1e-13)


def test_eight_heads_have_the_slopes_of_the_paper():
    np.testing.assert_array_equal(alibi_slopes(8), [2.0**-h for h in range(1, 9)])
    assert alibi_slopes(8).dtype == np.float32


@few_examples
@given(targets=st.integers(0, 6), sources=st.integers(0, 6))
def test_the_bias_is_minus_slope_times_distance_with_the_ends_aligned(targets, sources):
    slopes = np.array([0.5, 0.1, 3.0])
    bias = alibi_bias(slopes, targets, sources)
    assert bias.shape == (3, targets, sources)
    for h, j, i in np.ndindex(bias.shape):
        assert bias[h, j, i] == -slopes[h] * abs(j + sources - targets - i)


def test_the_matrix_takes_the_memory_of_its_diagonals_and_cannot_be_written():
    bias = alibi_bias(alibi_slopes(4), 1000, 1200)
    root = bias
    while root.base is not None:
        root = root.base
    assert root.nbytes <= 4 * 4 * (1000 + 1200)
    with pytest.raises(ValueError, match="read-only"):
        bias[0, 0, 0] = 1


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("score", ["cosine", "scaled_dot"])
def test_attention_takes_it_as_its_bias_and_has_pytorchs_numbers(score, causal):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    queries, keys, values = (rng.standard_normal((2, 3, n, 4)) for n in (5, 7, 7))
    slopes = alibi_slopes(3, np.float64)
    bias = alibi_bias(slopes, 5, 7)
    upstream = rng.standard_normal((2, 3, 5, 4))

    def attended(queries, keys, values):
        distances = (torch.arange(5)[:, None] + 2 - torch.arange(7)).double()
        penalty = -torch.tensor(slopes)[:, None, None] * distances.abs()
        if causal:
            penalty = penalty.masked_fill(distances < 0, -torch.inf)
        if score == "cosine":
            queries, keys = (torch.nn.functional.normalize(vectors, dim=-1) for vectors in (queries, keys))
        scale = 1.0 if score == "cosine" else None
        return torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=penalty, scale=scale
        )

    given_arrays = {"queries": queries, "keys": keys, "values": values}
    expected, gradients = torch_gradients(attended, upstream, given_arrays)
    options = {"score": score, "bias": bias, "causal": causal}
    np.testing.assert_allclose(attention(queries, keys, values, **options), expected, rtol=1e-12, atol=1e-13)
    found = attention_backward(upstream, queries, keys, values, **options)
    for gradient, name in zip(found, given_arrays, strict=False):
        np.testing.assert_allclose(gradient, gradients[name], rtol=1e-11, atol=1e-13)


def test_a_steeper_head_looks_nearer():
    slopes = np.array([2.0, 0.5, 0.1])
    queries, keys = np.zeros((3, 9, 2)), np.zeros((3, 9, 2))
    places = np.broadcast_to(np.arange(9.0)[:, None], (3, 9, 1))
    bias = alibi_bias(slopes, 9, 9)
    seen = attention(queries, keys, places.copy(), bias=bias, causal=True)[:, -1, 0]
    assert 8 > seen[0] > seen[1] > seen[2] > 4


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_slopes_and_bias_have_the_dtype_asked_for(dtype):
    assert alibi_bias(alibi_slopes(3, dtype), 4, 5).dtype == dtype


def test_what_does_not_fit_is_refused_by_name():
    with pytest.raises(ValueError, match="^heads: expected at least 1, got 0$"):
        alibi_slopes(0)
    with pytest.raises(TypeError, match="^dtype: expected a floating dtype, got int64$"):
        alibi_slopes(2, np.int64)
    with pytest.raises(ValueError, match="^slopes: expected shape"):
        alibi_bias(np.ones((2, 2)), 3, 3)
