"""How a known mistake is written down: the wrong formula itself, its code, and what to say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Formula = Callable[..., Any]


class Mistake(NamedTuple):
    """A wrong formula of one result of one function.

    Attributes
    ----------
    function : str
        The public function that it gets wrong, as ``softmax_backward``.
    result : str
        The result that comes out wrong: ``d_scores``; ``output`` for a forward function.
    code : str
        One of `CODES`.
    formula : callable
        Takes the arguments of `function`, options included, and gives the wrong array: what a learner gets who makes
        this mistake and no other, NaN where they get NaN. Where the learner's own line would fail for want of
        fitting shapes it raises too, and where the mistake has no effect it gives what is right. It may overflow or
        divide by zero, as they do; the caller silences NumPy's warnings.
    message : str
        What the learner computed, in the equation's symbols; one sentence, with its full stop, that goes on after
        "d_scores: ".
    hint : str
        A question or a remark that leads to the mistake without giving the line away.
    """

    function: str
    result: str
    code: str
    formula: Formula
    message: str
    hint: str


class Terms(NamedTuple):
    """The true formula of one result, cut into the terms of its sum.

    A learner's result is held against them one by one: a coefficient 0 is a dropped term, -1 a flipped sign, 2 a term
    counted twice.

    Attributes
    ----------
    function, result : str
        As for a `Mistake`.
    formula : callable
        Takes the arguments of `function` and gives a dictionary from a term's name, as a message would print it
        (``"−p Σ p dp (the softmax's mean)"``), to its array, of the result's shape; their sum is the true result.
    """

    function: str
    result: str
    formula: Callable[..., dict[str, Any]]


class Mistakes:
    """The known mistakes of one file; its methods are the decorators that fill it."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.terms: list[Terms] = []

    def mistake(
        self, function: str, result: str, code: str, message: str, hint: str
    ) -> Callable[[Formula], Formula]:
        """Write down a wrong formula; the arguments are the fields of `Mistake`."""

        def add(formula: Formula) -> Formula:
            self.mistakes.append(Mistake(function, result, code, formula, message, hint))
            return formula

        return add

    def sum_of(self, function: str, result: str) -> Callable[[Formula], Formula]:
        """Write down the terms of a right formula."""

        def add(formula: Formula) -> Formula:
            self.terms.append(Terms(function, result, formula))
            return formula

        return add
