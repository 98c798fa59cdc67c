"""From what was seen to a report: a row for each result, and the diagnoses in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..functional._checks import Array
from .diagnosis import Diagnosis
from .evidence import Evidence, Situation
from .explanations.contrast import common_feature
from .report import Comparison, Report, Worst

CAUSES_OF_A_SHAPE = {"transposed", "not-summed", "wrong-axis", "swapped-results"}


class Findings:
    """Diagnoses in the order in which they were found; the same one in several cases is kept once.

    Attributes
    ----------
    count : int
        Of all that was found, repetitions included.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Diagnosis, list[str]]] = {}
        self._refused: list[tuple[Diagnosis, Situation]] = []
        self.count = 0

    def add(self, diagnosis: Diagnosis, words: str = "") -> None:
        """Keep a diagnosis, and in which case it was made."""
        self.count += 1
        _, cases = self._found.setdefault((diagnosis.code, diagnosis.input), (diagnosis, []))
        if words and words not in cases:
            cases.append(words)

    def add_all(self, diagnoses: Iterable[Diagnosis], words: str = "") -> None:
        for diagnosis in diagnoses:
            self.add(diagnosis, words)

    def refused(self, diagnosis: Diagnosis, situation: Situation) -> None:
        """A call that gave nothing to compare; what it says of the function depends on which calls did."""
        self.count += 1
        self._refused.append((diagnosis, situation))

    def refusals_judged(self, others: list[Situation]) -> None:
        """Say of the refused calls what they have in common that `others` have not."""
        if not self._refused:
            return
        diagnosis = self._refused[0][0]
        found = common_feature([item for _, item in self._refused], others) if others else None
        words = ", ".join(dict.fromkeys(situation.words for _, situation in self._refused))
        if found:
            diagnosis = diagnosis._replace(code=found.code, message=f"with {words}: {diagnosis.message}", hint=found.hint)
        self.add(diagnosis, "" if found else words)

    def wrong_shape(self, name: str, given: tuple[int, ...], expected: tuple[int, ...], situation: Situation) -> None:
        """The result has another shape than it should."""
        self.add(
            Diagnosis(
                "wrong-shape",
                name,
                f"expected shape {expected}, got {given}.",
                "A gradient has the shape of what it is the gradient of. Write the shape beside every line.",
            ),
            situation.words,
        )

    def not_finite(self, name: str, given: Array, situation: Situation) -> None:
        """The result has NaN or infinity in it."""
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(given))[0])
        special = {"a zero vector": "zero-vector", "large numbers": "unstable", "tiny numbers": "unstable"}
        for feature, code in special.items():
            if feature in situation.features:
                self.add(
                    Diagnosis(
                        code,
                        name,
                        f"{given[index]} at index {index} with {feature}, where the true number is finite.",
                        "Which line divides by something that can be 0, or makes a number that no float can hold?",
                    ),
                    situation.words,
                )
        self.add(
            Diagnosis(
                "not-finite",
                name,
                f"{given[index]} at index {index}, where the true number is finite.",
                "Print each intermediate array at that index: in which line does the first NaN or infinity appear?",
            ),
            situation.words,
        )

    def explained(self, name: str, diagnoses: list[Diagnosis]) -> None:
        """Take over what explains a result; a shape whose cause is known needs no diagnosis of its own."""
        if {diagnosis.code for diagnosis in diagnoses} & CAUSES_OF_A_SHAPE:
            self._found.pop(("wrong-shape", name), None)
        elif ("wrong-shape", name) in self._found:
            diagnoses = [diagnosis for diagnosis in diagnoses if diagnosis.code not in ("unknown", "wrong-values")]
        self.add_all(diagnoses)

    def diagnoses(self, cases: int) -> tuple[Diagnosis, ...]:
        """All diagnoses; those made in only some of `cases` cases say in which."""
        return tuple(
            diagnosis._replace(message=f"{diagnosis.message.removesuffix('.')} (seen with: {', '.join(words)}).")
            if 0 < len(words) < cases
            else diagnosis
            for diagnosis, words in self._found.values()
        )


def report_of(subject: str, evidence: list[Evidence], findings: Findings, names: Sequence[str]) -> Report:
    """A row for each name, of the case where it is farthest off, and all diagnoses."""
    rows = []
    for name in names:
        own = [compare(item) for item in evidence if item.name == name]
        if own:
            rows.append(max(own, key=lambda row: (row.verdict == "wrong", np.isnan(row.error), row.error)))
    cases = len({item.situation.words for item in evidence})
    return Report(subject, tuple(rows), findings.diagnoses(cases))


def compare(item: Evidence) -> Comparison:
    """One row of a report."""
    if item.given.shape != item.expected.shape:
        return Comparison(item.name, item.expected.shape, "wrong", float("nan"), case=item.situation.words)
    with np.errstate(invalid="ignore"):
        difference = np.where(item.judged, np.abs(item.given - item.expected), -1)
    scale = max(
        np.abs(item.expected).max(initial=0), np.abs(np.where(item.judged, item.given, 0)).max(initial=0)
    )
    error = float(difference.max(initial=0) / scale) if scale else 0.0
    worst = None
    if item.judged.any():
        index = tuple(int(i) for i in np.unravel_index(np.argmax(difference), difference.shape))
        worst = Worst(index, float(item.given[index]), float(item.expected[index]))
    return Comparison(
        item.name,
        item.expected.shape,
        "right" if item.right else "wrong",
        error,
        worst,
        item.given,
        item.expected,
        item.tolerance,
        ~item.judged if not item.judged.all() else None,
        item.situation.words,
    )
