"""Exercises cut from the package, checked at once, graded safely.

In a notebook, ``%load_ext attention_np.classroom`` brings the cell magic ``%%check NAME``.
"""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext attention_np.classroom``."""
    from .magic import register

    register(shell)


def check_points(name: str) -> int:
    """The points of the last ``%%check NAME`` in this notebook, as the value of a cell that nbgrader grades."""
    from .magic import points_of

    return points_of(name)
