"""Checking a long backward pass intermediate by intermediate, to find the first line of it that is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..functional._checks import Array
from .calls import Refused, as_array, copy_of, raised
from .evidence import Evidence, Situation
from .explain import explain
from .explanations.paths import Path, wrong_paths
from .models.layer_arguments import require_float64
from .numerics.jacobian import Jacobian, numerical_jacobian
from .observe import beside_numerical, has_gradient, sizes_of
from .recognise import recognise
from .report import Comparison, Report
from .verdict import Findings, compare

Step = Callable[..., Any]


class _Use(NamedTuple):
    """One use of a value: the step that takes it, and the step's Jacobian with respect to it."""

    step: str
    jacobian: Jacobian


def check_steps(
    steps: Mapping[str, Step], inputs: Mapping[str, Any], gradients: Mapping[str, Any]
) -> Report:
    r"""Find the first gradient that is wrong in a long backward pass, going backwards.

    The forward pass is given as named steps, each a function whose argument names say what it takes: inputs, or the
    results of steps before it. The gradient of an intermediate x is the sum over the steps that use it,
    :math:`dx = \sum_f J_f^T \, df`, with *your* df: so every line is judged by what it was given, and one mistake counts once.

    Parameters
    ----------
    steps : mapping from str to callable
        In the order of the forward pass. The last one gives the loss, or an output whose gradient, the upstream, is
        in `gradients`.
    inputs : mapping from str to array
        float64 where a gradient is asked for.
    gradients : mapping from str to array
        What your backward pass computed, by the names of steps and inputs, as a rule with all of them; one that is
        missing is taken from the right formula.

    Returns
    -------
    Report
        A row for each name, last step first. ``report.diagnoses[0]`` is about the first one that is wrong.

    Raises
    ------
    ValueError
        If a step takes what is not there, a name is unknown, or the upstream is missing or the same number everywhere (a softmax
        behind a constant upstream has gradient zero, whatever one writes).
    TypeError
        If an input is not of float64, or a gradient is no array.

    Examples
    --------
    >>> import numpy as np
    >>> from attention_np import context, softmax
    >>> rng = np.random.default_rng(0)
    >>> scores, values, d_result = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    >>> weights = softmax(scores)
    >>> d_weights = d_result @ values.T
    >>> report = check_steps(
    ...     {"weights": lambda scores: softmax(scores), "result": lambda weights, values: context(weights, values)},
    ...     {"scores": scores, "values": values},
    ...     {"result": d_result, "weights": d_weights, "scores": weights * d_weights, "values": weights.T @ d_result},
    ... )
    >>> report.diagnoses[0].input, report.diagnoses[0].code
    ('scores', 'dropped-term')
    """
    values, takes = _run(steps, inputs)
    last = list(steps)[-1]
    known = _downstream(last, values, gradients)
    findings, rows = Findings(), []
    for name in [*reversed(list(steps)[:-1]), *inputs]:
        if not has_gradient(values[name]):
            continue
        uses = [_Use(step, _jacobian(steps[step], values, takes[step], name)) for step in steps if name in takes[step]]
        evidence, paths = _evidence(name, uses, values, takes, known, gradients.get(name), findings)
        if evidence is None:
            rows.append(Comparison(name, values[name].shape, "not judged", float("nan")))
            known[name] = sum((path.gradient for path in paths), np.zeros_like(values[name]))
            continue
        several = list(wrong_paths(evidence, paths)) if len(paths) > 1 else []
        findings.explained(name, several or explain([evidence]))
        rows.append(compare(evidence))
        fits = evidence.given.shape == evidence.expected.shape and np.isfinite(evidence.given).all()
        known[name] = evidence.given if fits else evidence.expected
    return Report("backward pass", tuple(rows), findings.diagnoses(0))


