"""The embedding as a layer."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.gradcheck import check_gradients
from attention_np.layers import Embedding


@pytest.mark.parametrize("ids", [np.array([[4, 0, 4], [4, 2, 0]]), np.array(3), np.zeros((2, 0), int)])
def test_its_backward_is_the_derivative_and_repeated_ids_add_up(ids, rng):
    layer = Embedding(6, 3, rng=rng, dtype=np.float64)
    report = check_gradients(layer, ids, rng=rng)
    report.raise_if_failed()
    assert list(report.errors) == ["weight"]
    outputs, backward = layer(ids)
    assert backward(rng.standard_normal(outputs.shape)) is None, "ids have no gradient"


def test_outputs_are_rows_of_the_table_and_not_the_table_itself(rng):
    layer = Embedding(6, 3, rng=rng, dtype=np.float64)
    ids = np.array([[5, 1], [1, 0]])
    outputs, _ = layer(ids)
    np.testing.assert_array_equal(outputs, layer.weight.value[ids])
    kept = outputs.copy()
    layer.weight.value += 1
    np.testing.assert_array_equal(outputs, kept)


def test_the_gradients_of_two_lookups_add(rng):
    layer = Embedding(6, 2, rng=rng, dtype=np.float64)
    _, first_backward = layer(np.array([1, 5]))
    _, second_backward = layer(np.array([5, 5, 0]))
    first_backward(np.array([[1.0, 2], [3, 4]]))
    second_backward(np.array([[10.0, 20], [30, 40], [50, 60]]))
    np.testing.assert_array_equal(layer.weight.grad, [[50, 60], [1, 2], [0, 0], [0, 0], [0, 0], [43, 64]])


def test_the_table_is_drawn_from_a_normal_distribution_of_the_standard_deviation_asked_for():
    plain = Embedding(300, 50, rng=np.random.default_rng(1)).weight.value
    narrow = Embedding(300, 50, rng=np.random.default_rng(1), standard_deviation=0.1).weight.value
    assert plain.dtype == np.float32
    assert plain.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(narrow, 0.1 * plain, rtol=1e-6)


def test_ids_outside_the_table_or_not_integers_are_refused(rng):
    layer = Embedding(6, 3, rng=rng)
    with pytest.raises(ValueError, match=r"ids: expected ids from 0 to 5, got 6 at index \(1,\)"):
        layer(np.array([0, 6]))
    with pytest.raises(TypeError, match="ids: expected a NumPy array of integers, got float32"):
        layer(np.zeros(2, np.float32))


def test_a_second_backward_call_is_an_error(rng):
    layer = Embedding(6, 3, rng=rng, dtype=np.float64)
    _, backward = layer(np.array([2, 2]))
    d_outputs = rng.standard_normal((2, 3))
    backward(d_outputs)
    with pytest.raises(RuntimeError, match="Embedding: this backward was called before"):
        backward(d_outputs)
    np.testing.assert_allclose(layer.weight.grad[2], d_outputs.sum(axis=0), rtol=1e-14)
