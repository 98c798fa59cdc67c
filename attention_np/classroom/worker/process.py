"""The worker as the grader holds it: started, read from, ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

from ..run import Limits
from .folder import Prepared

_LINUX = sys.platform.startswith("linux")
_KILLED_WITHIN = 10.0
_ENDS_WITHIN = 0.5
_READ_WITHIN = 5.0
_STILL_RUNS = b"a process that it started still runs\n"
_PROGRAM = "import sys; sys.path[:0] = {path!r}; from inside.start import main; main()"

ANSWER, EVIDENCE, PRINTED, ENDED = "answer", "evidence", "printed", "ended"


class Process:
    """A started worker; what comes from it is fetched with `next`, and `end` kills it and all that came of it."""

    def __init__(self, folder: Prepared, request: bytes, limits: Limits) -> None:
        ours_request, theirs_request = _pipe(theirs_reads=True)
        pipes = {name: _pipe(theirs_reads=False) for name in (ANSWER, EVIDENCE, PRINTED)}
        theirs = [theirs_request, pipes[ANSWER][1], pipes[EVIDENCE][1]]
        work = folder.confinement["folder"]
        environment = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment.update(HOME=work, TMPDIR=work, TEMP=work, MPLBACKEND="Agg", LC_ALL="C.UTF-8")
        environment.update({name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ})
        program = _PROGRAM.format(path=[folder.program, folder.path])
        command = [getattr(sys, "_base_executable", None) or sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", program]
        self._process = _started([*command, *map(_word, theirs)], theirs, pipes[PRINTED][1], environment, folder.program)
        for descriptor in (*theirs, pipes[PRINTED][1]):
            os.close(descriptor)
        self._queue: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=64)
        confinement = json.dumps(folder.confinement).encode()
        data = len(confinement).to_bytes(4, "little") + confinement + request
        self._threads = [threading.Thread(target=_send, args=(ours_request, data), daemon=True)]
        self._printed = bytearray()
        self._most_printed = limits.output
        for name in (ANSWER, EVIDENCE, PRINTED):
            self._threads.append(threading.Thread(target=self._receive, args=(name, pipes[name][0]), daemon=True))
        for thread in self._threads:
            thread.start()

    def next(self, deadline: float) -> tuple[str, bytes] | None:
        """A piece of an answer or of evidence, or that one of them ended; None at the deadline (of `time.monotonic`)."""
        try:
            return self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def end(self, ending: bool) -> tuple[int, bytes]:
        """Kill what still runs, and wait for its end: the exit status, and the evidence that had not been fetched.

        `ending` says that it has closed its answer, so that its own exit status is a moment away.
        """
        if ending:
            try:
                self._process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                pass
        stopped = self._process.poll() is None
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not _LINUX and stopped:
            self._kill()
        try:
            self._process.wait(_KILLED_WITHIN)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        rest = bytearray()
        deadline = time.monotonic() + _READ_WITHIN
        while any(thread.is_alive() for thread in self._threads) or not self._queue.empty():
            if time.monotonic() > deadline:
                # What ended its own supervisor may run on, and hold the pipes open for ever.
                rest += _STILL_RUNS
                break
            try:
                name, data = self._queue.get(timeout=0.005)
            except queue.Empty:
                continue
            if name == EVIDENCE:
                rest += data
        return self._process.returncode, bytes(rest)

    @property
    def printed(self) -> str:
        """The end of what was printed, once the process has ended."""
        return self._printed.decode("utf-8", "replace")

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _receive(self, name: str, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while data := file.read(2**16):
                if name == PRINTED:
                    self._printed += data
                    del self._printed[: max(0, len(self._printed) - self._most_printed)]
                else:
                    self._queue.put((name, data))
        if name != PRINTED:
            self._queue.put((ENDED, name.encode()))


def _send(descriptor: int, data: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) or 0 :]
    except OSError:
        # The worker ended before it had read everything; its status says why.
        pass


def _pipe(*, theirs_reads: bool) -> tuple[int, int]:
    """Our end and theirs."""
    read, write = os.pipe()
    return (write, read) if theirs_reads else (read, write)


def _word(descriptor: int) -> str:
    if sys.platform == "win32":
        import msvcrt

        return str(msvcrt.get_osfhandle(descriptor))
    return str(descriptor)


def _started(
    command: list[str], theirs: list[int], printed: int, environment: dict[str, str], folder: str
) -> subprocess.Popen[bytes]:
    # On Linux the closing of standard input tells the worker's supervisor to kill everything.
    stdin = subprocess.PIPE if _LINUX else subprocess.DEVNULL
    if sys.platform == "win32":
        import msvcrt

        handles = [msvcrt.get_osfhandle(descriptor) for descriptor in theirs]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        return subprocess.Popen(
            command, stdin=stdin, stdout=printed, stderr=printed, env=environment, cwd=folder, startupinfo=startup
        )
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=printed,
        stderr=printed,
        env=environment,
        cwd=folder,
        pass_fds=theirs,
        start_new_session=True,
    )