def _run(steps: Mapping[str, Step], inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """All values of the forward pass, and the names that each step takes."""
    if not steps:
        raise ValueError("steps: expected at least one step, got none")
    values: dict[str, Any] = dict(inputs)
    takes: dict[str, list[str]] = {}
    for name, value in inputs.items():
        require_float64(name, value)
    for name, step in steps.items():
        if name in values:
            raise ValueError(f"steps: {name!r} is there twice; give each step and input a name of its own")
        takes[name] = list(inspect.signature(step).parameters)
        if unknown := [argument for argument in takes[name] if argument not in values]:
            raise ValueError(
                f"steps: {name!r} takes {', '.join(unknown)}, expected names of inputs or of steps before it: "
                f"{', '.join(values)}"
            )
        values[name] = _result(name, step, {argument: values[argument] for argument in takes[name]})
    return values, takes


def _result(name: str, step: Step, arguments: Mapping[str, Any]) -> Array:
    try:
        result = step(*(copy_of(value) for value in arguments.values()))
    except Exception as error:
        raise ValueError(f"steps: {raised(name, error, arguments).message}") from None
    result = np.asarray(result) if isinstance(result, (float, np.generic)) else result
    if not isinstance(result, np.ndarray) or result.dtype != np.float64 or not np.isfinite(result).all():
        raise ValueError(f"steps: {name!r} must give an array of float64 with finite numbers")
    return result


def _downstream(last: str, values: Mapping[str, Any], gradients: Mapping[str, Any]) -> dict[str, Array]:
    """The gradient of the last step: the given upstream, or 1 for a loss."""
    if unknown := [name for name in gradients if name not in values]:
        raise ValueError(f"gradients: unknown {', '.join(unknown)}; expected names of {', '.join(values)}")
    if last not in gradients:
        if values[last].size == 1:
            return {last: np.ones_like(values[last])}
        raise ValueError(f"gradients: expected {last!r} too, the upstream that the backward pass started from")
    upstream = np.asarray(gradients[last])
    if upstream.shape != values[last].shape:
        raise ValueError(f"gradients: expected shape {values[last].shape} for {last!r}, got {upstream.shape}")
    if upstream.size > 1 and np.ptp(upstream) == 0:
        raise ValueError(
            f"gradients: the upstream {last!r} is {upstream.flat[0]} everywhere, which hides mistakes (through a softmax it gives "
            "zero); start the backward pass from rng.normal(size=...)"
        )
    return {last: upstream}


def _jacobian(step: Step, values: Mapping[str, Any], takes: Sequence[str], name: str) -> Jacobian:
    def as_function_of(array: Array) -> Any:
        return step(*(array if argument == name else copy_of(values[argument]) for argument in takes))

    return numerical_jacobian(as_function_of, values[name])


def _evidence(
    name: str,
    uses: list[_Use],
    values: Mapping[str, Any],
    takes: Mapping[str, list[str]],
    known: Mapping[str, Array],
    given: Any,
    findings: Findings,
) -> tuple[Evidence | None, list[Path]]:
    """One gradient beside the sum over the steps that use the value; None without a gradient to judge."""
    shape = values[name].shape
    paths = [Path(use.step, use.jacobian.pull_back(known[use.step]).value.reshape(shape)) for use in uses]
    if given is None or not uses:
        return None, paths
    try:
        array, diagnoses = as_array(given, name, "the backward pass")
    except Refused as refused:
        findings.add(refused.diagnosis)
        return None, paths
    findings.add_all(diagnoses)
    whole = _stacked([use.jacobian for use in uses])
    upstream = np.concatenate([known[use.step].ravel() for use in uses])
    expected = {name: whole.pull_back(upstream).value.reshape(shape)}
    function, arguments, result = "", dict[str, Any](values), ""
    if len(uses) == 1:
        step = uses[0].step
        upstream = known[step]
        recognised = recognise({key: values[key] for key in takes[step]}, values[step], known[step], expected)
        function, arguments, result = recognised.function, recognised.arguments, recognised.results.get(name, "")
    sizes = sizes_of({name: values[name]}, values[uses[0].step])
    situation = Situation(function, "", frozenset(), arguments, {}, upstream, sizes, 0, lambda _: whole.matrix)
    return beside_numerical(situation, name, result, array, expected, whole, findings), paths


def _stacked(jacobians: list[Jacobian]) -> Jacobian:
    """The Jacobian of several steps as one."""
    return Jacobian(
        np.concatenate([jacobian.matrix for jacobian in jacobians]),
        np.concatenate([jacobian.error for jacobian in jacobians]),
        np.concatenate([jacobian.kink for jacobian in jacobians]),
        np.concatenate([jacobian.jump for jacobian in jacobians]),
        jacobians[0].method,
    )
