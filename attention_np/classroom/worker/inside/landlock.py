"""Landlock: an unprivileged process gives up, for good, every file that it does not name (Linux 5.13 and later)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable

from . import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1, 2, 4, 8
_TRUNCATE = 1 << 14
# How many rights on files each version of the interface knows.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_LATEST_RIGHTS = 16
_TCP, _SCOPES = 3, 3


class _Rules(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return kernel.system_call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def confine(
    read: Iterable[str], write: Iterable[str], listed: Iterable[str], devices: Iterable[str], abi: int
) -> None:
    """From here on this process and its children reach these files alone, no TCP port (version 4), no process outside (6).

    Parameters
    ----------
    read : iterable of str
        Files, and folders with all that is in them.
    write : iterable of str
        Folders in which files may be made, changed and removed too.
    listed : iterable of str
        Folders whose names may be listed, not the files read.
    devices : iterable of str
        Files that may be read and written.
    abi : int
    """
    files = (1 << _RIGHTS.get(abi, _LATEST_RIGHTS)) - 1
    rules = _Rules(files, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = kernel.system_call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in read:
            _allow(ruleset, path, _READ | (_READ_FOLDER if os.path.isdir(path) else 0))
        for path in listed:
            _allow(ruleset, path, _READ_FOLDER)
        for path in write:
            _allow(ruleset, path, files & ~_EXECUTE)
        for path in devices:
            _allow(ruleset, path, (_READ | _WRITE | _TRUNCATE) & files)
        kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
        kernel.system_call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = _Beneath(rights, folder)
        kernel.system_call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(folder)
