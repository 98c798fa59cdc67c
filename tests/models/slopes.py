"""The gradients of a whole model against the slopes of its loss, from two sides and at two steps."""

from __future__ import annotations

import numpy as np

STEP = 1e-3


def slope(loss, move):
    """d loss / d t where ``move(t)`` shifts what the loss depends on: central differences, extrapolated to step 0."""

    def difference(step):
        move(step)
        ahead = loss()
        move(-2 * step)
        behind = loss()
        move(step)
        return (ahead - behind) / (2 * step)

    return (4 * difference(STEP / 2) - difference(STEP)) / 3


def check_slopes(loss, arrays, gradients, rng, entries=3, tolerance=1e-7):
    """Hold gradients against slopes: in some entries of every array, and along one direction through all of them.

    The entries are drawn at random, and where the gradient is largest. A gradient that is zero everywhere has to be
    expected by the caller: here it is a mistake, since the check would then hold for a backward pass that does nothing.
    """
    for name, array in arrays.items():
        gradient = gradients[name]
        assert gradient.shape == array.shape
        size = np.abs(gradient).max()
        assert size > 1e-6, f"{name}: no gradient at all"
        drawn = rng.integers(array.size, size=entries)
        for place in {int(np.abs(gradient).argmax()), *drawn.tolist()}:
            index = np.unravel_index(place, array.shape)

            def move(distance, array=array, index=index):
                array[index] += distance

            found = slope(loss, move)
            assert abs(found - gradient[index]) < tolerance * size + 1e-11, (name, index, gradient[index], found)

    directions = {name: rng.normal(size=array.shape) for name, array in arrays.items()}

    def move_all(distance):
        for name, array in arrays.items():
            # In small steps: a direction through a thousand entries is long.
            array += 0.1 * distance * directions[name]

    expected = 0.1 * sum(float(np.sum(gradients[name] * directions[name])) for name in arrays)
    scale = 0.1 * np.sqrt(sum(float(np.sum(gradient**2)) for gradient in gradients.values()))
    assert abs(slope(loss, move_all) - expected) < 10 * tolerance * scale, (expected, scale)


def check_model(model, batch, rng):
    """The gradient of ``model(batch)`` in all parameters; a backward pass must add to the gradients that are there."""
    before = {}
    for name, parameter in model.named_parameters():
        parameter.grad[...] = before[name] = rng.normal(size=parameter.grad.shape)
    _, backward = model(batch)
    backward()
    gradients = {name: parameter.grad - before[name] for name, parameter in model.named_parameters()}
    arrays = {name: parameter.value for name, parameter in model.named_parameters()}
    check_slopes(lambda: model(batch)[0], arrays, gradients, rng)
