"""``attention-np notebooks``: copies the course to a folder and opens it; in a clone, builds it from its sources."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from ..course.building.files import CLONE, build, notebook_file, sources
from ..course.copying import copy_course, course_files, require_folder

_FOLDER = Path("attention-notebooks")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "notebooks",
        help="copies the course to a folder and opens it in JupyterLab",
        epilog="example: attention-np notebooks my-course",
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help=f"where to (default: {_FOLDER})")
    parser.add_argument("--no-open", action="store_true", help="only copy")
    parser.add_argument("--html", action="store_true", help="write pages to read in a browser, offline, with a reference of all functions")
    parser.add_argument(
        "--build",
        metavar="NN",
        nargs="*",
        help="in a clone: run the sources of all or of these notebooks, and write them with their outputs",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build, write pages, or copy and open."""
    if arguments.build is not None:
        return _build(arguments.build)
    folder = arguments.folder or _FOLDER
    if arguments.html:
        return _write_pages(folder)
    if not arguments.no_open:
        _require("it opens the notebooks (--no-open only copies them)", "jupyterlab")
    copied = copy_course(folder)
    print(f"{folder}: {len(copied.written)} files of the course written, {len(copied.same)} were there")
    if copied.kept:
        names = ", ".join(file.name for file in copied.kept)
        print(f"left as you have changed them: {names}; for fresh ones name another folder")
    if arguments.no_open:
        return 0
    print("JupyterLab opens in the browser; Ctrl-C here ends it.", flush=True)
    return _open(copied.first)


def _open(notebook: Path) -> int:
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", str(notebook)])
    while True:
        try:
            return lab.wait()
        except KeyboardInterrupt:
            # JupyterLab has had it too: it asks whether it was meant, and ends its kernels.
            continue


def _require(what: str, *modules: str) -> None:
    """Have all of what an extra brings, or say so in one line."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(f"{module} is not installed; {what}: pip install 'attention-np[notebooks]'")


def _write_pages(folder: Path) -> int:
    _require("it makes the pages", "nbformat", "markdown_it", "mdit_py_plugins", "latex2mathml", "pygments", "numpydoc")
    from ..course.edition import write_edition

    written = write_edition(course_files(), require_folder(folder))
    print(f"{len(written)} files; open {written[0]}")
    return 0


def _build(wanted: list[str]) -> int:
    """Build each; 1 where one has an error, a warning, or anything else on standard error."""
    _require("it runs the notebooks", "nbclient", "nbformat", "ipykernel")
    status = 0
    for source in sources(CLONE, wanted):
        done = build(source)
        if done.faults:
            status = 1
            print("\n".join(done.faults[:2]), file=sys.stderr)
        else:
            print(f"{notebook_file(source).name:<32}{done.seconds:>7.1f} s", flush=True)
    return status
