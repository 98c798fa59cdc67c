"""From what a function gave in many situations to a report, wherever and whenever it was called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..functional._checks import Array
from .calls import Called, Refused, as_array, repeatable, results_of
from .evidence import Evidence, Situation, tolerance_of
from .explain import explain
from .report import Report
from .verdict import Findings, report_of

Give = Callable[[Situation], Called]
"""Calls the function under check in a situation, or gives what an earlier call gave; raises `Refused` if there is nothing."""


class Subject(NamedTuple):
    """The function that is asked for.

    Attributes
    ----------
    name : str
    reference : callable
        The right function; takes a situation's arguments and options.
    results : tuple of str
        The names of its results: ``("output",)`` of a forward function.
    """

    name: str
    reference: Callable[..., Any]
    results: tuple[str, ...]


class Judgement(NamedTuple):
    """A report, and for each situation, in order, whether nothing was wrong in it, and the results that were seen in it."""

    report: Report
    outcomes: tuple[tuple[Situation, bool], ...]
    seen: tuple[tuple[Evidence, ...], ...]


def judge(subject: Subject, situations: Iterable[Situation], give: Give) -> Judgement:
    """Hold what a function gives in `situations`, each of them twice in succession, against what is right."""
    findings = Findings()
    evidence: dict[str, list[Evidence]] = {}
    outcomes = []
    everything_seen = []
    for situation in situations:
        found_before = findings.count
        seen = _observe(subject, give, situation, findings)
        for item in seen:
            evidence.setdefault(item.name, []).append(item)
        outcomes.append((situation, findings.count == found_before and all(item.right for item in seen)))
        everything_seen.append(tuple(seen))
    everything = [item for items in evidence.values() for item in items]
    findings.refusals_judged([item.situation for item in everything])
    for result, items in evidence.items():
        findings.explained(result, explain(items))
    report = report_of(subject.name, everything, findings, list(evidence))
    return Judgement(report, tuple(outcomes), tuple(everything_seen))


def _observe(subject: Subject, give: Give, situation: Situation, findings: Findings) -> list[Evidence]:
    """What the function gives in one situation, twice, beside what is right."""
    with np.errstate(all="ignore"):
        true = subject.reference(*situation.arguments.values(), **situation.options)
    results = true if isinstance(true, tuple) else (true,)
    # `attention` gives its log-normaliser too where it is asked for.
    names = subject.results if len(results) == len(subject.results) else ("output", "log_normaliser")
    expected = {name: np.asarray(value, np.float64) for name, value in zip(names, results, strict=True)}
    try:
        first = _given(subject.name, names, give, situation, findings)
        before = [value.copy() if isinstance(value, np.ndarray) else value for value in first]
        again = _given(subject.name, names, give, situation, findings)
    except Refused as refused:
        findings.refused(refused.diagnosis, situation)
        return []
    evidence = []
    for result, value, kept, second in zip(names, first, before, again, strict=True):
        try:
            given, diagnoses = as_array(kept, result, subject.name)
        except Refused as refused:
            findings.add(refused.diagnosis, situation.words)
            continue
        for diagnosis in diagnoses:
            findings.add(diagnosis, situation.words)
        findings.add_all(repeatable(result, value, kept, second), situation.words)
        evidence.append(_compare(situation, result, given, expected, findings))
    return evidence


def _given(name: str, names: Sequence[str], give: Give, situation: Situation, findings: Findings) -> list[Any]:
    called = give(situation)
    findings.add_all(called.diagnoses, situation.words)
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
