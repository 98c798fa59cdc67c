"""The catalogue held against a result: known wrong formulas, and the terms of the right one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...functional._checks import Array
from ..catalogue import mistakes_of, terms_of
from ..catalogue.mistake import Formula, Mistake
from ..evidence import Evidence, Explanation
from .factors import name_factor


def known_mistakes(wrong: list[Evidence], right: list[Evidence]) -> Iterator[Explanation]:
    """Every wrong formula that gives exactly these numbers."""
    for mistake in _mistakes(wrong):
        if mistake.result == wrong[0].result and all(_agrees(mistake.formula, item) for item in wrong):
            if all(_harmless(mistake.formula, item) for item in right):
                yield Explanation(mistake.code, mistake.message, mistake.hint)


def multiples_of_known_mistakes(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Two mistakes at once: a known wrong formula, times a constant."""
    for mistake in _mistakes(wrong):
        if mistake.result != wrong[0].result:
            continue
        known = []
        for evidence in wrong:
            factor = _multiple_of(_evaluate(mistake.formula, evidence), evidence)
            if factor is None:
                break
            known.append(factor)
        if len(known) < len(wrong):
            continue
        name = name_factor(known, [evidence.situation.sizes for evidence in wrong])
        if not name and max(known) - min(known) > 1e-8 * abs(known[0]):
            continue
        code = "sign-flipped" if abs(known[0] + 1) < 1e-8 else "constant-factor"
        yield Explanation(mistake.code, mistake.message, mistake.hint)
        yield Explanation(
            code,
            f"besides, everything is multiplied by {known[0]:.4g}" + (f", {name}." if name else "."),
            "There are two mistakes. Repair the other one first, and run this again.",
        )
        return


def terms(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Terms of the right formula that are missing, have the wrong sign, or count more than once."""
    for known in terms_of(wrong[0].situation.function):
        if known.result != wrong[0].result:
            continue
        cut = [_evaluate_terms(known.formula, evidence) for evidence in wrong]
        found = [
            _coefficients(parts, evidence) for parts, evidence in zip(cut, wrong, strict=True) if parts is not None
        ]
        coefficients = [row for row in found if row is not None]
        if len(coefficients) < len(wrong) or cut[0] is None:
            continue
        for name, column in zip(cut[0], np.transpose(coefficients), strict=True):
            if not np.allclose(column, 1, atol=1e-7) and (explanation := _name_coefficient(name, column, wrong)):
                yield explanation


def _mistakes(wrong: list[Evidence]) -> Sequence[Mistake]:
    situation = wrong[0].situation
    return mistakes_of(situation.function) if situation.mistakes is None else situation.mistakes


def _evaluate(formula: Formula, evidence: Evidence) -> Array | None:
    """A wrong formula's array for the arguments of a situation; None where it cannot be evaluated."""
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(formula(*evidence.situation.arguments.values(), **evidence.situation.options))
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return None
    return array if np.isfinite(array).all() else None


def _agrees(formula: Formula, evidence: Evidence) -> bool:
    array = _evaluate(formula, evidence)
    return array is not None and evidence.agrees(array)


def _harmless(formula: Formula, evidence: Evidence) -> bool:
    """Whether a wrong formula is right here, or says nothing."""
    array = _evaluate(formula, evidence)
    return array is None or evidence.agrees(array)


def _multiple_of(array: Array | None, evidence: Evidence) -> float | None:
    if array is None or array.shape != evidence.given.shape or not array.any() or array.size < 2:
        return None
    factor = float(np.sum(array * evidence.given) / np.sum(array * array))
    return factor if abs(factor) > 1e-8 and evidence.agrees(factor * array) else None


def _evaluate_terms(formula: Formula, evidence: Evidence) -> dict[str, Any] | None:
    try:
        with np.errstate(all="ignore"):
            parts: dict[str, Any] = formula(*evidence.situation.arguments.values(), **evidence.situation.options)
    except (ValueError, TypeError, IndexError):
        return None
    return parts if all(np.isfinite(part).all() for part in parts.values()) else None


def _coefficients(parts: dict[str, Any], evidence: Evidence) -> Array | None:
    """How often each term counts in what was given, where the terms explain it."""
    if evidence.given.shape != evidence.expected.shape:
        return None
    basis = np.stack([np.broadcast_to(part, evidence.expected.shape).ravel() for part in parts.values()], axis=1)
    if basis.shape[0] <= basis.shape[1]:
        return None
    found, _, rank, _ = np.linalg.lstsq(basis, evidence.given.ravel(), rcond=1e-10)
    if rank < basis.shape[1] or not evidence.agrees((basis @ found).reshape(evidence.expected.shape)):
        return None
    return found


def _name_coefficient(name: str, column: Array, wrong: list[Evidence]) -> Explanation | None:
    if np.allclose(column, 0, atol=1e-7):
        return Explanation("dropped-term", f"the term {name} is missing.", "By how many paths does a change of this input reach the output? Each of them is a term.")
    if np.allclose(column, -1, atol=1e-7):
        return Explanation("sign-flipped", f"the term {name} has the wrong sign.", "Which of the terms pull the gradient down?")
    if np.allclose(column, 2, atol=1e-7):
        return Explanation("counted-twice", f"the term {name} is counted twice.", "Which two lines add the same?")
    factors = [float(number) for number in column]
    constant = name_factor(factors, [evidence.situation.sizes for evidence in wrong])
    if not constant and max(factors) - min(factors) > 1e-6 * abs(factors[0]):
        return None
    return Explanation(
        "constant-factor",
        f"the term {name} is multiplied by {factors[0]:.4g}" + (f", {constant}." if constant else "."),
        "A sum and a mean differ by a number: which of them does the derivative ask for?",
    )
