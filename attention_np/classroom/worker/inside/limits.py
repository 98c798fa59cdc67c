"""Limits that the kernel holds a process to."""

from __future__ import annotations

import math
import sys

MOST_FILE_BYTES = 2**20
MOST_OPEN_FILES = 64
MOST_FOLDER_BYTES = 2**24
MOST_FILES = 1024


def limit_time(seconds: float) -> None:
    """The process is stopped when it has used `seconds` of the processor from here on; it leaves no core file."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _lower("RLIMIT_CPU", whole, whole + 1)
    _lower("RLIMIT_CORE", 0, 0)


def limit_resources(memory: int) -> None:
    """No more memory, no children, few and small files."""
    if sys.platform == "win32":
        return
    _lower("RLIMIT_AS", memory, memory)
    _lower("RLIMIT_NPROC", 0, 0)
    _lower("RLIMIT_FSIZE", MOST_FILE_BYTES, MOST_FILE_BYTES)
    _lower("RLIMIT_NOFILE", MOST_OPEN_FILES, MOST_OPEN_FILES)


if sys.platform != "win32":

    def _lower(name: str, soft: int, hard: int) -> None:
        import resource

        if not hasattr(resource, name):
            return
        number = getattr(resource, name)
        most = resource.getrlimit(number)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(number, (soft, hard))
