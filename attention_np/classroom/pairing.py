"""How a backward function belongs to its forward function, so that it can be held against a learner's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..functional._checks import Array

Options = Mapping[str, Any]
Arguments = Mapping[str, Any]


class ForwardCase(NamedTuple):
    """Few numbers with which a forward function is called: arguments in order, options by name."""

    arguments: Arguments
    options: Options


@dataclass(frozen=True)
class Pairing:
    """A backward exercise's forward function.

    Attributes
    ----------
    forward : str
        Its name.
    reference : callable
        The right one.
    cases : callable
        Gives small cases, all lengths different.
    backward : callable
        Gives the backward function's arguments from those of the forward function, its result, and the upstream.
    is_loss : bool
        Whether the result is the end of the line, so that there is no upstream.
    """

    forward: str
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Iterator[ForwardCase]]
    backward: Callable[[Arguments, Array, Array], Arguments]
    is_loss: bool = False
