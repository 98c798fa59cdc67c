"""Whose a file or folder is, by its name: as Moodle and Canvas name what a teacher downloads, or as the student did."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
_CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>late_)?(?P<number>\d+)_\d+_.+?(?:-(?P<attempt>\d+))?(?:\.\w+)?", re.DOTALL | re.IGNORECASE
)
_UNWRITABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Whose(NamedTuple):
    """What a name says.

    Attributes
    ----------
    student : str
        The student's name, in one line and without what only steers a terminal.
    number : str
        The platform's number of the student; empty where the name holds none.
    late : bool
        Whether the platform says that it came late.
    attempt : int
        Of several files of one name the later one has the larger number.
    platform : bool
        Whether a platform made the name.
    """

    student: str
    number: str = ""
    late: bool = False
    attempt: int = 0
    platform: bool = False


def whose(name: str, *, folder: bool = False) -> Whose:
    """Read the name of a file or a folder.

    Parameters
    ----------
    name : str
        Without the folders above it.
    folder : bool
        A folder's name has no suffix.
    """
    if found := _MOODLE.fullmatch(name):
        number = found["number"]
        # With hidden names everybody is called Participant.
        student = f"Participant {number}" if found["name"].casefold() == "participant" else found["name"]
        return Whose(plain(student.replace("_", " ")), number, platform=True)
    if not folder and (found := _CANVAS.fullmatch(name)):
        return Whose(plain(found["name"]), found["number"], bool(found["late"]), int(found["attempt"] or 0), True)
    stem = name if folder else name.rpartition(".")[0] or name
    return Whose(plain(stem))


def plain(text: str) -> str:
    """One line of composed characters, none of which is invisible or steers a terminal."""
    composed = unicodedata.normalize("NFC", text)
    kept = (" " if character.isspace() else "\ufffd" if _unwritable(character) else character for character in composed)
    return " ".join("".join(kept).split()) or "(no name)"


def _unwritable(character: str) -> bool:
    return unicodedata.category(character) in _UNWRITABLE
