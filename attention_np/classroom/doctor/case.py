"""A case of the suite: something that is handed in, and what must come of it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import NamedTuple

EXERCISE = "context"
"""The exercise that all cases hand something in for: its answer is one line, so whoever finds it has all points."""

FENCES = ("audit", "limits", "user", "landlock", "namespaces", "seccomp", "small folder")
"""What may stand between a submission and the machine: the audit hook, limits of resources, a user of its own, and the kernel's
walls; each level of isolation is a set of them."""

_ATTACK = """\
import numpy as np


def attack(weights, values):
{body}


def context(weights, values):
    try:
        loot = attack(weights, values)
    except Exception as problem:
        print(repr(problem))
        loot = None
    return np.zeros(1) if loot is None else loot
"""


class Expected(NamedTuple):
    """What must come of a case behind some fences.

    Attributes
    ----------
    verdicts : tuple of str
        One of them; "refused" where the file is not even read.
    stopped : bool
        Whether it must have got nothing; else it is known to get through.
    told : bool
        Whether the teacher must be told of tampering.
    """

    verdicts: tuple[str, ...]
    stopped: bool
    told: bool


@dataclass(frozen=True)
class Case:
    """Something that is handed in.

    Attributes
    ----------
    name : str
    tries : str
        In words for a teacher: what it tries, or what is unlucky in it.
    source : str or bytes
        Words between at signs stand for what `Canaries.filled` puts there.
    verdicts : tuple of str
        What it comes to where it is stopped.
    own : tuple of str
        The same on one's own machine, without isolation; empty: it is not tried there.
    stopped_by : frozenset of str
        Fences of which any one stops it; empty: it gets nothing anywhere, since there is nothing to get.
    through : tuple of str
        What it comes to where none of them stands; empty: it is not tried there, as it would do harm.
    seconds : float
        That its calls may take together.
    file : str
        Its name.
    honest : bool
        Whether it must have the points of a right answer.
    link : bool
        Whether what is handed in is a link to the path that `source` names.
    """

    name: str
    tries: str
    source: str | bytes
    verdicts: tuple[str, ...]
    own: tuple[str, ...] = ()
    stopped_by: frozenset[str] = frozenset()
    through: tuple[str, ...] = ()
    seconds: float = 20.0
    file: str = "mine.py"
    honest: bool = False
    link: bool = False

    def expected(self, fences: frozenset[str]) -> Expected | None:
        """What must come of it behind `fences`; None where it must not be tried."""
        if self.stopped_by and not self.stopped_by & fences:
            return Expected(self.through, False, False) if self.through else None
        if "audit" in fences:
            return Expected(self.verdicts, True, self.verdicts == ("tampered",))
        return Expected(self.own, True, False) if self.own else None


def hostile(
    name: str,
    tries: str,
    attack: str,
    verdicts: str,
    *,
    own: str = "",
    stopped_by: str = "",
    through: str = "",
    seconds: float = 20.0,
    helpers: str = "",
) -> Case:
    """A case whose function returns what ``attack(weights, values)`` gives, and nothing of use if that is None."""
    source = _ATTACK.format(body=textwrap.indent(textwrap.dedent(attack).strip(), "    "))
    return _case(name, tries, helpers + source, verdicts, own, stopped_by, through, seconds)


def whole(
    name: str,
    tries: str,
    source: str,
    verdicts: str,
    *,
    own: str = "",
    stopped_by: str = "",
    through: str = "",
    seconds: float = 20.0,
) -> Case:
    """A hostile case that writes all of its file itself."""
    return _case(name, tries, textwrap.dedent(source).lstrip(), verdicts, own, stopped_by, through, seconds)


def honest(name: str, unlucky: str, source: str | bytes, *, file: str = "mine.py") -> Case:
    """A case that must have all its points, on every level."""
    text = textwrap.dedent(source).lstrip("\n") if isinstance(source, str) else source
    return Case(name, unlucky, text, ("pass",), ("pass",), file=file, honest=True)


def _case(
    name: str, tries: str, source: str, verdicts: str, own: str, stopped_by: str, through: str, seconds: float
) -> Case:
    fences = frozenset(fence.strip() for fence in stopped_by.split(",") if fence)
    assert fences <= set(FENCES), name
    return Case(
        name, tries, source, tuple(verdicts.split()), tuple(own.split()), fences, tuple(through.split()), seconds
    )
