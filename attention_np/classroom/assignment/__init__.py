"""Assignments: exercises handed out together, their contract varied from a secret, and the teacher's key to them."""

from __future__ import annotations

from .assignment import Assignment
from .key import load_assignment

__all__ = ["Assignment", "load_assignment"]
