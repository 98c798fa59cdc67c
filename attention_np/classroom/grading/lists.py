"""The teacher's own lists, read from CSV files: the roster, and corrections by hand."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .names import plain


class Enrolled(NamedTuple):
    """A student on the roster."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True)
class Correction:
    """Points that the teacher gives in the grader's place, and why.

    Attributes
    ----------
    student : str
        A student's name or id.
    exercise : str
    points : float
    reason : str
    """

    student: str
    exercise: str
    points: float
    reason: str


def read_roster(path: Path) -> tuple[Enrolled, ...]:
    """Read a roster with the columns id, name and, if you like, email.

    Raises
    ------
    ValueError
        If it is no such file, or an id is missing or there twice; one sentence.
    """
    roster: dict[str, Enrolled] = {}
    for line, row in _rows(path, "--roster", ("id", "name")):
        student = Enrolled(row["id"], plain(row["name"]), row.get("email", ""))
        if not student.id or not row["name"]:
            raise ValueError(f"--roster: {path}, line {line}: expected an id and a name, got {list(row.values())}")
        if student.id in roster:
            raise ValueError(f"--roster: {path}, line {line}: expected each id once, got {student.id} again")
        roster[student.id] = student
    if not roster:
        raise ValueError(f"--roster: expected at least one student, found none in {path}")
    return tuple(roster.values())


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """Read corrections with the columns student, exercise, points and reason.

    Raises
    ------
    ValueError
        If it is no such file, or points are no number from 0 on, or a reason is missing; one sentence.
    """
    corrections = []
    for line, row in _rows(path, "--corrections", ("student", "exercise", "points", "reason")):
        try:
            points = float(row["points"].replace(",", "."))
        except ValueError:
            points = math.nan
        if not 0 <= points < math.inf:
            raise ValueError(f"--corrections: {path}, line {line}: points: expected a number from 0, got {row['points']!r}")
        if not row["reason"]:
            raise ValueError(f"--corrections: {path}, line {line}: reason: expected why, got nothing; the student reads it")
        corrections.append(Correction(row["student"], row["exercise"], points, row["reason"]))
    return tuple(corrections)


def _rows(path: Path, option: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that is not empty, with the number of its line; columns may stand in any order, and others beside them."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{option}: expected a CSV file in UTF-8, got {path}: {error}") from error
    first = text.partition("\n")[0]
    # Where a comma stands in numbers, spreadsheets separate by semicolons.
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if missing := [column for column in columns if column not in names]:
            raise ValueError(f"{option}: {path}: expected columns {', '.join(columns)}; {', '.join(missing)} is missing")
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = [cell.strip() for cell in row] + [""] * (len(names) - len(row))
                yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise ValueError(f"{option}: {path}, line {reader.line_num}: {error}") from error
