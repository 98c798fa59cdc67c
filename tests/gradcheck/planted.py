"""Mistakes planted in the backward passes of right layers."""

from __future__ import annotations

import functools

import numpy as np

from attention_np.functional import relu, relu_backward
from attention_np.layers import Embedding, Layer, Linear


def spoil(layer, parameters=None, results=None):
    """Make `layer` wrong, in place: what it adds to parameters by name, or what its backward pass returns, is changed.

    `parameters` maps a name to a function of the right gradient; `results` is a function of what is returned.
    """
    kind = type(layer)

    class Spoiled(kind):
        @functools.wraps(kind.__call__)
        def __call__(self, *arrays, **options):
            output, right_backward = kind.__call__(self, *arrays, **options)

            def backward(*upstreams, **named):
                own = dict(self.named_parameters())
                before = {name: own[name].grad.copy() for name in parameters or {}}
                returned = right_backward(*upstreams, **named)
                for name, change in (parameters or {}).items():
                    own[name].grad[...] = before[name] + change(own[name].grad - before[name])
                return results(returned) if results else returned

            return output, backward

    Spoiled.__name__ = kind.__name__
    layer.__class__ = Spoiled
    return layer


def times(factor, *where):
    """A function that multiplies an array, or a part of it, by a factor."""

    def change(array):
        changed = np.array(array)
        changed[where or ...] *= factor
        return changed

    return change


class LastWins(Embedding):
    """Of an id that occurs repeatedly only one occurrence counts."""

    def __call__(self, ids):
        outputs, _ = super().__call__(ids)

        def backward(d_outputs):
            self.weight.grad[ids.ravel()] += d_outputs.reshape(-1, d_outputs.shape[-1])

        return outputs, backward


class Overwriting(Embedding):
    """Right, but for what stood in the gradient before."""

    def __call__(self, ids):
        outputs, right_backward = super().__call__(ids)

        def backward(d_outputs):
            self.weight.grad[...] = 0
            right_backward(d_outputs)

        return outputs, backward


class Perceptron(Layer):
    """Two linear maps with a relu between them."""

    def __init__(self, in_width, width, out_width, rng, dtype=np.float64):
        self.first = Linear(in_width, width, rng=rng, dtype=dtype)
        self.second = Linear(width, out_width, rng=rng, dtype=dtype)

    def __call__(self, inputs):
        hidden, first_backward = self.first(inputs)
        outputs, second_backward = self.second(relu(hidden))
        return outputs, lambda d_outputs: first_backward(relu_backward(second_backward(d_outputs), hidden))
