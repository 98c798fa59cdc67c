"""Parameters and layers: names, state, gradients, modes, and backward passes that run once."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import Dropout, Embedding, Layer, Linear, Parameter
from attention_np.layers.module import called_once


class Block(Layer):
    def __init__(self, rng):
        self.inner = Linear(3, 2, rng=rng, dtype=np.float64)
        self.dropout = Dropout(0.5, rng=rng)


class Model(Layer):
    """Parameters of its own, layers, a list and a tuple of layers, and one parameter in two places."""

    def __init__(self, rng):
        self.embedding = Embedding(5, 3, rng=rng, dtype=np.float64)
        self.width = 3
        self.blocks = [Block(rng), Block(rng)]
        self.pair = (Linear(2, 4, bias=False, rng=rng, dtype=np.float64), "no layer")
        self.tied = Embedding(5, 3, rng=rng, dtype=np.float64)
        self.tied.weight = self.embedding.weight
        self.gain = Parameter(rng.standard_normal(3))


NAMES = [
    "gain",
    "embedding.weight",
    "blocks.0.inner.weight",
    "blocks.0.inner.bias",
    "blocks.1.inner.weight",
    "blocks.1.inner.bias",
    "pair.0.weight",
]


@pytest.fixture
def model(rng):
    return Model(rng)


def test_parameters_have_dotted_names_through_layers_and_lists_of_layers_and_a_shared_one_comes_once(model):
    named = dict(model.named_parameters())
    assert [name for name, _ in model.named_parameters()] == NAMES
    assert named["blocks.1.inner.weight"] is model.blocks[1].inner.weight
    assert named["pair.0.weight"] is model.pair[0].weight
    assert named["gain"] is model.gain
    assert [id(parameter) for parameter in model.parameters()] == [id(named[name]) for name in NAMES]


def test_a_parameter_knows_its_name_in_the_model_that_was_asked_last(model):
    weight = model.blocks[0].inner.weight
    assert weight.name == ""
    model.parameters()
    assert weight.name == "blocks.0.inner.weight"
    assert repr(weight) == "Parameter(blocks.0.inner.weight, shape=(3, 2), dtype=float64)"
    model.blocks[0].parameters()
    assert weight.name == "inner.weight"


def test_a_new_parameter_has_a_zero_gradient_of_its_shape_and_dtype_and_decays(rng):
    value = rng.standard_normal((2, 3)).astype(np.float32)
    parameter = Parameter(value)
    assert parameter.value is value
    assert parameter.grad.shape == (2, 3) and parameter.grad.dtype == np.float32
    assert not parameter.grad.any()
    assert parameter.decays and not Parameter(value, decays=False).decays


def test_a_state_dict_holds_copies(model, rng):
    state = model.state_dict()
    assert list(state) == NAMES
    kept = {name: value.copy() for name, value in state.items()}
    for parameter in model.parameters():
        parameter.value += rng.standard_normal(parameter.value.shape)
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(state[name], kept[name])
        assert not np.shares_memory(state[name], parameter.value)


def test_loading_a_state_restores_every_value_in_place_and_keeps_no_hold_of_it(model, rng):
    state = Model(rng).state_dict()
    arrays = [parameter.value for parameter in model.parameters()]
    model.load_state_dict(state)
    for (name, parameter), array in zip(model.named_parameters(), arrays, strict=True):
        assert parameter.value is array
        np.testing.assert_array_equal(parameter.value, state[name])
        assert not np.shares_memory(parameter.value, state[name])
    np.testing.assert_array_equal(model.tied.weight.value, state["embedding.weight"])


def test_a_state_that_does_not_fit_is_refused_with_every_problem_named_and_nothing_changed(model, rng):
    state = {name: rng.standard_normal(value.shape) for name, value in model.state_dict().items()}
    before = model.state_dict()
    del state["gain"], state["pair.0.weight"]
    state["surplus"] = np.zeros(2)
    state["blocks.0.inner.weight"] = state["blocks.0.inner.weight"].T
    state["blocks.1.inner.bias"] = state["blocks.1.inner.bias"].astype(np.float32)
    with pytest.raises(ValueError) as error:
        model.load_state_dict(state)
    message = str(error.value)
    assert message.startswith("state of Model: ")
    assert "missing: gain, pair.0.weight" in message
    assert "left over: surplus" in message
    assert "blocks.0.inner.weight: expected shape (3, 2), got (2, 3)" in message
    assert "blocks.1.inner.bias: expected dtype float64, got float32" in message
    assert "embedding.weight" not in message
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_zero_grad_makes_every_gradient_zero_in_place(model, rng):
    arrays = [parameter.grad for parameter in model.parameters()]
    for array in arrays:
        array[...] = rng.standard_normal(array.shape)
    model.zero_grad()
    for parameter, array in zip(model.parameters(), arrays, strict=True):
        assert parameter.grad is array and not array.any()


def test_train_and_eval_reach_every_layer_below(model):
    layers = [model, model.embedding, model.pair[0], model.blocks[0].dropout, model.blocks[1].dropout]
    assert all(layer.training for layer in layers)
    model.eval()
    assert not any(layer.training for layer in layers)
    model.blocks[1].train()
    assert [layer.training for layer in layers] == [False, False, False, False, True]
    model.train()
    assert all(layer.training for layer in layers)


def test_a_second_backward_call_says_whose_it_is_and_what_to_do_and_adds_nothing(rng):
    layer = Linear(3, 2, rng=rng, dtype=np.float64)
    _, backward = layer(rng.standard_normal((4, 3)))
    d_outputs = rng.standard_normal((4, 2))
    backward(d_outputs)
    grad = layer.weight.grad.copy()
    with pytest.raises(RuntimeError, match="Linear: this backward was called before.*Call the layer again"):
        backward(d_outputs)
    np.testing.assert_array_equal(layer.weight.grad, grad)


def test_a_backward_call_that_was_refused_may_be_made_again(rng):
    layer = Linear(3, 2, rng=rng, dtype=np.float64)
    inputs, d_outputs = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    _, backward = layer(inputs)
    with pytest.raises(ValueError, match="d_outputs"):
        backward(d_outputs.T)
    assert not layer.weight.grad.any()
    backward(d_outputs)
    np.testing.assert_allclose(layer.weight.grad, inputs.T @ d_outputs, rtol=1e-14)


def test_called_once_hands_arguments_and_results_through():
    guarded = called_once(lambda first, *, second: (second, first))
    assert guarded(1, second=2) == (2, 1)
