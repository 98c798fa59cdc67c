"""Grades what a class handed in: whose it is, what it comes to, what is kept, and what is alike."""

from __future__ import annotations

from .batch import grade, without_assignment
from .corrections import corrected
from .handed_in import Found, HandedIn, find
from .kept import Kept
from .lists import Correction, Enrolled, read_corrections, read_roster
from .mistakes import Common, common_mistakes
from .people import Person, by_roster, without_roster
from .result import Class, Graded, Likeness, Result

__all__ = [
    "Class",
    "Common",
    "Correction",
    "Enrolled",
    "Found",
    "Graded",
    "HandedIn",
    "Kept",
    "Likeness",
    "Person",
    "Result",
    "by_roster",
    "common_mistakes",
    "corrected",
    "find",
    "grade",
    "read_corrections",
    "read_roster",
    "without_assignment",
    "without_roster",
]
