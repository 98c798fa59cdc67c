"""Checking a function written to the contract, with arguments drawn for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from ..functional._checks import Array
from .calls import Called, call
from .cases.contracts import Contract, backward_case, contract_of
from .cases.situations import Drawn
from .evidence import Situation
from .judge import Subject, judge
from .report import Report


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
    drawn = situations(name, options_of(function), rng or np.random.default_rng())

    def give(situation: Situation) -> Called:
        return call(function, situation.arguments, situation.options, name)

    return judge(Subject(name, contract.reference, contract.results), drawn, give).report


def situations(name: str, taken: Collection[str] | None, rng: np.random.Generator) -> Iterator[Situation]:
    """All situations in which a function of the contract is called: each case, a backward function's with two upstreams.

    Parameters
    ----------
    name : str
        The public function.
    taken : collection of str or None
        The names of the arguments that the function under check takes; None if it takes any.
    rng : numpy.random.Generator
    """
    contract = contract_of(name)
    forward = name.removesuffix("_backward")
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


def options_of(function: Callable[..., Any]) -> set[str] | None:
    """The names of the arguments that a function takes; None if it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return {parameter.name for parameter in parameters}


def _takes(taken: Collection[str] | None, options: Mapping[str, Any]) -> bool:
    return taken is None or set(options).issubset(taken)
