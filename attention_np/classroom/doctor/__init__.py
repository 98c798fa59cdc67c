"""A suite of hostile submissions and of unlucky honest ones, and what this machine makes of each."""

from __future__ import annotations

from .case import Case, Expected
from .examine import Outcome, examine_all, fences_here, weaker
from .families import FAMILIES

__all__ = ["FAMILIES", "Case", "Expected", "Outcome", "examine_all", "fences_here", "weaker"]
