"""The lookup: rows by id, gradients that add up, and ids that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from attention_np import embedding, embedding_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("embedding"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


@few_examples
@given(
    ids=arrays.arrays(
        np.int64, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.integers(0, 8)
    )
)
def test_the_lookup_is_the_product_with_one_hot_vectors(ids):
    rng = np.random.default_rng(0)
    table, d_outputs = rng.standard_normal((9, 3)), rng.standard_normal((*ids.shape, 3))
    one_hot = np.eye(9)[ids]
    np.testing.assert_array_equal(embedding(ids, table), one_hot @ table)
    expected = np.tensordot(one_hot, d_outputs, axes=(range(ids.ndim), range(ids.ndim)))
    np.testing.assert_allclose(embedding_backward(d_outputs, ids, 9), expected, atol=1e-14)


def test_a_row_gets_the_sum_over_all_positions_of_its_id_and_others_zero():
    rng = np.random.default_rng(0)
    ids, d_outputs = rng.integers(0, 50, (40, 30)) * 2, rng.standard_normal((40, 30, 3))
    expected = np.zeros((101, 3))
    for position in np.ndindex(ids.shape):
        expected[ids[position]] += d_outputs[position]
    d_table = embedding_backward(d_outputs, ids, 101)
    np.testing.assert_allclose(d_table, expected, rtol=1e-12, atol=1e-12)
    assert not d_table[1::2].any()


@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_frequent_and_rare_ids_are_summed_alike(dtype):
    rng = np.random.default_rng(0)
    ids = rng.permutation(np.repeat(np.arange(60), [*range(40), *range(19, -1, -1)])).astype(dtype)
    d_outputs = rng.standard_normal((ids.size, 3))
    np.testing.assert_allclose(embedding_backward(d_outputs, ids, 60), np.eye(60)[ids].T @ d_outputs, atol=1e-13)


def test_a_looked_up_row_is_a_copy():
    table = np.arange(6.0).reshape(3, 2)
    for ids in (np.array(1), np.array([1])):
        rows = embedding(ids, table)
        rows[...] = -1
        assert table[1, 0] == 2


@pytest.mark.parametrize("wrong", [-1, 5, 100])
def test_an_id_out_of_range_is_refused_with_its_place(wrong):
    ids = np.array([[0, 4], [wrong, 1]])
    message = rf"^ids: expected ids from 0 to 4, got {wrong} at index \(1, 0\)$"
    with pytest.raises(ValueError, match=message):
        embedding(ids, np.ones((5, 2)))
    with pytest.raises(ValueError, match=message):
        embedding_backward(np.ones((2, 2, 2)), ids, 5)


@pytest.mark.parametrize("shape", [(5,), (2, 5, 2)])
def test_a_table_that_is_not_a_matrix_is_refused_by_name(shape):
    with pytest.raises(ValueError, match=r"^table: expected shape \(vocabulary_size, width\), got \("):
        embedding(np.array([0]), np.ones(shape))


def test_booleans_are_not_ids():
    with pytest.raises(TypeError, match=r"^ids: expected a NumPy array of integers, got bool"):
        embedding(np.array([True, False]), np.ones((2, 3)))


def test_an_upstream_without_a_row_for_each_id_is_refused_by_name():
    with pytest.raises(
        ValueError, match=r"^d_outputs: expected shape \(2, 3, width\) with a row for each id, got \(3, 4\)"
    ):
        embedding_backward(np.ones((3, 4)), np.zeros((2, 3), int), 5)
