"""From evidence to diagnoses: every explanation that fits, the exact ones before the vague."""

from __future__ import annotations

from collections.abc import Iterable

from .diagnosis import Diagnosis
from .evidence import Evidence, Explain, Explanation
from .explanations import contrast, factors, jacobian_forms, known, places, precision

EXACT = (
    factors.zero,
    factors.sign_flipped,
    places.swapped,
    jacobian_forms.upstream_ignored,
    places.transposed,
    places.not_summed,
    places.summed_too_far,
    jacobian_forms.diagonal_only,
    jacobian_forms.jacobian_not_transposed,
    factors.constant_factor,
)
"""Explanations without anything to fit but one number."""

FITTED = (jacobian_forms.some_contributions, factors.missing_factor, places.misplaced)
"""Explanations with as many free numbers as an axis is long; asked only where no exact one is found."""


def explain(evidence: list[Evidence]) -> list[Diagnosis]:
    """What is wrong with one result, seen in several situations.

    Parameters
    ----------
    evidence : list of Evidence
        All of one result; right and wrong.

    Returns
    -------
    list of Diagnosis
        The likeliest first; empty if all is right.
    """
    wrong = [item for item in evidence if not item.right]
    right = [item for item in evidence if item.right]
    if not wrong:
        return []
    found = _causes(wrong, right)
    cases = list(contrast.by_case(wrong, right))
    if not found:
        found = _causes_in_part(wrong)
    found = _once([*found, *cases] if found else [*cases, *precision.imprecise(wrong)])
    if not found:
        found = [_unknown(wrong)]
    return [Diagnosis(code, wrong[0].name, message, hint) for code, message, hint in found]


def _causes(wrong: list[Evidence], right: list[Evidence]) -> list[Explanation]:
    exact = _of(EXACT, wrong)
    written_down = [*known.known_mistakes(wrong, right), *known.terms(wrong)]
    if written_down and any(explanation.code == "zero" for explanation in exact):
        written_down = []
    if exact or written_down:
        return _once([*written_down, *exact])
    return (
        list(contrast.by_row(wrong))
        or _of(FITTED[:1], wrong)
        or list(known.multiples_of_known_mistakes(wrong))
        or _of(FITTED[1:], wrong)
    )


def _causes_in_part(wrong: list[Evidence]) -> list[Explanation]:
    """Where one cause does not explain all cases: the first kind of case that has one, and it."""
    groups: dict[str, list[Evidence]] = {}
    for item in wrong:
        groups.setdefault(item.situation.words, []).append(item)
    if len(groups) == 1:
        return []
    for words, group in groups.items():
        if causes := _causes(group, []):
            return [Explanation(code, f"with {words}: {message}", hint) for code, message, hint in causes]
    return []


def _of(explanations: Iterable[Explain], wrong: list[Evidence]) -> list[Explanation]:
    return [found for explain_one in explanations for found in explain_one(wrong)]


def _once(explanations: Iterable[Explanation]) -> list[Explanation]:
    """The first explanation of each code."""
    return list({explanation.code: explanation for explanation in reversed(list(explanations))}.values())[::-1]


def _unknown(wrong: list[Evidence]) -> Explanation:
    forward = wrong[0].result == "output"
    return Explanation(
        "wrong-values" if forward else "unknown",
        f"{contrast.where_it_sits(wrong)}; no known mistake gives these numbers.",
        "Work through the smallest example by hand and compare each intermediate array with its line of code.",
    )
