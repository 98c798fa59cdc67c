"""The result of a check: a verdict for each input, and diagnoses of what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..functional._checks import Array
from .diagnosis import Diagnosis


@dataclass(frozen=True)
class Worst:
    """The entry that is farthest off: where it is, what was given, and what is right."""

    index: tuple[int, ...]
    given: float
    expected: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """One row of a report: one gradient (or result) beside the true one.

    Attributes
    ----------
    name : str
        The input that the gradient belongs to, a parameter's dotted name, or "output" of a forward function.
    shape : tuple of int
        The shape that is right.
    verdict : str
        "right", "wrong" or "not judged".
    error : float
        The worst relative error: the largest difference in units of the largest number. NaN where nothing could
        be compared.
    worst : Worst or None
    given, expected : array or None
        Both gradients in full where they are known and of the same shape (of a large model they are not).
    tolerance : array or None
        By how much each entry may differ: the numerical derivative's own error, and 1e-9 of the scale.
    unjudged : boolean array or None
        True at entries without a derivative (kinks), which count neither way.
    case : str
        In which of several drawn cases this was seen ("a batch of three"); empty for inputs that were given.
    """

    name: str
    shape: tuple[int, ...]
    verdict: str
    error: float
    worst: Worst | None = None
    given: Array | None = None
    expected: Array | None = None
    tolerance: Array | None = None
    unjudged: Array | None = None
    case: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """What a check found.

    Attributes
    ----------
    subject : str
        The name of the function or layer that was checked.
    comparisons : tuple of Comparison
        One for each input.
    diagnoses : tuple of Diagnosis
        What is wrong, the likeliest explanation first; empty if all is right. A ``kink`` is no fault.
    """

    subject: str
    comparisons: tuple[Comparison, ...]
    diagnoses: tuple[Diagnosis, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return all(diagnosis.code == "kink" for diagnosis in self.diagnoses) and all(
            comparison.verdict != "wrong" for comparison in self.comparisons
        )

    @property
    def errors(self) -> dict[str, float]:
        """The worst relative error of each input."""
        return {comparison.name: comparison.error for comparison in self.comparisons}

    def raise_if_failed(self) -> None:
        """Raise an `AssertionError` with the whole report if something is wrong; for use in tests."""
        if not self.passed:
            raise AssertionError(f"{self.subject}: the gradient check failed\n{self}")

    def __str__(self) -> str:
        from .display.text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from .display.html import as_html

        return as_html(self)

    def plot(self, name: str | None = None) -> Any:
        """Draw given, true and difference side by side: of the input `name`, or of the one that is farthest off.

        Returns
        -------
        Figure
            Of Matplotlib, which is loaded by this call; nothing is shown or saved.

        Raises
        ------
        ValueError
            If there is no such input, or its arrays are not known in full.
        """
        from .display.picture import draw

        return draw(self, name)
