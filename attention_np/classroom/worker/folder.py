"""The temporary folder of one run: the worker's program, a path that shows NumPy alone, and an empty working directory."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..run import Limits
from .isolation import Isolation, numpy_folders, reachable, standard_library, unused_user

_DEVICES = ["/dev/null", "/dev/urandom"]
_ELSEWHERE = ("site-packages", "dist-packages", "__pycache__", "test", "idlelib", "ensurepip")


@dataclass(frozen=True)
class Prepared:
    """Where the worker's program is, and what it is told to give up."""

    program: str
    path: str
    confinement: dict[str, Any]


@contextmanager
def prepared(limits: Limits, isolation: Isolation | None) -> Iterator[Prepared]:
    """Make the folder; remove it with all that was put there."""
    top = os.path.realpath(tempfile.mkdtemp(prefix="exercise-"))
    try:
        yield _filled(top, limits, isolation)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _filled(top: str, limits: Limits, isolation: Isolation | None) -> Prepared:
    program, path, work = (os.path.join(top, name) for name in ("program", "path", "work"))
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside")
    # Compiled files name the folder that they were compiled in.
    shutil.copytree(here, os.path.join(program, "inside"), ignore=shutil.ignore_patterns("__pycache__"))
    os.mkdir(path)
    os.mkdir(work)
    packages, library = numpy_folders(), standard_library()
    user, shown = None, []
    if isolation is not None and isolation.own_user:
        user = unused_user()
        os.chown(work, user, user)
        os.chmod(top, 0o711)
        if not all(reachable(place) for place in (library, *packages)):
            # Another user cannot go there: the worker sees these folders at places that it can reach.
            shown = [(library, os.path.join(top, "library"))]
            shown += [(package, os.path.join(path, os.path.basename(package))) for package in packages]
    for _, target in shown:
        os.mkdir(target)
    if shown:
        library, packages = shown[0][1], [target for _, target in shown[1:]]
    else:
        for package in packages:
            os.symlink(package, os.path.join(path, os.path.basename(package)), target_is_directory=True)
    entries = [entry.name for entry in os.scandir(standard_library()) if entry.name not in _ELSEWHERE]
    confinement = {
        "isolated": isolation is not None,
        "landlock": 0 if isolation is None else isolation.landlock,
        "namespaces": isolation is not None and isolation.namespaces,
        "system_calls": isolation is not None and isolation.system_calls,
        "user": user,
        "shown": shown,
        "folder": work,
        "path": [os.path.join(program), path, library, os.path.join(library, "lib-dynload")],
        "read": [*(os.path.join(library, name) for name in entries), *packages, program],
        # Tracebacks name the library's files where the interpreter first found them: no tampering, though nothing is there.
        "named": [os.path.join(standard_library(), name) for name in entries],
        "listed": [library, path],
        "devices": _DEVICES,
        "cpu_seconds": limits.cpu_seconds,
        "memory": limits.memory,
    }
    return Prepared(program, path, confinement)
