"""The worker from its start to the moment at which the learner's code may run: it gives up what it does not need, in order."""

from __future__ import annotations

import os
import signal
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
    # It names folders outside, which are nothing to the learner's code.
    confinement.clear()
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
    apart = confinement["namespaces"] and _own_spaces(confinement, reached)
    if confinement["shown"]:
        kernel.own_mounts()
        for source, target in confinement["shown"]:
            kernel.show_at(source, target)
    tree.supervised(None if apart else user)
    reached.append("no process outlives it")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.path[:] = confinement["path"]
    if confinement["shown"]:
        _move_packages(os.path.dirname(os.__file__), confinement["shown"][0][1])


def _move_packages(before: str, after: str) -> None:
    """Packages that are loaded already find their other parts where the library is shown."""
    for module in list(sys.modules.values()):
        if hasattr(module, "__path__"):
            module.__path__ = [path.replace(before, after, 1) for path in module.__path__]


def _own_spaces(confinement: dict[str, Any], reached: list[str]) -> bool:
    """Whether the machine gives namespaces: not every one lets an unprivileged process have them, and the report says so."""
    from . import kernel, limits

    user, group = os.geteuid(), os.getegid()
    spaces = kernel.NEW_NETWORK | kernel.NEW_IPC | kernel.NEW_PROCESSES
    try:
        kernel.unshare(spaces if user == 0 else spaces | kernel.NEW_USER)
    except OSError:
        return False
    reached.append("no network and no other processes (namespaces)")
    try:
        if user != 0:
            kernel.be_known_as(user, group)
        kernel.own_mounts()
        owner = user if confinement["user"] is None else confinement["user"]
        kernel.small_folder(confinement["folder"], limits.MOST_FOLDER_BYTES, limits.MOST_FILES, owner)
        reached.append(f"{limits.MOST_FOLDER_BYTES // 2**20} MiB of files")
    except OSError:
        # Some machines give namespaces and no right in them.
        pass
    return True


def _be_user(user: int | None, reached: list[str]) -> None:
    if user is None or sys.platform == "win32":
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if sys.platform.startswith("linux"):
        from . import kernel

        # The kernel forgets it when the user changes.
        kernel.prctl(kernel.DEATH_SIGNAL, signal.SIGKILL)
    reached.append("a user of its own")


def _give_up(confinement: dict[str, Any], reached: list[str], evidence: int) -> None:
    from . import audit, kernel, landlock, limits, seccomp

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
    if sys.platform.startswith("linux"):
        kernel.give_up_capabilities()
    if confinement["system_calls"]:
        seccomp.confine()
        reached.append("no processes, signals or sockets (seccomp)")
    read = [*confinement["read"], *confinement["named"], *confinement["listed"], *confinement["devices"]]
    audit.install(evidence, read, [confinement["folder"], os.devnull])
    reached.append("audit hook")
