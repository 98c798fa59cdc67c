"""Which student of the roster handed in what, however the platform spelt the name."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from .handed_in import HandedIn
from .lists import Enrolled


class Person(NamedTuple):
    """A student, and what was handed in.

    Attributes
    ----------
    id : str
        Of the roster; "" where there is none.
    name : str
        Of the roster, else of the file or folder.
    email : str
        Of the roster.
    handed_in : HandedIn or None
        None if nothing was.
    """

    id: str
    name: str
    email: str
    handed_in: HandedIn | None

    @property
    def key(self) -> str:
        """What a student's cases are drawn from: the roster's id, else the platform's number, else the name."""
        return self.id or (self.handed_in.number if self.handed_in else "") or self.name


def without_roster(students: Sequence[HandedIn]) -> list[Person]:
    """Everybody by the names of the files; two of one name are told apart by the platform's numbers, else by folders."""
    names = Counter(student.student for student in students)
    labelled = [
        f"{one.student} ({one.number or PurePath(one.home).name})" if names[one.student] > 1 else one.student
        for one in students
    ]
    still = Counter(labelled)
    return [
        Person("", f"{one.student} ({one.shown})" if still[label] > 1 else label, "", one)
        for one, label in zip(students, labelled, strict=True)
    ]


def by_roster(students: Sequence[HandedIn], roster: Sequence[Enrolled]) -> tuple[list[Person], list[str]]:
    """Everybody on the roster in its order, then who is not on it; and sentences for the teacher."""
    known: dict[str, list[Enrolled]] = defaultdict(list)
    for enrolled in roster:
        for spelling in _spellings_of(enrolled):
            known[spelling].append(enrolled)
    taken: dict[str, HandedIn] = {}
    others, remarks = [], []
    for student in students:
        candidates = known.get(student.number) if student.number else None
        candidates = candidates or known.get(student.student.casefold()) or known.get(_letters(student.student)) or []
        if len(candidates) == 1 and candidates[0].id not in taken:
            taken[candidates[0].id] = student
            continue
        others.append(student)
        if not candidates:
            remarks.append(f"{student.student} is not on the roster ({student.shown}).")
        elif len(candidates) > 1:
            could_be = " or ".join(one.id for one in candidates)
            remarks.append(f"{student.student} may be {could_be} on the roster ({student.shown}): name the file by the id.")
        else:
            remarks.append(f"{student.student} handed in twice under two names ({student.shown}): put all into one folder.")
    people = [Person(*enrolled, taken.get(enrolled.id)) for enrolled in roster]
    return [*people, *without_roster(others)], remarks


def _spellings_of(enrolled: Enrolled) -> set[str]:
    """The id, the address, and the name with its last or its first word in front, as platforms write it."""
    words = [_letters(word) for word in re.split(r"[\s,]+", enrolled.name)]
    names = {"".join(words), "".join([*words[1:], words[0]]), "".join([words[-1], *words[:-1]])}
    return {spelling for spelling in {enrolled.id.casefold(), enrolled.email.casefold(), *names} if spelling}


def _letters(text: str) -> str:
    """Small letters and digits without accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in apart if character.isalnum())
