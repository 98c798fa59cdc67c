"""The docstrings of this machine's installed packages, kept in a cache, and a search among them.

Every machine that runs this package holds thousands of human-written texts with their summaries: PEP 257
makes the first line of a docstring the summary of the object, and what follows it the text. Nothing is
downloaded and nothing leaves the machine. What is found depends on the installed versions, so a score always
comes with a hash of the data.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .docstring_reader import Docstring, read_source
from .source_files import source_files

PACKAGES = ("numpy", "matplotlib")
"""What is read besides the standard library; the package depends on both, so they are always there."""


@dataclass(frozen=True)
class Harvest:
    """All docstrings found, in the order of packages, files and lines, and how many files were not readable.

    Attributes
    ----------
    docstrings : tuple of Docstring
    files : int
        Files with at least one docstring.
    unreadable : int
        Files skipped because they are not UTF-8 (or what they declare), or not valid Python.
    """

    docstrings: tuple[Docstring, ...]
    files: int
    unreadable: int


def harvest(packages: Iterable[str] = (), cache: Path | None = None) -> Harvest:
    """Read the docstrings of the standard library, NumPy, Matplotlib and further installed packages.

    The files are parsed, never imported. With a cache directory the result is kept there, under a key made
    from the versions and from the path, size and modification time of every file; a changed, missing or
    damaged cache is replaced.

    Parameters
    ----------
    packages : iterable of str
        Further packages or modules, by the name one imports: ``"scipy"``, ``"email.mime"``.
    cache : Path, optional
        The directory to keep the result in; it is created when missing.

    Raises
    ------
    ValueError
        If a package is not installed or holds no Python source.
    """
    if isinstance(packages, str):
        raise TypeError(f"packages: expected names, got the one string {packages!r}; write ({packages!r},)")
    further = tuple(packages)
    files = source_files(dict.fromkeys((*PACKAGES, *further)))
    if cache is None:
        return _read_all(files)
    key = _key(files)
    # One file for each choice of packages: what changes replaces it, so that the cache does not grow.
    choice = hashlib.sha256(" ".join(further).encode()).hexdigest()[:12] if further else "default"
    path = Path(cache) / f"docstrings-{choice}.jsonl"
    kept = _load(path, key)
    if kept is None:
        kept = _read_all(files)
        _save(path, key, kept)
    return kept


def find_object(docstrings: Iterable[Docstring], name: str) -> Docstring:
    """Find an object by a dotted name, as a user would write it: ``numpy.linalg.norm``, ``textwrap.wrap``.

    Names re-exported by a package are found too: the parts of `name` must occur in this order in the name of
    the definition, beginning and end alike; among several the one with the fewest other parts is taken.

    Raises
    ------
    ValueError
        If there is none; the message offers names that are close.
    """
    wanted = name.split(".")
    known: list[str] = []
    best: tuple[int, Docstring] | None = None
    for docstring in docstrings:
        known.append(docstring.object_name)
        parts = docstring.object_name.split(".")
        if parts[0] == wanted[0] and parts[-1] == wanted[-1] and len(parts) >= len(wanted):
            remaining = iter(parts)
            if all(part in remaining for part in wanted) and (best is None or len(parts) < best[0]):
                best = len(parts), docstring
    if best is None:
        ending = [other for other in known if other.endswith("." + wanted[-1])]
        close = ending[:3] or get_close_matches(name, known, n=3)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise ValueError(f"object: no docstring of {name!r} in the packages that were read{hint}")
    return best[1]


def _read_all(files: list[tuple[str, Path]]) -> Harvest:
    found: list[Docstring] = []
    readable = unreadable = 0
    for module, path in files:
        try:
            docstrings = read_source(module, path.read_bytes())
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            unreadable += 1
            continue
        found += docstrings
        readable += bool(docstrings)
    return Harvest(tuple(found), readable, unreadable)


def _key(files: list[tuple[str, Path]]) -> str:
    # The code that reads belongs to the key: another version of it may find other docstrings.
    digest = hashlib.sha256(Path(inspect.getfile(read_source)).read_bytes())
    digest.update(platform.python_version().encode())
    for package in PACKAGES:
        try:
            digest.update(f"{package} {version(package)}".encode())
        except PackageNotFoundError:
            continue
    for module, path in files:
        state = path.stat() if path.exists() else None
        facts = (state.st_size, state.st_mtime_ns) if state else "a broken link"
        digest.update(f"{module}\0{path}\0{facts}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _load(path: Path, key: str) -> Harvest | None:
    """The cached result; None where it is missing, made from other files, or damaged."""
    try:
        header, payload = path.read_bytes().split(b"\n", 1)
        stated = json.loads(header)
        if stated["key"] != key or stated["sha256"] != hashlib.sha256(payload).hexdigest():
            return None
        docstrings = tuple(
            Docstring(name, module, kind, tuple(signature), summary, body)
            for name, module, kind, signature, summary, body in json.loads(payload)
        )
        return Harvest(docstrings, stated["files"], stated["unreadable"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _save(path: Path, key: str, result: Harvest) -> None:
    """Write beside the old file, flush, and rename over it: an interruption leaves the old one whole."""
    payload = json.dumps([list(vars(docstring).values()) for docstring in result.docstrings]).encode()
    counts = {"files": result.files, "unreadable": result.unreadable}
    header = {"key": key, "sha256": hashlib.sha256(payload).hexdigest(), **counts}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(beside, "wb") as file:
        file.write(json.dumps(header).encode() + b"\n" + payload)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
