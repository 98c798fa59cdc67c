"""Recognising a function by its values, so that its known mistakes can be held against a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import functional
from ..functional._checks import Array
from .cases.contracts import PAIRS, Contract, contract_of


class Recognised(NamedTuple):
    """What is known of somebody's own function.

    Attributes
    ----------
    function : str
        The public backward function that its derivative should equal; empty if it is none of the package's.
    arguments : dict
        The arguments of that function.
    results : dict
        For each input the name of its gradient in the contract.
    """

    function: str
    arguments: dict[str, Any]
    results: dict[str, str]


def recognise(
    named: Mapping[str, Any], output: Array, upstream: Array, expected: Mapping[str, Array]
) -> Recognised:
    """The package's function that gives `output` for the same arguments, and `expected` as gradients, if there is one.

    The values alone are not enough: of unit vectors the dot product is the cosine, and has another derivative.
    """
    for forward, pair in PAIRS.items():
        function = getattr(functional, forward)
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(function(*named.values()))
        except (ValueError, TypeError, IndexError):
            continue
        if result.shape == output.shape and output.size > 1 and np.allclose(result, output, rtol=1e-9, atol=0):
            arguments = dict(zip(_names(forward), named.values(), strict=False))
            known = {**arguments, **pair.kept(arguments, output)}
            taken = {name: known[name] for name in pair.takes}
            first = {} if pair.upstream is None else {pair.upstream: upstream}
            results = dict(zip(named, (f"d_{name}" for name in arguments), strict=False))
            if _same_gradients(contract_of(f"{forward}_backward"), {**first, **taken}, results, expected):
                return Recognised(f"{forward}_backward", {**first, **taken}, results)
    return Recognised("", {"d_output": upstream, **named}, {})


def _same_gradients(
    contract: Contract, arguments: Mapping[str, Any], results: Mapping[str, str], expected: Mapping[str, Array]
) -> bool:
    true = contract.reference(*arguments.values())
    gradients = dict(zip(contract.results, true if isinstance(true, tuple) else (true,), strict=True))
    return all(
        np.allclose(gradients[results[name]], array, rtol=0, atol=1e-7 * np.abs(array).max(initial=0))
        for name, array in expected.items()
    )


def _names(forward: str) -> list[str]:
    code = getattr(functional, forward).__code__
    return list(code.co_varnames[: code.co_argcount])
