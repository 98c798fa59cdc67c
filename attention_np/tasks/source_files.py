"""The source files of installed packages, found without importing anything."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

_SKIPPED_FOLDERS = frozenset(
    "test tests idle_test lib2to3 turtledemo ensurepip site-packages dist-packages __pycache__".split()
)


def source_files(packages: Iterable[str]) -> list[tuple[str, Path]]:
    """The Python files of the standard library and of packages, as (module name, path).

    In the order of the packages, the standard library first, and by path within each. Tests are left out, as
    are lib2to3, turtledemo and ensurepip, which hold other people's test data, demonstrations and packages.

    Raises
    ------
    ValueError
        If a package is not installed or holds no Python source.
    """
    standard = Path(sysconfig.get_path("stdlib"))
    files = list(_walk("", standard))
    for package in packages:
        root = _locate(package)
        files += _walk(package, root) if root.is_dir() else [(package, root)]
    return list(dict.fromkeys(files))


def _walk(prefix: str, root: Path) -> Iterator[tuple[str, Path]]:
    for folder, subfolders, names in os.walk(root):
        wanted = (name for name in subfolders if name not in _SKIPPED_FOLDERS and name.isidentifier())
        subfolders[:] = sorted(wanted)
        inner = Path(folder).relative_to(root).parts
        for name in sorted(names):
            if name.endswith(".py"):
                last = () if name == "__init__.py" else (name[:-3],)
                module = ".".join((*prefix.split("."), *inner, *last) if prefix else (*inner, *last))
                if module:
                    yield module, Path(folder, name)


def _locate(package: str) -> Path:
    """The folder, or the single file, that holds a package's source, without importing anything."""
    first, *rest = package.split(".")
    if not all(part.isidentifier() for part in (first, *rest)):
        raise ValueError(f"package: expected a name one can import, such as 'scipy', got {package!r}")
    try:
        # Only a top-level name: for a dotted one find_spec would import the parent.
        spec = importlib.util.find_spec(first)
    except ValueError:
        spec = None
    if spec is None:
        raise ValueError(f"package: {first!r} is not installed here; install it, or check the spelling")
    root = Path(next(iter(spec.submodule_search_locations or ()), spec.origin or first))
    inner = root.joinpath(*rest)
    for found in (inner, inner.with_name(inner.name + ".py") if rest else inner):
        if found.is_dir() or (found.is_file() and found.suffix == ".py"):
            return found
    raise ValueError(f"package: {package!r} holds no Python source that could be read")
