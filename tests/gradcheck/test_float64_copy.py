"""The copy that is checked: float64 throughout, and nothing of the original in it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from attention_np.gradcheck.models.float64_copy import float64_copy
from attention_np.gradcheck.models.projections import check_layer
from attention_np.layers import Dropout, Layer, Linear, Parameter


class Busy(Layer):
    """Holds state of all kinds."""

    def __init__(self, rng):
        self.linear = Linear(4, 3, rng=rng)
        self.dropout = Dropout(0.3, rng=rng)
        self.shift = rng.standard_normal(3).astype(np.float32)
        self.tables = {"halves": [np.array([0.5, 1.5, 2.5], np.float16)]}
        self.dtype = np.float32

    def __call__(self, inputs):
        outputs, linear_backward = self.linear(inputs)
        dropped, dropout_backward = self.dropout(outputs)
        scale = (self.shift + self.tables["halves"][0]).astype(self.dtype)
        return dropped * scale, lambda d: linear_backward(dropout_backward(d * scale))


class Tied(Layer):
    """A table, and its transpose: one memory."""

    def __init__(self, rng):
        self.table = Parameter(rng.standard_normal((5, 3)).astype(np.float32))
        self.transposed = self.table.value.T

    def __call__(self, inputs):
        hidden = inputs @ self.table.value

        def backward(d_outputs):
            d_hidden = d_outputs @ self.transposed.T
            self.table.grad += inputs.T @ d_hidden + d_outputs.T @ hidden
            return d_hidden @ self.table.value.T

        return hidden @ self.transposed, backward


def state(layer):
    parameters = {name: (p.value.copy(), p.grad.copy()) for name, p in layer.named_parameters()}
    return parameters, layer.dropout.rng.bit_generator.state, layer.shift.copy(), layer.dtype


def test_a_check_leaves_the_layer_and_its_randomness_as_they_are():
    layer = Busy(np.random.default_rng(1))
    for parameter in layer.parameters():
        parameter.grad += 3
    before = state(layer)
    check_layer(layer, (np.ones((2, 4)),), None, np.random.default_rng(2)).raise_if_failed()
    check_layer(lambda x: layer(x), (np.ones((2, 4)),), None, np.random.default_rng(2)).raise_if_failed()
    after = state(layer)
    np.testing.assert_equal(after, before)
    assert all(value.dtype == np.float32 for pair in after[0].values() for value in pair)


def test_every_floating_array_and_dtype_of_the_copy_is_float64():
    layer = Busy(np.random.default_rng(1))
    copied = float64_copy(layer)
    arrays = [copied.shift, *copied.tables["halves"], *(p.value for p in copied.parameters())]
    arrays += [parameter.grad for parameter in copied.parameters()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float64)}
    assert copied.dtype is np.float64
    np.testing.assert_array_equal(copied.shift, layer.shift)
    assert copied.dropout.rng is not layer.dropout.rng
    assert copied.dropout.rng.bit_generator.state == layer.dropout.rng.bit_generator.state


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_that_share_memory_do_so_in_the_copy(dtype):
    layer = Tied(np.random.default_rng(1))
    layer.table = Parameter(layer.table.value.astype(dtype))
    layer.transposed = layer.table.value[:, ::-1].T[::-1]
    copied = float64_copy(layer)
    assert np.shares_memory(copied.transposed, copied.table.value)
    np.testing.assert_array_equal(copied.transposed, layer.table.value.T)
    check_layer(layer, (np.random.default_rng(3).standard_normal((4, 5)),), None, np.random.default_rng(2)).raise_if_failed()


def test_a_layer_that_cannot_be_copied_is_refused_with_the_reason():
    layer = Linear(4, 3, rng=np.random.default_rng(1))
    layer.lock = threading.Lock()
    with pytest.raises(TypeError, match="layer: expected one that can be copied to float64, got Linear.*lock"):
        check_layer(layer, (np.ones((2, 4)),), None, np.random.default_rng(2))


def test_a_batch_and_a_generator_among_the_inputs_are_left_as_they_are():
    batch = {"x": np.ones(3), "ids": np.arange(3)}
    noise = np.random.default_rng(5)
    before = noise.bit_generator.state

    def loss(weight, batch, noise):
        draw = noise.standard_normal(3)
        batch["ids"] += 1
        return float(np.sum(weight * batch["x"] * draw)), lambda: batch["x"] * draw

    report = check_layer(loss, (np.ones(3), batch, noise), None, np.random.default_rng(2))
    assert [(d.code, d.input) for d in report.diagnoses] == [("mutates-input", "batch")]
    assert [row.verdict for row in report.comparisons] == ["right"]
    assert noise.bit_generator.state == before
    np.testing.assert_array_equal(batch["ids"], np.arange(3))
