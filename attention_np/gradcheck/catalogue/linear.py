"""Known mistakes of the linear map, y = x W + b, and of its gradients, dx = dy Wᵀ, dW = Σₙ xₙᵀ dyₙ, db = Σₙ dyₙ."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import linear, linear_backward
from ...functional._checks import Array
from .mistake import Mistakes
from .positions import wrong_sums

known = Mistakes()
forward = partial(known.mistake, "linear", "output")
of_inputs = partial(known.mistake, "linear_backward", "d_inputs")
of_weight = partial(known.mistake, "linear_backward", "d_weight")
of_bias = partial(known.mistake, "linear_backward", "d_bias")


@known.sum_of("linear", "output")
def terms(inputs: Array, weight: Array, bias: Array | None = None) -> dict[str, Array]:
    product = linear(inputs, weight)
    return {"x W": product, "b (the bias)": np.zeros_like(product) + (0 if bias is None else bias)}


@forward("dropped-term", "this is x W; the bias is missing.", "What is the output for inputs of zero?")
def without_bias(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(inputs, weight)


@forward("sign-flipped", "this is x W − b.", "What is the output for inputs of zero?")
def bias_taken_off(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(inputs, weight, None if bias is None else -bias)


@forward(
    "transposed",
    "this is x Wᵀ + b; the weight is (in, out).",
    "Which axis of the weight must be as long as the last axis of the inputs?",
)
def weight_transposed(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(inputs, weight.T, bias)


@forward("wrong-values", "this is max(x W + b, 0); what bends comes after.", "Can an output be negative?")
def rectified(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return np.maximum(linear(inputs, weight, bias), 0)


@forward(
    "wrong-operand",
    "this is (x + b) W; the bias is added before the product.",
    "How long is the bias, as the inputs or as the outputs?",
)
def bias_before(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(inputs if bias is None else inputs + bias, weight)


@forward(
    "misplaced",
    "the bias is added down the positions, one number for each row.",
    "Which axis of the outputs has the length of the bias?",
)
def bias_down_the_rows(inputs: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(inputs, weight) + (0 if bias is None else bias[:, None])


@of_inputs(
    "transposed",
    "this is dy W where dy Wᵀ belongs; it has a shape at all only where there are as many inputs as outputs.",
    "Which index of the weight does the sum run over, that of the inputs or that of the outputs?",
)
def weight_not_transposed(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return d_outputs @ weight


@of_inputs(
    "upstream-ignored",
    "this is the sum of each row of W, without dy.",
    "Double the upstream: does your gradient double?",
)
def weight_alone(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(np.ones_like(d_outputs), inputs, weight)[0]


@of_inputs(
    "missing-factor",
    "this is x ⊙ (dy Wᵀ); the input itself is not in the derivative of x W with respect to x.",
    "If y = x w, what is dx, given dy?",
)
def times_inputs(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return inputs * linear_backward(d_outputs, inputs, weight)[0]


@of_inputs(
    "wrong-operand",
    "this is dy itself; the weight is missing.",
    "Change the weight: does your gradient of the inputs?",
)
def without_weight(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return d_outputs


@wrong_sums(known, "linear_backward", "d_weight", "dW = Σₙ xₙᵀ dyₙ", axes=2)
def shares_of_weight(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return inputs[..., :, None] * d_outputs[..., None, :]


@of_weight(
    "wrong-operand",
    "this is (Σ x)ᵀ (Σ dy), a product of two sums, where the products of each position are summed.",
    "Which input goes with which upstream?",
)
def product_of_sums(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    positions = tuple(range(inputs.ndim - 1))
    return np.outer(inputs.sum(axis=positions), d_outputs.sum(axis=positions))


@of_weight(
    "wrong-operand",
    "this is mean(x)ᵀ Σ dy, with the mean of the inputs where each input belongs.",
    "Which input goes with which upstream?",
)
def product_with_mean(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    positions = tuple(range(inputs.ndim - 1))
    return np.outer(inputs.mean(axis=positions), d_outputs.sum(axis=positions))


@of_weight(
    "misplaced",
    "the inputs are reshaped to (in, positions) where they should be transposed: their numbers are mixed up.",
    "Print a small array, its reshape and its transpose: which of them keeps a row together?",
)
def reshaped_inputs(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return inputs.reshape(inputs.shape[-1], -1) @ d_outputs.reshape(-1, d_outputs.shape[-1])


@of_weight(
    "wrong-operand",
    "this is dyᵀ dy, with the upstream where the inputs belong.",
    "Change the inputs: does your gradient of the weight?",
)
def upstream_twice(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(d_outputs, d_outputs, np.zeros((d_outputs.shape[-1],) * 2))[1]


@of_weight(
    "upstream-ignored",
    "this is Σ x in every column, without dy.",
    "Double the upstream: does your gradient double?",
)
def inputs_alone(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(np.ones_like(d_outputs), inputs, weight)[1]


@of_weight(
    "missing-factor",
    "this is Σ dy in every row; the inputs are missing.",
    "A weight whose input is 0: what is its gradient?",
)
def without_inputs(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(d_outputs, np.ones_like(inputs), weight)[1]


@of_weight(
    "counted-twice",
    "this is dW + W; the decay of the weight is not in the derivative.",
    "Does the forward pass know of weight decay?",
)
def with_decay(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(d_outputs, inputs, weight)[1] + weight


@wrong_sums(known, "linear_backward", "d_bias", "db = Σₙ dyₙ")
def shares_of_bias(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return d_outputs


@of_bias(
    "wrong-axis",
    "dy is summed over the outputs (axis −1) instead of the positions.",
    "Which axis of dy has the length of the bias?",
)
def over_outputs(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return d_outputs.sum(axis=-1)


@of_bias(
    "wrong-axis",
    "dy is summed over everything, to one number.",
    "How many biases are there?",
)
def over_everything(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return d_outputs.sum()


@of_bias(
    "wrong-operand",
    "this is Σ x, with the inputs where the upstream belongs.",
    "Double the upstream: does your gradient double?",
)
def sum_of_inputs(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return linear_backward(inputs, inputs, np.zeros((inputs.shape[-1],) * 2))[2]


@of_bias(
    "upstream-ignored",
    "this is the number of positions, without dy.",
    "Double the upstream: does your gradient double?",
)
def number_of_positions(d_outputs: Array, inputs: Array, weight: Array) -> Array:
    return np.ones_like(d_outputs).sum(axis=tuple(range(d_outputs.ndim - 1)))
