"""A process that does nothing but see to it that all its descendants are dead before it ends (Linux)."""

from __future__ import annotations

import os
import select
import signal

from . import kernel


def supervised(user: int | None) -> None:
    """Fork: the child returns; the parent stays, and kills the child and all that came of it when it ends or standard input closes.

    Children that moved to a session of their own come back to this process when their parents die, since it is their
    subreaper. `user` is the number of a user of the child's own, all of whose processes are killed;
    None where there is none, or where a namespace of processes does the same.
    """
    kernel.prctl(kernel.SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        kernel.prctl(kernel.DEATH_SIGNAL, signal.SIGKILL)
        if os.getpid() == 1:
            _be_first()
        return
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.closerange(3, max(null, 256))
    # The child's end is watched by a descriptor of its own, so that nothing is polled.
    watched = os.pidfd_open(child)
    select.select([0, watched], [], [])
    status = _end(child)
    _kill_user(user)
    _sweep()
    os._exit(status)


def _be_first() -> None:
    """Fork once more: the first process of a namespace ignores most signals, so the learner's code must not run in it."""
    worker = os.fork()
    if worker == 0:
        return
    os.closerange(1, 256)
    while True:
        ended, status = os.wait()
        if ended == worker:
            os._exit(_exit_status(status))


def _end(child: int) -> int:
    """Kill the child unless it has ended; its exit status, 128 + n for signal n."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended == 0:
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    return _exit_status(status)


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _kill_user(user: int | None) -> None:
    if user is None:
        return
    killer = os.fork()
    if killer == 0:
        try:
            os.setresuid(user, user, user)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(killer, 0)


def _sweep() -> None:
    """Kill children, whose own then become children of this process, until there are none."""
    me = os.getpid()
    while True:
        for entry in os.listdir("/proc"):
            if entry.isdigit() and _parent(entry) == me:
                try:
                    os.kill(int(entry), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _parent(process: str) -> int:
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name in parentheses may hold anything, parentheses too.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0
