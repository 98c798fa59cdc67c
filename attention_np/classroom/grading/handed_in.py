"""What was handed in, student by student: found below the given files and folders, and read, never run."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..submission import Submission, read_submission
from ..submission.text import MOST_BYTES
from .archive import unpack
from .names import Whose, plain, whose

ARCHIVE = ".zip"
_SKIPPED = {"__MACOSX", "__pycache__"}
_DEEPEST = 12
_MOST_FILES = 1000


class Read(NamedTuple):
    """A file that was handed in and could be read.

    Attributes
    ----------
    shown : str
        Its path within what the student handed in.
    submission : Submission
    time : float
        When it was last changed, in seconds of the epoch.
    whose : Whose
    """

    shown: str
    submission: Submission
    time: float
    whose: Whose


@dataclass
class HandedIn:
    """All that one student handed in.

    Attributes
    ----------
    student : str
        The name.
    number : str
        A platform's number of the student, or "".
    shown : str
        The file, folder or archive, as a person knows it.
    home : str
        The folder that it lies in, by which two of one name are told apart; "" if a platform named the student.
    files : list of Read
        The latest first.
    notes : list of str
        Sentences for the student: what could not be read, and what was read in its own way.
    broken : bool
        Whether reading failed by a mistake of the grader's.
    """

    student: str
    number: str
    shown: str
    home: str = ""
    files: list[Read] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: bool = False


@dataclass
class Found:
    """The students' work, and what was left out, in sentences for the teacher."""

    students: list[HandedIn]
    left_out: list[str]


def find(paths: Sequence[Path], exercises: Collection[str], students: Collection[str] = ()) -> Found:
    """Find and read all that was handed in below some paths.

    A file or an archive is one student's. A folder is a class: each file, archive and folder in it is one student's, and a
    folder there is so with all that is in it. A folder among `paths` is itself one student's if a platform named it so, if it
    has the name of one of `students`, or if it is one of several and no exercise is in two of its files.

    Parameters
    ----------
    paths : sequence of Path
    exercises : collection of str
        Their names, by which a class is told from a student.
    students : collection of str
        Names that are known, as from a roster.

    Raises
    ------
    ValueError
        If a path does not exist, or is nothing that can be handed in.
    """
    found = Found([], [])
    for path in paths:
        if path.is_dir():
            if _is_one_students(path, exercises, students, several=len(paths) > 1):
                _add(found, path)
                continue
            for entry in _entries(path, found.left_out):
                if entry.is_dir() or entry.suffix.lower() in (*MOST_BYTES, ARCHIVE):
                    _add(found, entry)
                else:
                    found.left_out.append(f"{plain(str(entry))} is no .py, .ipynb or .zip file, and was left out.")
        elif not path.exists():
            raise ValueError(f"FILES-OR-DIRS: there is no {path}")
        elif path.suffix.lower() not in (*MOST_BYTES, ARCHIVE):
            raise ValueError(f"FILES-OR-DIRS: expected .py, .ipynb or .zip files, or folders of them, got {path}")
        else:
            _add(found, path)
    for student in found.students:
        student.files.sort(key=lambda read: (read.whose.attempt, read.time, read.shown), reverse=True)
    return found


def _is_one_students(path: Path, exercises: Collection[str], students: Collection[str], *, several: bool) -> bool:
    name = path.resolve().name
    if whose(name, folder=True).platform or plain(name) in students:
        return True
    entries = list(_entries(path, []))
    if not several or any(entry.is_dir() or whose(entry.name).platform for entry in entries):
        return False
    seen: set[str] = set()
    for entry in entries:
        try:
            own = read_submission(entry).functions.keys() & set(exercises)
        except Exception:
            # Whatever it is, it is said when the file is read to be graded.
            continue
        if own & seen:
            return False
        seen |= own
    return True


