"""The gradients of a whole model: by the package's own checker, and of one model against another."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from ..derivatives import check_by_projections


def check_model(model, *inputs, rng):
    """Hold the gradients of ``model(*inputs)``, in all parameters and floating inputs, against the numerical derivative.

    A gradient that is zero everywhere has to be expected by the caller: right though it may be, the case shows nothing of it.
    """
    report = check_by_projections(model, *inputs, rng=rng)
    report.raise_if_failed()
    assert {row.verdict for row in report.comparisons} == {"right"} and report.diagnoses == ()
    assert report.errors.keys() >= dict(model.named_parameters()).keys()

    model.zero_grad()
    output, backward = model(*inputs)
    if hasattr(output, "_asdict"):
        asked = [name.removeprefix("d_") for name in inspect.signature(backward).parameters]
        fields = {f"d_{name}": getattr(output, name) for name in asked}
        returned = backward(**{name: f if f is None else rng.normal(size=f.shape) for name, f in fields.items()})
    else:
        returned = backward(rng.normal(size=output.shape)) if np.ndim(output) else backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    gradients |= enumerate(returned if isinstance(returned, tuple) else (returned,))
    for name, gradient in gradients.items():
        assert gradient is None or np.abs(gradient).max() > 1e-6, f"{name}: no gradient at all"


def check_alike(runs, *, rtol=1e-9, atol=1e-13):
    """Hold loss and gradients of every (model, batch) against those of the first."""
    results = []
    for model, batch in runs:
        loss, backward = model(batch)
        backward()
        results.append((loss, {name: parameter.grad for name, parameter in model.named_parameters()}))
    (first_loss, first_gradients), *others = results
    for loss, gradients in others:
        assert loss == pytest.approx(first_loss, rel=1e-12)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(gradient, first_gradients[name], rtol=rtol, atol=atol, err_msg=name)
