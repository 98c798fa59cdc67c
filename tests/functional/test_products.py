"""Large products in parts: the same numbers, and the same bits whoever takes the parts."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.functional import products
from attention_np.functional.products import matrix_product
from attention_np.training import blas_threads


@pytest.mark.parametrize("sizes", [(7, 3, 2), (2, 3, 9), (4, 4, 4), (1, 1, 1), (0, 3, 2), (2, 0, 3), (2, 3, 0)])
@pytest.mark.parametrize("turned", [False, True])
def test_it_is_the_product_in_whatever_parts(monkeypatch, sizes, turned):
    rng = np.random.default_rng(0)
    rows, inner, columns = sizes
    left, right = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
    if turned:
        left, right = np.asfortranarray(left), np.asfortranarray(right)
    for few in (0, 10**9):
        monkeypatch.setattr(products, "SHARED", few)
        np.testing.assert_allclose(matrix_product(left, right), left @ right, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("sizes", [(600, 160, 200), (200, 160, 601)])
def test_the_bits_do_not_depend_on_the_number_of_workers(sizes):
    rng = np.random.default_rng(0)
    rows, inner, columns = sizes
    left = rng.standard_normal((rows, inner), np.float32)
    right = rng.standard_normal((inner, columns), np.float32)
    assert rows * inner * columns > products.SHARED
    with blas_threads(1):
        alone = matrix_product(left, right)
    with blas_threads(2):
        together = matrix_product(left, right)
    assert alone.dtype == np.float32
    np.testing.assert_array_equal(alone, together)
