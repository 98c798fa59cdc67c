"""All layers of the package are right, called in every way."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from attention_np.layers import GRU, Attention, Dropout, Embedding, LayerNorm, Linear, MultiHeadAttention

from .layer_checks import assert_right, check

L, S, D = 3, 5, 4


@pytest.fixture
def rng(request):
    return np.random.default_rng(list(request.node.name.encode()))


def test_the_simple_layers_are_right(rng):
    x = rng.standard_normal((3, L, D))
    assert_right(check(Linear(D, 5, rng=rng), x), "inputs", "weight", "bias")
    assert_right(check(Linear(D, 5, bias=False, rng=rng), x), "inputs", "weight")
    assert_right(check(LayerNorm(D), x), "inputs", "gain", "bias")
    assert_right(check(Embedding(9, D, rng=rng), rng.integers(0, 9, (3, L))), "weight")


def test_dropout_in_training_is_right_since_its_draw_is_held_still(rng):
    layer = Dropout(0.4, rng=rng)
    state = rng.bit_generator.state
    assert_right(check(layer, rng.standard_normal((3, L, D))), "inputs")
    assert rng.bit_generator.state != state  # only by the line above, which drew the inputs
    kept = rng.bit_generator.state
    check(layer, np.ones((3, L)))
    assert rng.bit_generator.state == kept


@pytest.mark.parametrize("learn_scale", [True, False])
@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot", "additive"])
def test_attention_is_right_with_every_score(score, learn_scale, rng):
    layer = Attention(score, learn_scale=learn_scale, width=D, rng=rng)
    parameters = [name for name, _ in layer.named_parameters()]
    targets, inputs, values = (rng.standard_normal((2, n, d)) for n, d in ((L, D), (S, D), (S, 2)))
    mask = rng.random((2, L, S)) < 0.6
    mask[0, 1] = False
    assert_right(check(layer, targets, inputs), "targets", "inputs", *parameters)
    assert_right(check(layer, targets, inputs, values, mask), "targets", "inputs", "values", *parameters)
    assert_right(check(layer, targets, inputs, None, mask), "targets", "inputs", *parameters)


@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot"])
def test_multi_head_attention_is_right_alone_and_across_with_a_mask(score, rng):
    layer = MultiHeadAttention(D, 2, score, rng=rng)
    parameters = [name for name, _ in layer.named_parameters()]
    targets, inputs = rng.standard_normal((2, L, D)), rng.standard_normal((2, S, D))
    # The bias of the keys has the gradient 0, but for a cosine: its error has no unit of its own.
    assert_right(check(layer, targets), "targets", *parameters, error=1e-7)
    masked = partial(layer, mask=rng.random((2, L, S)) < 0.6)
    assert_right(check(masked, targets, inputs), "targets", "inputs", *parameters, error=1e-7)


def test_parameters_are_found_through_a_lambda_and_bear_the_variable_s_name(rng):
    layer = MultiHeadAttention(D, 2, rng=rng)
    report = check(lambda targets: layer(targets, causal=True), rng.standard_normal((2, L, D)))
    assert_right(report, "targets", *(f"layer.{name}" for name, _ in layer.named_parameters()))
    assert report.subject == "forward"


@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_gru_is_right_with_and_without_its_optional_inputs(bidirectional, rng):
    layer = GRU(D, 3, bidirectional=bidirectional, rng=rng)
    parameters = [name for name, _ in layer.named_parameters()]
    inputs, initial = rng.standard_normal((3, L, D)), rng.standard_normal((3, 6 if bidirectional else 3))
    mask = np.arange(L) < np.array([L, 2, 1])[:, None]
    assert_right(check(layer, inputs), "inputs", *parameters)
    assert_right(check(layer, inputs, mask), "inputs", *parameters)
    assert_right(check(layer, inputs, mask, initial), "inputs", "initial", *parameters)


def test_a_function_without_parameters_is_a_layer_too():
    def cube(x):
        return x**3, lambda d: 3 * x**2 * d

    def mean_square(x):
        return float(np.mean(x**2)), lambda: 2 * x / x.size

    x = np.random.default_rng(1).standard_normal((3, 5))
    assert_right(check(cube, x), "x")
    assert_right(check(mean_square, x), "x")
    assert_right(check(cube, x, names=["cubed"]), "cubed")


def test_a_layer_may_take_any_number_of_inputs():
    def product(*factors):
        return factors[0] * factors[1], lambda d: [d * factors[1], d * factors[0]]

    x, y = np.random.default_rng(1).standard_normal((2, 3, 5))
    assert_right(check(product, x, y), "input 1", "input 2")
