"""The right function of wrong arguments: one of them negated, left out, taken twice, normalised, or reshaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ... import functional
from ...functional._checks import Array
from ..cases.contracts import contract_of
from ..evidence import Evidence, Explanation
from .factors import named_constants


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
    _Substitute("counted-twice", "with {0} added twice", lambda x: 2 * x),
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
_INTEGERS = (
    _Substitute("misplaced", "with {0} read column by column", lambda x: x.ravel(order="F").reshape(x.shape)),
    _Substitute("misplaced", "with {0} read backwards", lambda x: np.flip(x, -1)),
    _Substitute("misplaced", "with {0} moved on by one place", lambda x: np.roll(x, 1, -1)),
    _Substitute("misplaced", "with {0} moved back by one place", lambda x: np.roll(x, -1, -1)),
    _Substitute("misplaced", "with {0} + 1 in place of {0}", lambda x: x + 1),
    _Substitute("misplaced", "with {0} − 1 in place of {0}", lambda x: x - 1),
)
_MASK = "What is masked must neither receive nor send a gradient. Does every line that reads a row know of the mask?"
_USED = "In which line does your function use this argument?"
_AXIS = "The function is told along which axis to work. Does every sum in it go along that one?"
_OPTIONS = {
    "mask": ("mask-ignored", _MASK),
    "causal": ("mask-ignored", _MASK),
    "ignore_index": ("mask-ignored", _MASK),
    "scale": ("constant-factor", _USED),
    "bias": ("dropped-term", _USED),
    "label_smoothing": ("dropped-term", _USED),
    "eps": ("dropped-term", _USED),
    "score": ("wrong-operand", _USED),
}
_HINT = "Name every factor of the line by what it is in the formula: which of them is not the one that you meant?"


def substituted(wrong: list[Evidence]) -> Iterator[Explanation]:
    """One argument of a known function replaced by something made of it."""
    situation = wrong[0].situation
    if not situation.function or not wrong[0].result:
        return
    for argument, value in situation.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fi":
            continue
        for substitute in _SUBSTITUTES if value.dtype.kind == "f" else _INTEGERS:
            if all(_explains(substitute, argument, evidence) for evidence in wrong):
                yield Explanation(substitute.code, f"right {_word(substitute, argument)}.", _HINT)
                return
    yield from _multiplied(wrong)
    for one, other in _same_kind(wrong):
        if all(_gives(evidence, {one: evidence.situation.arguments[other]}) for evidence in wrong):
            yield Explanation("wrong-operand", f"right with {other} in place of {one}.", _HINT)
            return
        if all(_gives(evidence, _exchanged(one, other, evidence)) for evidence in wrong):
            yield Explanation("wrong-operand", f"right with {one} and {other} exchanged.", _HINT)
            return


def option_left_out(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The right result of a call without one of the options, or along another axis."""
    if not wrong[0].situation.function or not wrong[0].result:
        return
    for option, (code, hint) in _OPTIONS.items():
        if all(option in item.situation.options and _gives(item, {}, without=option) for item in wrong):
            yield Explanation(code, f"this is the result of a call without {option}.", hint)
    if wrong[0].situation.function.startswith("softmax"):
        for axis in (-1, -2):
            if all(item.expected.ndim > 1 and _gives(item, {"axis": axis}) for item in wrong):
                yield Explanation("wrong-axis", f"this is the result along axis {axis}.", _AXIS)


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
    try:
        made = substitute.make(value)
    except ValueError:
        return False
    return _gives(evidence, {argument: made})


def _exchanged(one: str, other: str, evidence: Evidence) -> dict[str, Array]:
    arguments = evidence.situation.arguments
    return {one: arguments[other], other: arguments[one]}


def _multiplied(wrong: list[Evidence]) -> Iterator[Explanation]:
    """One argument, or the scale, times a function of the sizes."""
    constants = [dict(named_constants(item.situation.sizes)) for item in wrong]
    for argument, value in {**wrong[0].situation.arguments, **wrong[0].situation.options}.items():
        if not isinstance(value, float) and (not isinstance(value, np.ndarray) or value.dtype.kind != "f"):
            continue
        for name in constants[0]:
            if all(
                name in known and argument in _all(item) and _gives(item, {argument: known[name] * _all(item)[argument]})
                for item, known in zip(wrong, constants, strict=True)
            ):
                words = f"right with {argument} multiplied by {name}."
                yield Explanation("constant-factor", words, "Where does that factor come from, and what does the formula say?")
                return


def _all(evidence: Evidence) -> dict[str, Any]:
    return {**evidence.situation.arguments, **evidence.situation.options}


def _gives(evidence: Evidence, changed: Mapping[str, Any], without: str = "") -> bool:
    """Whether the true function, of these values for some arguments and without one, gives what was given."""
    situation = evidence.situation
    contract = contract_of(situation.function)
    arguments = {**situation.arguments, **{name: changed[name] for name in changed if name in situation.arguments}}
    options = {**situation.options, **{name: changed[name] for name in changed if name not in situation.arguments}}
    options.pop(without, None)
    try:
        true = contract.reference(*arguments.values(), **options)
    except (ValueError, TypeError):
        return False
    results = dict(zip(contract.results, true if isinstance(true, tuple) else (true,), strict=False))
    array = np.asarray(results.get(evidence.result, np.nan))
    return bool(np.isfinite(array).all()) and evidence.agrees(array)
