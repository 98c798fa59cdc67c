"""The worker from its start to the moment at which the learner's code may run: it gives up what it does not need, in order."""

from __future__ import annotations

import os
import sys
from typing import Any


def main() -> None:
    """Run as ``main()`` with the descriptors of the request, the answer and the evidence in ``sys.argv``."""
    request, answer, evidence = (_descriptor(word) for word in sys.argv[1:4])
    confinement = _plain_message(request)
    reached: list[str] = []
    if sys.platform.startswith("linux"):
        _begin_linux(confinement, reached)
    sys.argv[:] = [""]
    os.chdir(confinement["folder"])
    _be_user(confinement["user"], reached)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # Only now: NumPy is loaded as the user and at the place that the learner's code will see.
    from . import work

    _give_up(confinement, reached, evidence)
    work.serve(request, answer, evidence, reached)


def _descriptor(word: str) -> int:
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(int(word), 0)
    return int(word)


def _plain_message(descriptor: int) -> dict[str, Any]:
    """A message without arrays, read before NumPy is loaded."""
    import json

    length = int.from_bytes(os.read(descriptor, 4), "little")
    data = b""
    while len(data) < length:
        data += os.read(descriptor, length - len(data))
    found: dict[str, Any] = json.loads(data)
    return found


def _begin_linux(confinement: dict[str, Any], reached: list[str]) -> None:
    from . import kernel, tree

    user = confinement["user"]
    if confinement["isolated"]:
        spaces = kernel.NEW_NETWORK | kernel.NEW_IPC | kernel.NEW_PROCESSES
        try:
            kernel.unshare(spaces if os.geteuid() == 0 else spaces | kernel.NEW_USER)
            user = None
            reached.append("no network and no sight of other processes (namespaces)")
        except OSError:
            # Not every machine lets an unprivileged process have namespaces; the report then does not list them.
            pass
    if confinement["shown"]:
        kernel.own_mounts()
        for source, target in confinement["shown"]:
            kernel.show_at(source, target)
    tree.supervised(user)
    reached.append("no process outlives it")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.path[:] = confinement["path"]


def _be_user(user: int | None, reached: list[str]) -> None:
    if user is None or sys.platform == "win32":
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    reached.append("a user of its own")


def _give_up(confinement: dict[str, Any], reached: list[str], evidence: int) -> None:
    from . import audit, landlock, limits

    limits.limit_time(confinement["cpu_seconds"])
    if not confinement["isolated"]:
        return
    if sys.platform != "win32":
        limits.limit_resources(confinement["memory"])
        reached.append("limits on memory, processes and files")
    if confinement["landlock"]:
        abi = confinement["landlock"]
        landlock.confine(
            confinement["read"], [confinement["folder"]], confinement["listed"], confinement["devices"], abi
        )
        reached.append(f"Landlock {abi}: no files but its own" + (", no TCP" if abi >= 4 else ""))
    read = [*confinement["read"], *confinement["listed"], *confinement["devices"]]
    audit.install(evidence, read, [confinement["folder"], os.devnull])
    reached.append("audit hook")
