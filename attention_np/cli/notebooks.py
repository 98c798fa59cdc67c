"""``attention-np notebooks``: copies the course to a folder and opens it; in a clone, builds it from its sources."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from ..course.building.files import CLONE, build, notebook_file, sources
from ..course.copying import copy_course

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
    parser.add_argument(
        "--build",
        metavar="NN",
        nargs="*",
        help="in a clone: run the sources of all or of these notebooks, and write them with their outputs",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build, or copy and open."""
    if arguments.build is not None:
        return _build(arguments.build)
    _require("jupyterlab", unless=arguments.no_open)
    folder = arguments.folder or _FOLDER
    copied = copy_course(folder)
    print(f"{folder}: {len(copied.written)} files of the course written, {len(copied.same)} were there")
    if copied.kept:
        names = ", ".join(file.name for file in copied.kept)
        print(f"left as you have changed them: {names}; for fresh ones name another folder")
    if arguments.no_open:
        return 0
    print("JupyterLab opens in the browser; Ctrl-C here ends it.", flush=True)
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(copied.first)]).returncode


def _require(module: str, unless: bool = False) -> None:
    if not unless and importlib.util.find_spec(module) is None:
        raise ModuleNotFoundError(
            f"{module} is not installed; it opens the notebooks: pip install 'attention-np[notebooks]' (--no-open only copies them)"
        )


def _build(wanted: list[str]) -> int:
    """Build each; 1 where one has an error, a warning, or anything else on standard error."""
    for module in ("nbclient", "ipykernel"):
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(f"{module} is not installed; it runs the notebooks: pip install 'attention-np[notebooks]'")
    status = 0
    for source in sources(CLONE, wanted):
        done = build(source)
        if done.faults:
            status = 1
            print("\n".join(done.faults[:2]), file=sys.stderr)
        else:
            print(f"{notebook_file(source).name:<32}{done.seconds:>7.1f} s", flush=True)
    return status
