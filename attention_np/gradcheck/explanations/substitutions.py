"""The right function of wrong arguments: one of them negated, left out, taken twice, normalised, or reshaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ... import functional
from ...functional._checks import Array
from ..contracts import contract_of
from ..evidence import Evidence, Explanation


class _Substitute(NamedTuple):
    code: str
    words: str
    make: Callable[[Array], Array]


def _reshaped(array: Array) -> Array:
    """What is read when ``x.reshape(columns, rows)`` stands where ``x.T`` belongs."""
    *lead, rows, columns = array.shape
    return array.reshape(*lead, columns, rows).swapaxes(-1, -2)


_SUBSTITUTES = (
    _Substitute("dropped-term", "as if {0} were 0", np.zeros_like),
    _Substitute("missing-factor", "as if {0} were 1", np.ones_like),
    _Substitute("sign-flipped", "with −{0} in place of {0}", np.negative),
    _Substitute("counted-twice", "with 2 {0} in place of {0}", lambda x: 2 * x),
    _Substitute("misplaced", "{0} is reshaped where a transpose belongs", _reshaped),
    _Substitute("misplaced", "with {0} read backwards", lambda x: np.flip(x, -1)),
    _Substitute("wrong-operand", "with tanh({0}) in place of {0}", np.tanh),
    _Substitute("wrong-operand", "with sigmoid({0}) in place of {0}", functional.sigmoid),
    _Substitute("wrong-operand", "with the softmax of {0} in place of {0}", functional.softmax),
    _Substitute("wrong-operand", "with exp({0}) in place of {0}", np.exp),
    _Substitute("wrong-operand", "with {0}² in place of {0}", np.square),
    _Substitute("wrong-operand", "with |{0}| in place of {0}", np.abs),
    _Substitute(
        "wrong-operand",
        "with the unit vectors of {0} in place of {0}",
        lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
    ),
    _Substitute(
        "wrong-operand",
        "with the rows of {0} less their mean in place of {0}",
        lambda x: x - np.mean(x, axis=-1, keepdims=True),
    ),
    _Substitute(
        "wrong-operand",
        "with the normalised rows of {0} in place of {0}",
        lambda x: functional.layer_norm(x, np.ones(x.shape[-1]), np.zeros(x.shape[-1])),
    ),
)
_HINT = "Name every factor of the line by what it is in the formula: which of them is not the one that you meant?"


def substituted(wrong: list[Evidence]) -> Iterator[Explanation]:
    """One argument of a known function replaced by something made of it."""
    situation = wrong[0].situation
    if not situation.function or not wrong[0].result:
        return
    for argument, value in situation.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.ndim:
            continue
        for substitute in _SUBSTITUTES:
            if all(_explains(substitute, argument, evidence) for evidence in wrong):
                yield Explanation(substitute.code, f"right {_word(substitute, argument)}.", _HINT)
                return
    for one, other in _same_kind(wrong):
        if all(_explained_by_exchange(one, other, evidence) for evidence in wrong):
            yield Explanation("wrong-operand", f"right with {other} in place of {one}.", _HINT)
            return


def _word(substitute: _Substitute, argument: str) -> str:
    words = substitute.words.format(argument)
    return words if words.startswith(("as if", "with")) else f"where {words}: the numbers fit that"


def _same_kind(wrong: list[Evidence]) -> Iterator[tuple[str, str]]:
    """Pairs of arguments that have one shape in every case."""
    first = wrong[0].situation.arguments
    for one in first:
        for other in first:
            arrays = [(item.situation.arguments[one], item.situation.arguments[other]) for item in wrong]
            if one != other and all(
                isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype == b.dtype
                for a, b in arrays
            ):
                yield one, other


def _explains(substitute: _Substitute, argument: str, evidence: Evidence) -> bool:
    value = evidence.situation.arguments[argument]
    if substitute.make is _reshaped and value.ndim < 2:
        return False
    return _gives(evidence, argument, substitute.make(value))


def _explained_by_exchange(one: str, other: str, evidence: Evidence) -> bool:
    return _gives(evidence, one, evidence.situation.arguments[other])


def _gives(evidence: Evidence, argument: str, value: Array) -> bool:
    """Whether the true function, of this value for one argument, gives what was given."""
    situation = evidence.situation
    contract = contract_of(situation.function)
    try:
        true = contract.reference(*{**situation.arguments, argument: value}.values(), **situation.options)
    except (ValueError, TypeError):
        return False
    results = dict(zip(contract.results, true if isinstance(true, tuple) else (true,), strict=False))
    array = np.asarray(results.get(evidence.result, np.nan))
    return bool(np.isfinite(array).all()) and evidence.agrees(array)
