"""Implementations that nobody looked at while the diagnosis was written: wrong ones with their codes, and right ones."""

from __future__ import annotations

from ..mutant import Mutant
from . import backwards_1, backwards_2, backwards_3, backwards_4, backwards_5, forwards, right_1, right_2

CATALOGUE: list[Mutant] = [
    mutant
    for module in (backwards_1, backwards_2, backwards_3, backwards_4, backwards_5, forwards, right_1, right_2)
    for mutant in module.catalogue
]