def _add(found: Found, path: Path) -> None:
    """Read one student's file, folder or archive, and put it with what that student handed in already."""
    whole = path.resolve()
    named = whose(whole.name, folder=path.is_dir())
    if not named.platform and (above := whose(whole.parent.name, folder=True)).platform:
        named = above
    home = "" if named.platform else str(whole.parent)
    identity = (named.student, named.number, home)
    student = next((one for one in found.students if (one.student, one.number, one.home) == identity), None)
    if student is None:
        student = HandedIn(*identity[:2], plain(str(path)), home)
        found.students.append(student)
    before = len(student.files), len(student.notes)
    _read_all(student, path, path.name, named, found.left_out)
    if (len(student.files), len(student.notes)) == before:
        student.notes.append(f"There is no .py or .ipynb file in {plain(path.name)}.")


def _read_all(student: HandedIn, path: Path, shown: str, named: Whose, left_out: list[str]) -> None:
    if path.is_dir():
        for file in _files_below(path, left_out):
            _read_all(student, file, file.relative_to(path).as_posix(), _later_named(named, file.name), left_out)
    elif path.suffix.lower() == ARCHIVE:
        with tempfile.TemporaryDirectory(prefix="unpacked-") as folder:
            try:
                unpack(path, Path(folder))
            except ValueError as error:
                student.notes.append(plain(str(error)))
                return
            if any(whose(entry.name, folder=entry.is_dir()).platform for entry in Path(folder).iterdir()):
                student.notes.append(f"{plain(path.name)} holds a class as a platform packs it: unpack it, and give the folder.")
                return
            for file in _files_below(Path(folder), left_out):
                if file.suffix.lower() != ARCHIVE:
                    within = f"{shown}/{file.relative_to(folder).as_posix()}"
                    _read_all(student, file, within, _later_named(named, file.name), left_out)
    else:
        _read_one(student, path, shown, named)


def _later_named(named: Whose, name: str) -> Whose:
    """Whose a file in a student's folder is: the student's, late and the how-manieth by its own name."""
    own = whose(name)
    return named._replace(late=named.late or own.late, attempt=max(named.attempt, own.attempt))


def _read_one(student: HandedIn, path: Path, shown: str, named: Whose) -> None:
    try:
        submission = read_submission(path)
        student.files.append(Read(plain(shown), submission, path.stat().st_mtime, named))
        student.notes += [f"{plain(path.name)}: {plain(remark)}" for remark in submission.remarks]
    except (ValueError, OSError) as error:
        student.notes.append(plain(str(error)))
    except Exception as error:
        # Whatever one file does to the reader, it must not reach the others.
        student.broken = True
        student.notes.append(f"The grader failed to read {plain(path.name)}: {type(error).__name__}.")


def _files_below(folder: Path, left_out: list[str], depth: int = 0) -> Iterator[Path]:
    """The files that may be handed in, in the order of their names."""
    count = 0
    for entry in _entries(folder, left_out):
        if entry.is_dir():
            if depth == _DEEPEST:
                left_out.append(f"{plain(str(entry))} lies too deep, and was left out.")
                continue
            yield from _files_below(entry, left_out, depth + 1)
        elif entry.suffix.lower() in (*MOST_BYTES, ARCHIVE):
            count += 1
            if count > _MOST_FILES:
                left_out.append(f"{plain(str(folder))} holds more than {_MOST_FILES} files; the rest was left out.")
                return
            yield entry


def _entries(folder: Path, left_out: list[str]) -> Iterator[Path]:
    """What lies in a folder, neither hidden nor a link: a link may lead anywhere, to another student's work or the key."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        left_out.append(f"{plain(str(folder))} could not be opened: {error.strerror}.")
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        kind = os.lstat(entry).st_mode
        if stat.S_ISLNK(kind):
            left_out.append(f"{plain(str(entry))} is a symbolic link, and was not followed.")
        elif stat.S_ISDIR(kind) or stat.S_ISREG(kind):
            yield entry
