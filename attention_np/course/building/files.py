"""The files of the course: each source, and the notebook that is built from it beside their folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .notebook import from_file
from .running import Run, run

CLONE = Path(__file__).resolve().parents[3] / "notebooks"
"""Where a clone of the repository has them; an installed package has no sources."""


def sources(folder: Path, wanted: Sequence[str] = ()) -> list[Path]:
    """The sources of a folder of notebooks in order, or those whose numbers or names are wanted.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If one that is wanted is not there.
    """
    found = sorted((folder / "source").glob("[0-9][0-9]_*.py"))
    if not found:
        raise FileNotFoundError(f"notebooks: there is no source in {folder / 'source'}; build them in a clone of the repository")
    if not wanted:
        return found
    chosen = []
    for name in wanted:
        matching = [file for file in found if file.stem == name or file.stem[:2] == name.zfill(2)]
        if not matching:
            raise ValueError(f"notebooks: there is no source {name!r}; there are {', '.join(file.stem[:2] for file in found)}")
        chosen += matching
    return chosen


def notebook_file(source: Path) -> Path:
    """Where the notebook of a source lies."""
    return source.parent.parent / f"{source.stem}.ipynb"


def build(source: Path) -> Run:
    """Run a notebook and, where nothing is wrong with it, write it.

    Cells with a tag keep the outputs that they had: they differ from run to run or between machines, and say nothing new.
    """
    import nbformat

    done = run(from_file(source), source.name)
    if not done.faults:
        file = notebook_file(source)
        if file.exists():
            _keep_tagged(done.notebook, nbformat.read(file, as_version=4))
        beside = file.with_name(file.name + ".partial")
        beside.write_text(nbformat.writes(done.notebook) + "\n", encoding="utf-8")
        beside.replace(file)
    return done


def _keep_tagged(new: Any, old: Any) -> None:
    kept = {cell.id: cell.outputs for cell in old.cells if cell.metadata.get("tags")}
    for cell in new.cells:
        if cell.id in kept:
            cell.outputs = kept[cell.id]
