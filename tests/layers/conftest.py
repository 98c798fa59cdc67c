"""What the tests of layers share: the package's gradient checker, and what it leaves to be seen."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

from ..derivatives import check_by_projections


def check_layer(layer, inputs, rng, upstreams=None, **options):
    """Check the gradients of ``layer(*inputs.values(), **options)``, in the floating inputs and all parameters.

    `upstreams` names those that are sent to the backward pass of a layer with several results; all if None. The checker
    looks at copies; that the gradients share no memory with each other or with a parameter is seen here.
    """

    def forward(*arrays):
        output, backward = layer(*arrays, **options)
        if upstreams is None:
            return output, backward
        fields = [name.removeprefix("d_") for name in upstreams]
        return namedtuple("Sent", fields)(*(getattr(output, field) for field in fields)), backward

    report = check_by_projections(forward, *inputs.values(), names=list(inputs), rng=rng)
    report.raise_if_failed()
    assert report.diagnoses == ()
    floating = [name for name, array in inputs.items() if array is not None and array.dtype.kind == "f"]
    assert list(report.errors) == floating + [f"layer.{name}" for name, _ in layer.named_parameters()]

    output, backward = forward(*inputs.values())
    if hasattr(output, "_asdict"):
        returned = backward(**{f"d_{name}": rng.standard_normal(field.shape) for name, field in output._asdict().items()})
    else:
        returned = backward(rng.standard_normal(output.shape))
    gradients = returned if isinstance(returned, tuple) else (returned,)
    for gradient in gradients:
        others = [other for other in gradients if other is not gradient]
        others += [array for parameter in layer.parameters() for array in (parameter.value, parameter.grad)]
        assert not any(np.shares_memory(gradient, other) for other in others)


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
