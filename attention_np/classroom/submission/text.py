"""From a file's bytes to its text, whatever wrote them."""

from __future__ import annotations

import codecs
import io
import os
import stat
import tokenize
from pathlib import Path

MOST_BYTES = {".py": 2**20, ".ipynb": 2**25}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(32, 127))


def read_bytes(path: Path) -> bytes:
    """The content of a regular file of a bounded size; ValueError says in one sentence why there is none."""
    suffix = path.suffix.lower()
    if suffix not in MOST_BYTES:
        raise ValueError(f"{path.name}: expected a .py or .ipynb file, got '{suffix}'")
    try:
        kind = os.lstat(path).st_mode
        if stat.S_ISLNK(kind):
            raise ValueError(f"{path.name}: expected a file, got a symbolic link; hand in the file itself")
        if not stat.S_ISREG(kind):
            found = "a folder" if stat.S_ISDIR(kind) else "something else"
            raise ValueError(f"{path.name}: expected a file, got {found}")
        # The file may have been exchanged since: no link is followed, and nothing waits for a pipe's other end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError(f"{path.name}: expected a file, got something else")
            data = file.read(MOST_BYTES[suffix] + 1)
    except OSError as error:
        raise ValueError(f"{path.name}: expected a file that can be read, got: {error.strerror}") from error
    if len(data) > MOST_BYTES[suffix]:
        raise ValueError(f"{path.name}: expected at most {MOST_BYTES[suffix]} bytes, got more")
    return data


def decode(data: bytes, name: str) -> tuple[str, list[str]]:
    """The text, its lines ending in newlines, and what a student should know of how it was read."""
    text, remarks = _decoded(data)
    if "\0" in text:
        raise ValueError(f"{name}: expected text, got a null byte; save it again as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _decoded(data: bytes) -> tuple[str, list[str]]:
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None) or _declared(data)
    if encoding is not None:
        try:
            return data.decode(encoding), []
        except UnicodeError:
            pass
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), ["The file is not UTF-8; it was read as Latin-1. Save it as UTF-8."]


def _declared(data: bytes) -> str | None:
    """The encoding that the file's first lines name, where it agrees with ASCII: others are codes, not encodings."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return encoding if _ASCII.decode("ascii").encode(encoding) == _ASCII else None
    except (SyntaxError, LookupError, UnicodeError):
        return None
