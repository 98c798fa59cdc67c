"""Checking a backward function of one's own against the numerical derivative of its forward function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..functional._checks import Array
from .calls import Refused, copy_of, name_of
from .explain import explain
from .models.layer_arguments import names_of, require_float64, signature_of
from .models.projections import check_layer
from .numerics.jacobian import Jacobian, numerical_jacobian
from .observe import has_gradient, observe, output_of
from .report import Report
from .verdict import Findings, report_of

LARGEST = 2_000
"""With more entries than this in all inputs, random projections are checked first, and entries only where they fail."""


def check_gradients(
    forward: Callable[..., Any],
    *inputs: Any,
    backward: Callable[..., Any] | None = None,
    names: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
) -> Report:
    r"""Check a hand-written gradient, and say what is wrong with it.

    For a random upstream g the gradient of :math:`\sum g \odot f(x)` is :math:`J^T g`. The Jacobian J is found by the complex step where f really
    supports it, else by extrapolated central differences, each entry with an estimate of its error; an entry of yours
    is wrong only if it is off by more than that, and by more than 1e-9 of the gradient's largest entry. `backward` is
    called with two upstreams, and twice with each.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)`` gives an array. Without `backward`, a layer or a function that gives
        ``(output, backward)``: its parameters are checked as well, in a float64 copy.
    *inputs : arrays
        float64 where a gradient is asked for; others (ids, masks) have none.
    backward : callable, optional
        ``backward(d_output, *inputs)`` gives a gradient for each input, in their order; None, or nothing, for inputs
        that have none.
    names : sequence of str, optional
        What to call the inputs; the names of `forward`'s arguments without it.
    rng : numpy.random.Generator, optional
        Fresh random numbers at each call without it.

    Returns
    -------
    Report
        ``report.passed``, ``report.errors``, ``report.diagnoses``; printed, a table. Whatever the two functions do
        wrong, raising included, is said there.

    Raises
    ------
    TypeError
        If an input is of float32 or another dtype than float64 that has a gradient.
    ValueError
        If `names` are not one for each input.

    Examples
    --------
    >>> import numpy as np
    >>> from attention_np import softmax
    >>> scores = np.random.default_rng(0).normal(size=(3, 4))
    >>> def mine(d_weights, scores):
    ...     weights = softmax(scores)
    ...     return d_weights * weights * (1 - weights)
    >>> check_gradients(softmax, scores, backward=mine).diagnoses[0].code
    'diagonal-only'
    """
    rng = rng or np.random.default_rng()
    if not callable(forward):
        raise TypeError(f"forward: expected a function, got {type(forward).__name__}")
    if backward is not None and not callable(backward):
        raise TypeError(f"backward: expected a function, got {type(backward).__name__}")
    named = dict(zip(_names(forward, inputs, names), inputs, strict=True))
    for name, value in named.items():
        require_float64(name, value)
    if backward is None:
        return check_layer(forward, inputs, list(named), rng)
    asked = {name: value for name, value in named.items() if has_gradient(value)}
    if sum(value.size for value in asked.values()) > LARGEST:
        return check_layer(_as_layer(forward, backward), inputs, list(named), rng)
    subject = name_of(backward, name_of(forward, "backward"))
    findings, evidence = Findings(), []
    try:
        output = output_of(forward, named, findings)
        jacobians = {name: _jacobian(forward, named, name) for name in asked}
        for _ in range(2):
            evidence += observe(backward, named, output, rng.standard_normal(output.shape), jacobians, findings)
    except Refused as refused:
        findings.add(refused.diagnosis)
    for name in asked:
        findings.explained(name, explain([item for item in evidence if item.name == name]))
    return report_of(subject, evidence, findings, list(asked))


def _names(forward: Callable[..., Any], inputs: tuple[Any, ...], names: Sequence[str] | None) -> list[str]:
    if names is None:
        return names_of(signature_of(forward), inputs)
    if len(names) != len(inputs) or len(set(names)) != len(names):
        raise ValueError(f"names: expected {len(inputs)} different names, one for each input, got {list(names)}")
    return list(names)


def _jacobian(forward: Callable[..., Any], named: dict[str, Any], name: str) -> Jacobian:
    def as_function_of(array: Array) -> Any:
        given = {**named, name: array}
        return forward(*(copy_of(value) for value in given.values()))

    return numerical_jacobian(as_function_of, named[name])


def _as_layer(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """The two functions as one that returns ``(output, backward)``."""

    def layer(*inputs: Any) -> tuple[Any, Callable[..., Any]]:
        return forward(*inputs), lambda d_output: backward(d_output, *inputs)

    layer.__name__ = name_of(backward, name_of(forward, "backward"))
    return layer
