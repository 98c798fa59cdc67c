"""How a wrong (or unusual and right) implementation is written down, with what the checker should say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Implementation = Callable[..., Any]


class Mutant(NamedTuple):
    """An implementation of the public function `function`; `codes` is empty where it is right.

    Where several codes are given, each is a fair name of the mistake. `result` names the gradient that is wrong, as the
    contract does ("d_keys"); None where it is all of them, or where the function has one result.
    """

    function: str
    implementation: Implementation
    codes: frozenset[str]
    result: str | None

    @property
    def name(self) -> str:
        return f"{self.function}: {self.implementation.__name__}"


class Catalogue(list[Mutant]):
    """The mutants of one file, in order; its methods are the decorators that fill it."""

    def wrong(
        self, function: str, *codes: str, result: str | None = None
    ) -> Callable[[Implementation], Implementation]:
        """A mistake, and the codes that name it."""

        def add(implementation: Implementation) -> Implementation:
            self.append(Mutant(function, implementation, frozenset(codes), result))
            return implementation

        return add

    def right(self, function: str) -> Callable[[Implementation], Implementation]:
        """A right implementation in some unusual style."""
        return self.wrong(function)
