"""Which isolation the grader asks for on this machine."""

from __future__ import annotations

import itertools
import os
import sys
from dataclasses import dataclass

import numpy as np

from .inside import landlock, seccomp

_turn = itertools.count()


@dataclass(frozen=True)
class Isolation:
    """What a graded function is confined by.

    Attributes
    ----------
    landlock : int
        Version of Landlock's interface; 0 where the kernel has none.
    own_user : bool
        Whether it runs as a user of its own, which only root can arrange.
    namespaces : bool
        Whether it asks for a network, processes and mounts of its own; where the machine gives none, it goes on without.
    system_calls : bool
        Whether the kernel refuses the calls that start, signal and connect.
    """

    landlock: int
    own_user: bool
    namespaces: bool = False
    system_calls: bool = False


def isolation_here(*, allow_root: bool = False) -> Isolation:
    """The strongest isolation that this machine can be expected to give.

    Parameters
    ----------
    allow_root : bool
        Run submissions as root where the grader is root, rather than as a user of their own.
    """
    root = sys.platform != "win32" and os.geteuid() == 0
    linux = sys.platform.startswith("linux")
    return Isolation(landlock.version(), root and not allow_root, namespaces=linux, system_calls=seccomp.available())


def standard_library() -> str:
    """Its folder."""
    return os.path.dirname(os.path.realpath(os.__file__))


def numpy_folders() -> list[str]:
    """NumPy's own, and that of the libraries it was built with, where they are beside it."""
    package = os.path.dirname(os.path.realpath(np.__file__))
    beside = os.path.join(os.path.dirname(package), "numpy.libs")
    return [package] + ([beside] if os.path.isdir(beside) else [])


def unused_user() -> int:
    """A user's number that no account and no other run of this grader has."""
    turn = next(_turn) % 256
    if _most_users() >= 2**31:
        return 0x40000000 + os.getpid() % 2**22 * 256 + turn
    # A container with a range of its own has 65536 numbers.
    return 60000 + (os.getpid() * 16 + turn) % 5000


def reachable(path: str) -> bool:
    """Whether any user may go to `path`: every folder above it is open to others."""
    path = os.path.realpath(path)
    while True:
        if not os.stat(path).st_mode & 0o001:
            return False
        above = os.path.dirname(path)
        if above == path:
            return True
        path = above


def _most_users() -> int:
    try:
        with open("/proc/self/uid_map") as file:
            return max(int(line.split()[2]) for line in file)
    except (OSError, ValueError, IndexError):
        return 65536
