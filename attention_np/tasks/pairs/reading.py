"""Reading pairs from a file of two columns with a tab between them, whatever made the file."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..transducer import Symbols
from ..vocabulary import SPECIAL
from .units import split_units

BAD_ROWS = ("refuse", "skip")

# Unicode knows more ends of lines, which may stand inside a column.
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REPLACEMENT = "\ufffd"
_SHOWN = 5


class SymbolPair(NamedTuple):
    """A row: its two columns, cut into symbols, and its line, counted from 1."""

    source: Symbols
    target: Symbols
    line: int


class BadRow(NamedTuple):
    """A row that is no pair: its line, counted from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class PairFile:
    """What a file holds.

    Attributes
    ----------
    path : Path
    encoding : str
    pairs : list of SymbolPair
    bad : list of BadRow
    sha256 : str
        Of the file's bytes.
    """

    path: Path
    encoding: str
    pairs: list[SymbolPair]
    bad: list[BadRow]
    sha256: str

    @property
    def sources(self) -> list[Symbols]:
        """The first column."""
        return [pair.source for pair in self.pairs]

    @property
    def targets(self) -> list[Symbols]:
        """The second column."""
        return [pair.target for pair in self.pairs]

    def describe_bad(self, most: int = _SHOWN) -> str:
        """How many rows are bad, and which."""
        shown = "; ".join(f"line {row.line}: {row.reason}" for row in self.bad[:most])
        more = f"; and {len(self.bad) - most} more" if len(self.bad) > most else ""
        return f"{self.path}: {len(self.bad)} of {len(self.bad) + len(self.pairs)} rows are bad ({shown}{more})"


def read_pairs(
    path: Path,
    *,
    source_units: str = "characters",
    target_units: str = "characters",
    encoding: str | None = None,
    bad_rows: str = "refuse",
) -> PairFile:
    """Read a file of pairs.

    A row is a source, a tab and a target, without the blanks around either; a line ends with LF, CR LF or CR. A row is bad
    if it has another number of columns, a column is empty, its bytes are no text in the encoding, or it holds one of the
    names that a vocabulary needs for itself, as ``<pad>``.

    Parameters
    ----------
    path : Path
    source_units, target_units : {"characters", "words", "phones"}
        What the columns are cut into.
    encoding : str, optional
        Unless given, what a byte-order mark says (UTF-8, UTF-16, UTF-32), and UTF-8 without one.
    bad_rows : {"refuse", "skip"}
        Whether a bad row is an error, or left out and counted.

    Raises
    ------
    ValueError
        If a row is bad and `bad_rows` is "refuse", no row is good, or the encoding is unknown.
    OSError
        If the file cannot be read.
    """
    if bad_rows not in BAD_ROWS:
        raise ValueError(f"bad_rows: expected one of {', '.join(BAD_ROWS)}, got {bad_rows!r}")
    contents = path.read_bytes()
    text, encoding = _decoded(path, contents, encoding)
    lines = _LINE_END.split(text)
    if lines[-1] == "":
        lines.pop()
    rows = [_row(line, number, source_units, target_units, encoding) for number, line in enumerate(lines, start=1)]
    pairs = [row for row in rows if isinstance(row, SymbolPair)]
    bad = [row for row in rows if isinstance(row, BadRow)]
    read = PairFile(path, encoding, pairs, bad, hashlib.sha256(contents).hexdigest())
    if not rows:
        raise ValueError(f"{path}: is empty; expected rows of a source, a tab and a target")
    if bad and (bad_rows == "refuse" or not pairs):
        named = ", or name the file's encoding (--encoding)" if any("no text" in row.reason for row in bad) else ""
        left_out = ", or leave them out (--bad-rows skip)" if pairs else ""
        raise ValueError(f"{read.describe_bad()}; correct them{left_out}{named}")
    return read


def _decoded(path: Path, contents: bytes, encoding: str | None) -> tuple[str, str]:
    """The text, with the replacement character for bytes that are none, and the encoding it was read in."""
    if encoding is None:
        encoding = next((name for mark, name in _MARKS if contents.startswith(mark)), "utf-8")
        if encoding == "utf-8" and b"\0" in contents:
            raise ValueError(
                f"{path}: holds bytes of zero and no byte-order mark, so it is no text in UTF-8; "
                "if it is UTF-16, say so: --encoding utf-16-le, or utf-16-be"
            )
    try:
        text = contents.decode(encoding, errors="replace")
    except LookupError:
        raise ValueError(f"encoding: expected one that Python knows, as utf-8 or latin-1, got {encoding!r}") from None
    return text.removeprefix("\ufeff"), encoding


def _row(line: str, number: int, source_units: str, target_units: str, encoding: str) -> SymbolPair | BadRow:
    if _REPLACEMENT in line:
        return BadRow(number, f"no text in {encoding}")
    if not line.strip():
        return BadRow(number, "empty")
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != 2:
        return BadRow(number, f"{_counted(len(columns), 'column')} instead of 2")
    for name, column in zip(("source", "target"), columns, strict=True):
        if not column:
            return BadRow(number, f"no {name}")
    source, target = split_units(columns[0], source_units), split_units(columns[1], target_units)
    if reserved := {*source, *target}.intersection(SPECIAL):
        return BadRow(number, f"{min(reserved)} is a name that the vocabulary needs for itself")
    return SymbolPair(source, target, number)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shared_sources(train: PairFile, other: PairFile) -> int:
    """How many rows of `other` have a source that was learned: their score says nothing of what is new."""
    learned = {tuple(source) for source in train.sources}
    return sum(tuple(source) in learned for source in other.sources)


def longest_target(pairs: Sequence[SymbolPair]) -> int:
    """The symbols of the longest target."""
    return max(len(pair.target) for pair in pairs)
