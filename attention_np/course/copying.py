"""The course copied to a learner's folder, from a clone or from what was installed with the package."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from .building.files import CLONE


class Copied(NamedTuple):
    """What became of the files.

    Attributes
    ----------
    written, same, kept : list of Path
        New ones; those that were there already; and those that were there and differ, which stay as they are.
    first : Path
        The first notebook.
    """

    written: list[Path]
    same: list[Path]
    kept: list[Path]
    first: Path


def course_files() -> list[Path]:
    """The notebooks in order, and the page about them.

    Raises
    ------
    FileNotFoundError
        If neither a clone nor an installed package is at hand.
    """
    found = [*CLONE.glob("[0-9][0-9]_*.ipynb"), *CLONE.glob("README.md")]
    if not found:
        # Wherever the installer put them: a virtual environment, a user's folder, a target.
        recorded = metadata.files("attention-np") or []
        found = [Path(str(file.locate())) for file in recorded if file.parent.as_posix().endswith("share/attention-np/notebooks")]
    if not found:
        raise FileNotFoundError("notebooks: there are none with this package; install it from its wheel, or work in a clone")
    return sorted(found)


def copy_course(folder: Path) -> Copied:
    """Copy what is not there yet; nothing that is there is changed.

    Raises
    ------
    NotADirectoryError
        If `folder` is a file.
    """
    files = course_files()
    require_folder(folder)
    first = next(file for file in files if file.suffix == ".ipynb")
    copied = Copied([], [], [], folder / first.name)
    for file in files:
        target = folder / file.name
        if not target.exists():
            shutil.copyfile(file, target)
            copied.written.append(target)
        elif target.read_bytes() == file.read_bytes():
            copied.same.append(target)
        else:
            copied.kept.append(target)
    return copied


def require_folder(folder: Path) -> Path:
    """A folder to write to, made when missing.

    Raises
    ------
    NotADirectoryError
        If it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"DIR: {folder} is a file; expected a folder, or a name for a new one")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
