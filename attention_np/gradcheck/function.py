"""Checking a function written to the contract, with arguments drawn for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..functional._checks import Array
from .calls import Refused, as_array, call, repeatable, results_of
from .cases.contracts import Contract, backward_case, contract_of
from .cases.situations import Drawn
from .evidence import Evidence, Situation, tolerance_of
from .explain import explain
from .report import Report
from .verdict import Findings, report_of


def check_function(
    name: str, function: Callable[..., Any], rng: np.random.Generator | None = None
) -> Report:
    """Check a function of your own against the contract of one of this package.

    It is called with arguments drawn for that function: unequal lengths, a batch of one and of three, masks, repeated
    ids, zero vectors, memory in another order; a backward function with two random upstreams each. What is wrong is held
    against the known mistakes of the function.

    Parameters
    ----------
    name : str
        The public function that it should equal, such as ``"softmax_backward"`` or ``"cosine_scores"``.
    function : callable
        Yours, with the arguments of the contract. An option that it does not take is not asked for.
    rng : numpy.random.Generator, optional
        Fresh random numbers at each call without it.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If there is no such function.

    Examples
    --------
    >>> def mine(d_weights, weights):
    ...     return d_weights * weights * (1 - weights)
    >>> report = check_function("softmax_backward", mine)
    >>> report.passed, report.diagnoses[0].code
    (False, 'diagonal-only')
    """
    contract = contract_of(name)
    if not callable(function):
        raise TypeError(f"function: expected a function, got {type(function).__name__}")
    rng = rng or np.random.default_rng()
    findings = Findings()
    evidence: dict[str, list[Evidence]] = {}
    for situation in _situations(contract, function, rng):
        for item in observe(contract, function, situation, findings):
            evidence.setdefault(item.name, []).append(item)
    findings.refusals_judged([item.situation for items in evidence.values() for item in items])
    for result, items in evidence.items():
        findings.explained(result, explain(items))
    return report_of(name, [item for items in evidence.values() for item in items], findings, list(evidence))


def _situations(
    contract: Contract, function: Callable[..., Any], rng: np.random.Generator
) -> Iterator[Situation]:
    """All situations in which the function is called: each case with two upstreams."""
    forward = contract.name.removesuffix("_backward")
    taken = _options_of(function)
    for drawn in contract.pair.draw(rng):
        if not contract.is_backward:
            if _takes(taken, drawn.options):
                yield _situation(contract, drawn, None, 0, lambda result: None)
            continue
        for turn in range(2 if contract.pair.upstream else 1):
            case, upstream = backward_case(forward, drawn, rng)
            if _takes(taken, case.options):
                yield _situation(contract, case, upstream, turn, functools.partial(_jacobian, contract, case, upstream))


def _situation(
    contract: Contract, drawn: Drawn, upstream: Array | None, turn: int, jacobian: Callable[[str], Array | None]
) -> Situation:
    return Situation(
        contract.name,
        drawn.words,
        drawn.features,
        drawn.arguments,
        drawn.options,
        upstream,
        drawn.sizes,
        turn,
        functools.cache(jacobian),
    )


def _jacobian(contract: Contract, case: Drawn, upstream: Array | None, result: str) -> Array | None:
    """The matrix (outputs, entries), a row for each output: the true backward of one 1 among zeros."""
    if upstream is None:
        return None
    position = contract.results.index(result)
    rows = []
    for index in np.ndindex(upstream.shape):
        unit = np.zeros_like(upstream)
        unit[index] = 1
        arguments = {**case.arguments, str(contract.pair.upstream): unit}
        true = contract.reference(*arguments.values(), **case.options)
        rows.append(np.ravel(true[position] if isinstance(true, tuple) else true))
    return np.array(rows)


def observe(
    contract: Contract, function: Callable[..., Any], situation: Situation, findings: Findings
) -> list[Evidence]:
    """Call the function twice in one situation; what it gave beside what is right."""
    with np.errstate(all="ignore"):
        true = contract.reference(*situation.arguments.values(), **situation.options)
    results = true if isinstance(true, tuple) else (true,)
    # `attention` gives its log-normaliser too where it is asked for.
    names = contract.results if len(results) == len(contract.results) else ("output", "log_normaliser")
    expected = {name: np.asarray(value, np.float64) for name, value in zip(names, results, strict=True)}
    try:
        first = _call(contract.name, names, function, situation, findings)
        before = [value.copy() if isinstance(value, np.ndarray) else value for value in first]
        again = _call(contract.name, names, function, situation, findings)
    except Refused as refused:
        findings.refused(refused.diagnosis, situation)
        return []
    evidence = []
    for result, value, kept, second in zip(names, first, before, again, strict=True):
        try:
            given, diagnoses = as_array(kept, result, contract.name)
        except Refused as refused:
            findings.add(refused.diagnosis, situation.words)
            continue
        for diagnosis in diagnoses:
            findings.add(diagnosis, situation.words)
        findings.add_all(repeatable(result, value, kept, second), situation.words)
        evidence.append(_compare(situation, result, given, expected, findings))
    return evidence


def _call(
    name: str, names: Sequence[str], function: Callable[..., Any], situation: Situation, findings: Findings
) -> list[Any]:
    called = call(function, situation.arguments, situation.options, name)
    for diagnosis in called.diagnoses:
        findings.add(diagnosis, situation.words)
    return results_of(called.value, names, name)


def _compare(
    situation: Situation, result: str, given: Array, expected: Mapping[str, Array], findings: Findings
) -> Evidence:
    true = expected[result]
    judged = np.ones(true.shape, bool)
    if given.shape != true.shape:
        findings.wrong_shape(result, given.shape, true.shape, situation)
    else:
        # The logarithm of an empty sum is -inf, and rightly so.
        same = given == true
        if not np.all(np.isfinite(given) | same):
            findings.not_finite(result, np.where(same, 0, given), situation)
        judged = np.isfinite(given) & np.isfinite(true)
        given, true = np.where(judged | ~same, given, 0), np.where(judged, true, 0)
    magnitude = max((np.abs(array[np.isfinite(array)]).max(initial=0) for array in expected.values()), default=0.0)
    return Evidence(
        situation,
        result,
        result,
        given,
        true,
        tolerance_of(true, magnitude=float(magnitude)),
        judged,
        expected,
    )


def _options_of(function: Callable[..., Any]) -> set[str] | None:
    """The names of the arguments that a function takes; None if it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return {parameter.name for parameter in parameters}


def _takes(taken: set[str] | None, options: Mapping[str, Any]) -> bool:
    return taken is None or taken.issuperset(options)
