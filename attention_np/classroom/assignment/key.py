"""The teacher's key, ``DIR/teacher/assignment.json``: what was handed out, and the secret behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..catalogue import chosen_from, exercises
from ..own import own_exercises
from .assignment import Assignment
from .variation import with_contract

VERSION = 1
TEACHER = "teacher"
OWN = "exercises"
"""The folder, beside the key, of copies of the teacher's own exercises."""

SECRET_BYTES = 32


@dataclass(frozen=True)
class Key:
    """What ``assignment.json`` holds.

    Attributes
    ----------
    title : str
    exercises : tuple of str
        Their names, in order.
    own : bool
        Whether they are the teacher's own, of which there are copies beside the key.
    contracts : mapping
        From the names of those that are varied to how, in short: a later version may choose otherwise.
    secret : bytes
    due : datetime or None
    """

    title: str
    exercises: tuple[str, ...]
    own: bool
    contracts: Mapping[str, str]
    secret: bytes
    due: datetime | None


def key_file(folder: Path) -> Path:
    """Where the key of an assignment lies."""
    return Path(folder) / TEACHER / "assignment.json"


def load_assignment(folder: str | Path) -> Assignment:
    """An assignment that ``attention-np assignment new`` made.

    Parameters
    ----------
    folder : str or Path
        The assignment's, with ``teacher/assignment.json`` in it.

    Raises
    ------
    ValueError
        If there is no key, or it is none that this version can read; one sentence.
    """
    file = key_file(Path(folder))
    return assignment_of(read_key(file), file.parent)


def assignment_of(key: Key, teacher: Path) -> Assignment:
    """The assignment of a key that lies in a folder."""
    offered = own_exercises(teacher / OWN) if key.own else exercises()
    usual = tuple(chosen_from(offered, name) for name in key.exercises)
    handed_out = tuple(
        with_contract(one, key.contracts[one.name]) if one.name in key.contracts else one for one in usual
    )
    return Assignment(key.title, handed_out, key.secret, key.due, usual)


def write_key(file: Path, key: Key) -> None:
    """Write it so that nobody but its owner can read it."""
    content = {
        "version": VERSION,
        "title": key.title,
        "exercises": list(key.exercises),
        "own": key.own,
        "contracts": dict(key.contracts),
        "secret": key.secret.hex(),
        "due": key.due.isoformat() if key.due else None,
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as opened:
        json.dump(content, opened, indent=2, ensure_ascii=False)
        opened.write("\n")


def read_key(file: Path) -> Key:
    """Read a key, and see that it is whole.

    Raises
    ------
    ValueError
        If it is not.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"assignment: there is no {file}; make one with: attention-np assignment new DIR --exercises A,B"
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: expected JSON, got what is none: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file}: expected an object, got {type(content).__name__}")
    version = content.pop("version", None)
    if version != VERSION:
        raise ValueError(f"{file}: expected version {VERSION}, got {version!r}; a newer attention-np may read it")
    fields = {name: _field(file, content, name) for name in _KINDS}
    if left := sorted(content.keys() - _KINDS.keys()):
        raise ValueError(f"{file}: expected {', '.join(_KINDS)}, got {', '.join(left)} besides")
    if strange := sorted(fields["contracts"].keys() - set(fields["exercises"])):
        raise ValueError(f"{file}: contracts: expected names of its exercises, got {', '.join(strange)}")
    return Key(**fields)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError
    if len(set(value)) < len(value):
        raise ValueError
    return tuple(value)


def _contracts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError
    return value


def _secret(value: Any) -> bytes:
    secret = bytes.fromhex(value)
    if len(secret) != SECRET_BYTES:
        raise ValueError
    return secret


def _due(value: Any) -> datetime | None:
    if value is None:
        return None
    due = datetime.fromisoformat(value)
    if due.tzinfo is None:
        raise ValueError
    return due


def _exactly(kind: type) -> Any:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError
        return value

    return read


_KINDS = {
    "title": (_exactly(str), "a string"),
    "exercises": (_names, "a list of names, each once"),
    "own": (_exactly(bool), "true or false"),
    "contracts": (_contracts, "an object from names to contracts, each in a string"),
    "secret": (_secret, f"{2 * SECRET_BYTES} hexadecimal digits"),
    "due": (_due, "null, or a date and time with its time zone as in 2026-12-01T23:59:00+01:00"),
}


def _field(file: Path, content: dict[str, Any], name: str) -> Any:
    read, expected = _KINDS[name]
    if name not in content:
        raise ValueError(f"{file}: {name} is missing; expected {expected}")
    try:
        return read(content[name])
    except (ValueError, TypeError):
        # The secret itself must not stand in a message.
        got = "something else" if name == "secret" else repr(content[name])
        raise ValueError(f"{file}: {name}: expected {expected}, got {got}") from None
