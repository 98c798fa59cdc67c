"""What one's own pair of functions gives, beside the numerical gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..functional._checks import Array
from .calls import Refused, as_array, call, name_of, repeatable, results_of, words_for
from .diagnosis import Diagnosis
from .evidence import Evidence, Situation, tolerance_of
from .numerics.jacobian import Jacobian
from .recognise import recognise
from .verdict import Findings


def has_gradient(value: Any) -> bool:
    """Whether an input is of floats, so that a gradient is asked for."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def output_of(forward: Callable[..., Any], named: Mapping[str, Any], findings: Findings) -> Array:
    """The forward function's result, after a look at whether it is one, and the same twice.

    Raises
    ------
    Refused
        If there is nothing to derive.
    """
    name = name_of(forward, "forward")
    first, second = (_one_output(forward, named, findings) for _ in range(2))
    if first.shape == second.shape and np.array_equal(first, second):
        return first
    shapes = f", in shape too: {first.shape} and {second.shape}" if first.shape != second.shape else ""
    words = f"{name}: two calls with the same inputs differ{shapes}."
    hint = "Draw what is random outside, and hand it to both functions; keep nothing from one call to the next."
    raise Refused(Diagnosis("not-repeatable", "", words, hint))


def _one_output(forward: Callable[..., Any], named: Mapping[str, Any], findings: Findings) -> Array:
    name = name_of(forward, "forward")
    called = call(forward, named, {}, "forward")
    findings.add_all(called.diagnoses)
    value = np.asarray(called.value) if isinstance(called.value, (float, np.generic)) else called.value
    if not isinstance(value, np.ndarray) or value.dtype != np.float64:
        words = f"{name} gives {words_for(value)}, expected an array of float64."
        hint = "With backward=, forward gives the output alone; without it, forward gives (output, backward)."
        raise Refused(Diagnosis("wrong-dtype", "", words, hint))
    if not np.isfinite(value).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        words = f"{name} gives {value[index]} at index {index}; there is nothing to derive."
        hint = "Check the forward function first, or choose other inputs."
        raise Refused(Diagnosis("not-finite", "", words, hint))
    return value.copy()


def observe(
    backward: Callable[..., Any],
    named: Mapping[str, Any],
    output: Array,
    upstream: Array,
    jacobians: Mapping[str, Jacobian],
    findings: Findings,
) -> list[Evidence]:
    """Call `backward` twice with one upstream; what it gave beside the numerical gradients.

    Raises
    ------
    Refused
        If it gives nothing to compare.
    """
    first = _gradients(backward, named, upstream, findings)
    kept = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in first.items()}
    again = _gradients(backward, named, upstream, findings)
    expected = {
        name: jacobian.pull_back(upstream).value.reshape(named[name].shape) for name, jacobian in jacobians.items()
    }
    known = recognise(named, output, upstream, expected)
    situation = Situation(
        known.function,
        "",
        frozenset(),
        known.arguments,
        {},
        upstream,
        sizes_of(named, output),
        0,
        lambda name: jacobians[name].matrix,
    )
    evidence = []
    for name, value in kept.items():
        findings.add_all(repeatable(name, first[name], value, again[name]))
        try:
            given, diagnoses = as_array(value, name, name_of(backward, "backward"))
        except Refused as refused:
            findings.add(refused.diagnosis)
            continue
        findings.add_all(diagnoses)
        result = known.results.get(name, "")
        evidence.append(beside_numerical(situation, name, result, given, expected, jacobians[name], findings))
    return evidence


def beside_numerical(
    situation: Situation,
    name: str,
    result: str,
    given: Array,
    expected: Mapping[str, Array],
    jacobian: Jacobian,
    findings: Findings,
) -> Evidence:
    """A gradient beside the numerical one, without the entries that have none."""
    true = expected[name]
    upstream = np.zeros(0) if situation.upstream is None else situation.upstream.ravel()
    pulled = jacobian.pull_back(upstream)
    kinks = ((upstream != 0) @ jacobian.kink).reshape(true.shape)
    judged = ~pulled.undefined.reshape(true.shape)
    if kinks.any():
        index = tuple(int(i) for i in np.argwhere(kinks)[0])
        words = f"the function has a kink at index {index} ({np.count_nonzero(kinks)} in all), and no derivative there."
        findings.add(Diagnosis("kink", name, words, "Not your mistake. Move the input a little to check this entry as well."))
    if given.shape != true.shape:
        findings.wrong_shape(name, given.shape, true.shape, situation)
    elif not np.isfinite(given).all():
        findings.not_finite(name, given, situation)
        judged &= np.isfinite(given)
    sizes = np.abs(upstream)
    # Where the output does not depend on the input, terms of the upstream's size may cancel, and leave their rounding.
    magnitude = float((sizes @ np.abs(jacobian.matrix)).max(initial=0) if jacobian.matrix.any() else sizes.sum())
    tolerance = tolerance_of(true, pulled.error.reshape(true.shape), magnitude)
    return Evidence(situation, name, result, given, true, tolerance, judged, expected)


def _gradients(
    backward: Callable[..., Any], named: Mapping[str, Any], upstream: Array, findings: Findings
) -> dict[str, Any]:
    """The gradients of the inputs that have one, by name."""
    called = call(backward, {"d_output": upstream, **named}, {}, "backward")
    findings.add_all(called.diagnoses)
    asked = [name for name, value in named.items() if has_gradient(value)]
    function = name_of(backward, "backward")
    count = len(called.value) if isinstance(called.value, (tuple, list)) else 1
    # Inputs without a gradient may be left out of the results, or stand there as None.
    if count == len(asked):
        return dict(zip(asked, results_of(called.value, asked, function), strict=True))
    results = dict(zip(named, results_of(called.value, list(named), function), strict=True))
    return {name: results[name] for name in asked}


def sizes_of(named: Mapping[str, Any], output: Array) -> dict[str, int]:
    """Lengths of all axes, with words for them."""
    sizes: dict[int, str] = {}
    for name, value in {**named, "the output": output}.items():
        for axis, length in enumerate(np.shape(value)):
            sizes.setdefault(length, f"{length}, the length of axis {axis} of {name}")
    return {words: length for length, words in sizes.items()}
