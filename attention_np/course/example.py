"""The running example of the course: "The bank by the river lends." What do "water" and "money" find in it?

Three words are read (the sources) and two words ask (the targets), each an arrow in the plane, so that it can be drawn. A
river is much like water and unlike money, a loan the other way round, and "bank" lies between them, for it is both. Lengths
and angles differ, and no two arrays are alike, so that a wrong axis or a wrong operand shows.
"""

from __future__ import annotations

import numpy as np

from ..functional._checks import Array

sources = ("river", "bank", "loan")
"""The words that are read, i = 1..3: each has a key and a value."""

targets = ("water", "money")
"""The words that ask, j = 1..2: each has a query."""


def _fixed(*rows: tuple[float, float]) -> Array:
    """An array that no cell changes by accident, since every later cell counts on it."""
    array = np.array(rows)
    array.setflags(write=False)
    return array


queries = _fixed((1.2, -0.5), (-0.6, 0.8))
"""The targets w_j, shape (2, 2), of lengths 1.3 and 1."""

keys = _fixed((2.4, 0.7), (1.2, 1.6), (-0.5, 1.5))
"""The sources as they are compared, shape (3, 2), of lengths 2.5, 2 and 1.58."""

values = _fixed((1.9, 0.3), (0.7, 1.8), (-1.2, -0.6))
"""The sources as they are mixed, shape (3, 2)."""
