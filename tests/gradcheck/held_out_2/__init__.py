"""A second set kept aside until the end: wrong and right implementations not seen by whoever wrote the diagnosis."""

from __future__ import annotations

from ..mutant import Mutant
from . import backwards_1, backwards_2, backwards_3, forwards, right

CATALOGUE: list[Mutant] = [
    *backwards_1.catalogue,
    *backwards_2.catalogue,
    *backwards_3.catalogue,
    *forwards.catalogue,
    *right.catalogue,
]
