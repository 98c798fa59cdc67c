"""Known mistakes of the weighted sum, c = Σᵢ pᵢ vᵢ, and of its gradients, dpᵢ = dc · vᵢ and dvᵢ = Σⱼ pⱼᵢ dcⱼ."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import context as weighted_sum
from ...functional import context_backward, softmax, softmax_backward
from ...functional._checks import Array
from .mistake import Mistakes

known = Mistakes()
forward = partial(known.mistake, "context", "output")
of_weights = partial(known.mistake, "context_backward", "d_weights")
of_values = partial(known.mistake, "context_backward", "d_values")


@forward(
    "wrong-axis",
    "this is Σⱼ pⱼᵢ vⱼ, summed over the first index of the weights, the targets.",
    "Over which index do the weights of one target run?",
)
def over_targets(weights: Array, values: Array) -> Array:
    return weighted_sum(weights.swapaxes(-1, -2), values)


@forward(
    "constant-factor",
    "the sum is divided by the number of sources, though the weights share out one whole already.",
    "What is the context if all values are the same?",
)
def divided_by_sources(weights: Array, values: Array) -> Array:
    return weighted_sum(weights, values) / values.shape[-2]


@forward(
    "missing-factor",
    "the weights are divided by their sum once more; what does not sum to one is to stay so.",
    "Whose business is it to normalise? A row of zeros has nothing to attend to.",
)
def normalised_again(weights: Array, values: Array) -> Array:
    return weighted_sum(weights / weights.sum(axis=-1, keepdims=True), values)


@forward(
    "wrong-operand",
    "a softmax of the weights is taken first; they are weights already.",
    "What does the argument hold, scores or weights?",
)
def softmax_again(weights: Array, values: Array) -> Array:
    return weighted_sum(softmax(weights), values)


@forward(
    "wrong-operand",
    "this is the plain mean of the values; the weights play no part.",
    "Change a weight: does your context move?",
)
def plain_mean(weights: Array, values: Array) -> Array:
    return weighted_sum(np.full_like(weights, 1 / values.shape[-2]), values)


@forward(
    "wrong-operand",
    "this is the plain sum of the values; the weights play no part.",
    "Change a weight: does your context move?",
)
def plain_sum(weights: Array, values: Array) -> Array:
    return weighted_sum(np.ones_like(weights), values)


@forward(
    "wrong-values",
    "only the value with the largest weight is taken.",
    "What does the second largest weight do?",
)
def largest_alone(weights: Array, values: Array) -> Array:
    return weighted_sum((weights == weights.max(axis=-1, keepdims=True)).astype(weights.dtype), values)


@forward(
    "wrong-values",
    "only the value with the largest weight is taken, times that weight.",
    "What does the second largest weight do?",
)
def largest_weighted(weights: Array, values: Array) -> Array:
    return weighted_sum(np.where(weights == weights.max(axis=-1, keepdims=True), weights, 0), values)


@forward(
    "dropped-term",
    "the last source is left out of the sum.",
    "How many terms does the sum have, and where does your loop stop?",
)
def without_last_source(weights: Array, values: Array) -> Array:
    return weighted_sum(weights[..., :-1], values[..., :-1, :])


@forward(
    "overwritten",
    "only the last source's p v is there.",
    "After the first turn of your loop over the sources, where has its result gone?",
)
def last_source(weights: Array, values: Array) -> Array:
    return weighted_sum(weights[..., -1:], values[..., -1:, :])


@of_weights(
    "transposed",
    "this is dC V where dC Vᵀ belongs; it has a shape at all only where there are as many sources as components.",
    "dp of a source is a dot product of two vectors of which length?",
)
def values_not_transposed(d_context: Array, weights: Array, values: Array) -> Array:
    return d_context @ values


@of_weights(
    "missing-factor",
    "this is p ⊙ (dc · v); the weight itself is not in the derivative of p v with respect to p.",
    "If y = p v, what is dp, given dy?",
)
def times_weights(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, weights, values)[0] * weights


@of_weights(
    "counted-twice",
    "this is the gradient of the scores already: the softmax's backward has been applied here, and comes after this step.",
    "Which arrays did this step take in the forward pass, scores or weights?",
)
def softmax_backward_too(d_context: Array, weights: Array, values: Array) -> Array:
    return softmax_backward(context_backward(d_context, weights, values)[0], weights)


@of_weights(
    "wrong-operand",
    "this is dc · (v − c), with the context taken off each value, which is the softmax's business.",
    "In c = Σ p v, does the derivative with respect to one p know of the other terms?",
)
def context_taken_off(d_context: Array, weights: Array, values: Array) -> Array:
    d_weights, _ = context_backward(d_context, weights, values)
    return d_weights - np.sum(d_weights * weights, axis=-1, keepdims=True)


@of_weights(
    "mask-ignored",
    "this is 0 where a weight is 0; the derivative with respect to a weight does not depend on that weight.",
    "If y = p v and p is 0, what is dp, given dy?",
)
def zero_where_weight_is(d_context: Array, weights: Array, values: Array) -> Array:
    return np.where(weights == 0, 0, context_backward(d_context, weights, values)[0])


@of_weights(
    "wrong-operand",
    "this is dc · mean(v), with the mean of the values where each value belongs.",
    "Whose value does the weight p of one source multiply?",
)
def mean_of_values(d_context: Array, weights: Array, values: Array) -> Array:
    mean = np.broadcast_to(values.mean(axis=-2, keepdims=True), values.shape)
    return context_backward(d_context, weights, mean)[0]


@of_weights(
    "constant-factor",
    "this is a mean over the components of dc ⊙ v, where they add up.",
    "A weight multiplies every component of its value: do their gradients add up, or average?",
)
def mean_over_components(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, weights, values)[0] / values.shape[-1]


@of_weights(
    "upstream-ignored",
    "this is the sum of each value's components, without dc.",
    "Double the upstream: does your gradient double?",
)
def values_alone(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(np.ones_like(d_context), weights, values)[0]


@of_values(
    "transposed",
    "this is P dC where Pᵀ dC belongs; it has a shape at all only where there are as many targets as sources.",
    "A value is pulled by every target: which index of the weights does your sum run over?",
)
def weights_not_transposed(d_context: Array, weights: Array, values: Array) -> Array:
    return weights @ d_context


@of_values(
    "constant-factor",
    "this is a mean over the targets, where their pulls add up.",
    "Does a target pull less where there are more of them?",
)
def mean_over_targets(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, weights, values)[1] / weights.shape[-2]


@of_values(
    "missing-factor",
    "this is Σ dc; the weights p are missing.",
    "A source that no target attended to: what is its gradient?",
)
def without_weights(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, np.ones_like(weights), values)[1]


@of_values(
    "wrong-operand",
    "this is Σ dp dc, with the weights' gradient where the weights belong.",
    "In a product of two numbers, what is the derivative with respect to the second?",
)
def gradient_for_weights(d_context: Array, weights: Array, values: Array) -> Array:
    d_weights, _ = context_backward(d_context, weights, values)
    return context_backward(d_context, d_weights, values)[1]


@of_values(
    "wrong-axis",
    "the weights are divided by their sum over the targets, so that each source's weights sum to one.",
    "Do the forward pass's weights sum to one for each target or for each source?",
)
def normalised_over_targets(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, weights / weights.sum(axis=-2, keepdims=True), values)[1]


@of_values(
    "wrong-operand",
    "a softmax of the weights is taken first; they are weights already.",
    "What does the argument hold, scores or weights?",
)
def of_softmax_again(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context, softmax(weights), values)[1]


@of_values(
    "overwritten",
    "this is p dc of the last target alone.",
    "After the first turn of your loop over the targets, where has its result gone?",
)
def last_target(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context[..., -1:, :], weights[..., -1:, :], values)[1]


@of_values(
    "dropped-term",
    "this is p dc of the first target alone.",
    "A value is pulled by every target that attended to it: which ones does your formula see?",
)
def first_target(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(d_context[..., :1, :], weights[..., :1, :], values)[1]


@of_values(
    "upstream-ignored",
    "this is Σ p over the targets, without dc.",
    "Double the upstream: does your gradient double?",
)
def weights_alone(d_context: Array, weights: Array, values: Array) -> Array:
    return context_backward(np.ones_like(d_context), weights, values)[1]
