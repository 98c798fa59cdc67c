"""A zip archive that somebody handed in: the Python files and notebooks in it, or one sentence on why it is refused."""

from __future__ import annotations

import os
import re
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..submission.text import MOST_BYTES

_MOST_PACKED = 2**26
_MOST_UNPACKED = 2**26
_MOST_DIRECTORY = 2**20
_MOST_FILES = 1000
_MOST_RATIO = 200
_SMALL = 2**16
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_LONGEST_END = 22 + 2**16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")


def unpack(archive: Path, folder: Path) -> None:
    """Write the .py and .ipynb files of `archive` below `folder`, with their times; all else in it stays packed.

    Raises
    ------
    ValueError
        If the archive is damaged, too large, or leads out of the folder; then it counts as a whole for nothing.
    """
    name = archive.name
    try:
        if not stat.S_ISREG(os.lstat(archive).st_mode):
            raise ValueError(f"{name}: expected a file, got something else")
        if archive.stat().st_size > _MOST_PACKED:
            raise ValueError(f"{name}: expected at most {_MOST_PACKED} bytes, got more")
        _refuse_a_large_directory(archive)
        with zipfile.ZipFile(archive) as opened:
            wanted = list(_wanted(opened, name))
            left = _MOST_UNPACKED
            for entry, parts in wanted:
                most = min(left, MOST_BYTES[PurePosixPath(parts[-1]).suffix.lower()])
                with opened.open(entry) as packed:
                    data = packed.read(most + 1)
                if len(data) > most:
                    raise ValueError(f"{name}: expected at most {most} bytes in {parts[-1]}, got more")
                left -= len(data)
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                _set_time(target, entry)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, UnicodeError) as error:
        raise ValueError(f"{name}: expected a zip archive that can be read, got: {error}") from error
    except Exception as error:
        # What zlib raises has no public name of its own.
        if type(error).__module__ != "zlib":
            raise
        raise ValueError(f"{name}: expected a zip archive that can be read, got: {error}") from error


def _wanted(opened: zipfile.ZipFile, name: str) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """The entries to unpack and the parts of their paths; a single entry that is up to something spoils all."""
    count = 0
    for entry in opened.infolist():
        parts = PurePosixPath(entry.filename).parts
        if not parts or entry.is_dir():
            continue
        if "\\" in entry.filename or parts[0] == "/" or ".." in parts or _DRIVE.match(parts[0]):
            raise ValueError(f"{name}: expected files of its own, got one that leads out of it: {entry.filename[:80]!r}")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ValueError(f"{name}: expected files, got a symbolic link: {entry.filename[:80]!r}")
        if PurePosixPath(parts[-1]).suffix.lower() not in MOST_BYTES:
            continue
        count += 1
        if count > _MOST_FILES:
            raise ValueError(f"{name}: expected at most {_MOST_FILES} files, got more")
        if entry.flag_bits & 1:
            raise ValueError(f"{name}: expected files without a password, got one with: {entry.filename[:80]!r}")
        if entry.compress_type not in _METHODS:
            raise ValueError(f"{name}: expected files that are stored or deflated, got another method")
        if entry.file_size > max(_SMALL, _MOST_RATIO * entry.compress_size):
            raise ValueError(f"{name}: expected files of at most {_MOST_RATIO} times their packed size, got more")
        yield entry, parts


def _refuse_a_large_directory(archive: Path) -> None:
    """The list of entries is read as a whole before any is looked at: its size is bounded first."""
    with open(archive, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_END - 20))
        tail = file.read()
    ends = [place.start() for place in re.finditer(re.escape(_END), tail)]
    sizes = [int.from_bytes(tail[end + 12 : end + 16], "little") for end in ends]
    if _END_64 in tail or any(size > _MOST_DIRECTORY for size in sizes):
        raise ValueError(f"{archive.name}: expected at most {_MOST_FILES} files, got more")


def _set_time(target: Path, entry: zipfile.ZipInfo) -> None:
    try:
        moment = time.mktime((*entry.date_time, 0, 0, -1))
        os.utime(target, (moment, moment))
    except (ValueError, OverflowError):
        # A date that does not exist: the file then counts as new.
        pass
