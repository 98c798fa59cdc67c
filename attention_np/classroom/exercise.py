"""What an exercise is: a function to write, the situations it is tried in, and what is known of how it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..gradcheck.catalogue.mistake import Mistake
from ..gradcheck.evidence import Situation
from ..gradcheck.judge import Subject
from .pairing import Pairing

Draw = Callable[[Collection[str] | None, np.random.Generator], Iterator[Situation]]
"""From the names of the arguments that a function takes (None: any) to the situations in which it is called."""

LARGE_ARRAYS = "large arrays"
"""The feature of a case that takes long: it comes behind all others, and is called once, not twice."""


@dataclass(frozen=True)
class Group:
    """Some of an exercise's situations, and the points for having all of them right.

    Attributes
    ----------
    name : str
        What a report calls it: "ordinary arrays", "batches", "masks", "zero vectors and large scores".
    points : int
        At least 1.
    holds : callable
        Whether a situation belongs to it; each situation belongs to the first group that holds it.
    """

    name: str
    points: int
    holds: Callable[[Situation], bool]


@dataclass(frozen=True)
class Exercise:
    """A function to be written by a learner.

    Attributes
    ----------
    name : str
        The function's name, by which it is found in what is handed in.
    title, topic : str
        A line each, for the catalogue.
    difficulty : int
        From 1 to 5.
    minutes : int
        For somebody who has read the notebook.
    statement : str
        Markdown: what to compute, the equation, the shapes.
    example : mapping
        The arguments of a worked example of about 2 × 2 numbers; its result is computed by the reference, never typed.
    hints : tuple of str
        Three, from a nudge to nearly the line itself.
    groups : tuple of Group
        Together they hold every situation.
    blank : str
        Source of what is handed out: signature, docstring, and ``raise NotImplementedError``; or, where a mistake is to be
        found, the wrong code.
    solution : str
        Source of the right function, with all that it needs but NumPy.
    notebook : str
        The number of the notebook that teaches it, as "06".
    subject : Subject
        Its reference: the right function in this process.
    draw : Draw
    mistakes : tuple of Mistake
        Named wrong variants: each loses marks, and is named.
    driver : str
        Source of a public function ``drive(function, *arguments, **options)``, where the function under check takes what is
        no array (another function, say); empty where it is called as it is.
    pairing : Pairing or None
        Of a backward function, where it can be held against a learner's own forward function.
    """

    name: str
    title: str
    topic: str
    difficulty: int
    minutes: int
    statement: str
    example: Mapping[str, Any]
    hints: tuple[str, str, str]
    groups: tuple[Group, ...]
    blank: str
    solution: str
    notebook: str
    subject: Subject
    draw: Draw
    mistakes: tuple[Mistake, ...]
    driver: str = ""
    pairing: Pairing | None = None

    @property
    def points(self) -> int:
        """Of all groups together."""
        return sum(group.points for group in self.groups)

    def group_of(self, situation: Situation) -> Group:
        """The first group that holds it."""
        return next(group for group in self.groups if group.holds(situation))
