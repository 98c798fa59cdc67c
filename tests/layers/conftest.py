"""What the tests of layers share: a backward pass held against central differences in every respect."""

from __future__ import annotations

import numpy as np
import pytest

from ..derivatives import numerical_gradient


def fields(output):
    """The results by the names of their upstreams: of a named tuple d_field, of a single array d_output."""
    if hasattr(output, "_asdict"):
        return {f"d_{name}": array for name, array in output._asdict().items()}
    return {"d_output": output}


def check_layer(layer, call, arrays, rng, upstreams=None, step=1e-3):
    """Hold the backward pass of ``call(**arrays)``, parameters included, against the numerical derivative.

    The parameters have random gradients before, to which a backward pass must add. What it returns must be
    its own, and nothing that was given may change. `upstreams` names those that are sent; all if None.
    """
    output, backward = call(**arrays)
    results = fields(output)
    sent = {
        name: rng.standard_normal(result.shape)
        for name, result in results.items()
        if upstreams is None or name in upstreams
    }
    assert upstreams is None or set(sent) == set(upstreams)

    def derivative(array):
        """Of all results together, weighted by what is sent, in an array that the layer reads."""
        kept = array.copy()

        def results_at(other):
            array[...] = other
            again = fields(call(**arrays)[0])
            array[...] = kept
            return np.concatenate([again[name].ravel() for name in sent])

        return numerical_gradient(
            results_at, np.concatenate([upstream.ravel() for upstream in sent.values()]), array, step
        )

    before = {name: rng.standard_normal(p.value.shape) for name, p in layer.named_parameters()}
    for name, parameter in layer.named_parameters():
        parameter.grad[...] = before[name]
    kept = {name: array.copy() for name, array in {**arrays, **sent}.items()}
    if hasattr(output, "_asdict"):
        gradients = backward(**sent)
    else:
        gradients = backward(sent["d_output"])
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)

    for name, array in {**arrays, **sent}.items():
        np.testing.assert_array_equal(array, kept[name], err_msg=f"{name} was changed")
    for (name, array), gradient in zip(arrays.items(), gradients, strict=True):
        assert gradient.shape == array.shape and gradient.dtype == array.dtype, name
        for parameter in layer.parameters():
            assert not np.shares_memory(gradient, parameter.grad), name
            assert not np.shares_memory(gradient, parameter.value), name
        others = [other for other in gradients if other is not gradient]
        assert not any(np.shares_memory(gradient, other) for other in others), name
        np.testing.assert_allclose(gradient, derivative(array), rtol=1e-7, atol=1e-9, err_msg=f"d_{name}")
    for name, parameter in layer.named_parameters():
        added, expected = parameter.grad - before[name], derivative(parameter.value)
        np.testing.assert_allclose(added, expected, rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.fixture(scope="session")
def check():
    """`check_layer`."""
    return check_layer


@pytest.fixture
def rng(request):
    """Random numbers, the same for a test whenever it runs, and others for every test."""
    return np.random.default_rng(list(request.node.name.encode()))


@pytest.fixture(scope="session")
def randomise():
    """Give every parameter values that no initialisation would give: zeros and ones hide mistakes."""

    def randomise_parameters(layer, rng):
        for parameter in layer.parameters():
            parameter.value[...] = rng.standard_normal(parameter.value.shape)
        return layer

    return randomise_parameters
