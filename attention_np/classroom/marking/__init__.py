"""From what a learner's function gave to a mark: a verdict, points by group of cases, and what is wrong, in words."""

from __future__ import annotations

from .failing import Failing, Steps
from .live import mark_live
from .mark import GroupMark, Mark, Verdict
from .marking import mark

__all__ = ["Failing", "GroupMark", "Mark", "Steps", "Verdict", "mark", "mark_live"]
