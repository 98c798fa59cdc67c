"""From evidence to diagnoses: every explanation that fits, the exact ones before the vague."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .diagnosis import Diagnosis
from .evidence import Evidence, Explain, Explanation
from .explanations import contrast, factors, jacobian_forms, known, places, precision, substitutions

EXACT = (
    factors.zero,
    factors.sign_flipped,
    places.swapped,
    jacobian_forms.upstream_ignored,
    places.transposed,
    places.not_summed,
    places.other_sum,
    places.summed_too_far,
    jacobian_forms.diagonal_only,
    jacobian_forms.jacobian_not_transposed,
    factors.constant_factor,
)
"""Explanations without anything to fit but one number."""

FITTED = (jacobian_forms.some_contributions, factors.missing_factor, places.misplaced)
"""Explanations with as many free numbers as an axis is long, or more; asked only where no exact one is found."""


WHOLE = {"zero", "sign-flipped", "constant-factor", "swapped-results", "upstream-ignored"}
"""Codes that a factor for each row would only repeat."""


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
    # Of single numbers each is a multiple of every other, and many a mistake is right.
    right = [item for item in evidence if item.right and "lengths of one" not in item.situation.features]
    if not wrong:
        return []
    # Numbers near the ends of the floating range are for the contrast alone: their squares are not numbers.
    special = contrast.EXTREME | {"lengths of one"}
    ordinary = [item for item in wrong if not item.situation.features & special]
    cases = [*contrast.by_turn(wrong, right), *contrast.by_case(wrong, right)]
    with np.errstate(all="ignore"):
        found = (_causes(ordinary, right) or _causes_in_part(ordinary)) if ordinary else []
    found = _once([*found, *cases]) or [_unknown(ordinary or wrong)]
    return [Diagnosis(code, wrong[0].name, message, hint) for code, message, hint in found]


def _causes(wrong: list[Evidence], right: list[Evidence]) -> list[Explanation]:
    exact = _of(EXACT, wrong)
    if any(explanation.code == "zero" for explanation in exact):
        return exact
    written_down = [*known.known_mistakes(wrong, right), *known.terms(wrong)]
    if (exact or written_down) and not {found.code for found in exact} & WHOLE:
        # A factor for each row may be the same mistake in other words.
        exact = [*exact, *(found for found in factors.missing_factor(wrong) if found.code == "missing-factor")]
    return (
        _once([*written_down, *exact])
        or [*substitutions.option_left_out(wrong)]
        or [*substitutions.substituted(wrong)]
        or list(precision.imprecise(wrong))
        or _of(FITTED[:2], wrong)
        or list(contrast.by_row(wrong))
        or list(known.multiples_of_known_mistakes(wrong))
        or _of(FITTED[2:], wrong)
    )


def _causes_in_part(wrong: list[Evidence]) -> list[Explanation]:
    """Where one cause does not explain all cases: the first kind of case that has one, and it."""
    groups: dict[str, list[Evidence]] = {}
    for item in wrong:
        groups.setdefault(item.situation.words, []).append(item)
    if len(groups) == 1:
        return []
    # Where all lengths are equal, or numbers are few, too many explanations fit.
    for words, group in groups.items():
        if words in ("equal lengths", "a single vector"):
            continue
        if causes := _causes(group, []):
            return [Explanation(code, f"with {words}: {message}", hint) for code, message, hint in causes]
    return []


def _of(explanations: Iterable[Explain], wrong: list[Evidence]) -> list[Explanation]:
    return [found for explain_one in explanations for found in explain_one(wrong)]


def _once(explanations: Iterable[Explanation]) -> list[Explanation]:
    """The first explanation of each code."""
    return list({explanation.code: explanation for explanation in reversed(list(explanations))}.values())[::-1]


def _unknown(wrong: list[Evidence]) -> Explanation:
    forward = wrong[0].result in ("output", "log_normaliser")
    return Explanation(
        "wrong-values" if forward else "unknown",
        f"{contrast.where_it_sits(wrong)}; no known mistake gives these numbers.",
        "Work through the smallest example by hand and compare each intermediate array with its line of code.",
    )
