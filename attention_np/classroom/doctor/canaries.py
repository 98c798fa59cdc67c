"""What is planted around a case: things that it must not read, change, reach or leave behind."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

_KEY = "# {secret}\nimport numpy as np\n\n\ndef context(weights, values):\n    return weights @ values\n"
_PACKAGE = Path(__file__).resolve().parents[2]
_PUBLIC = ("/tmp", "/var/tmp", "/dev/shm")
_SLEEPS = "import time; time.sleep(600)"
_SHARED_MEMORY_KEY = 0x61747400


class Canaries:
    """A context in which they stand; `disturbed` says what became of them.

    The files can be read, and their folder written, by every user of the machine, so that it is not their rights that stop.
    """

    def __enter__(self) -> Canaries:
        self.secret = "doctor-secret-" + secrets.token_hex(8)
        self.mark = "doctor-mark-" + secrets.token_hex(8)
        self._folder = tempfile.TemporaryDirectory(prefix="doctor-", ignore_cleanup_errors=True)
        self._top = Path(self._folder.name)
        self._top.chmod(0o755)
        self._files = {}
        for name in ("key", "other"):
            file = self._top / name / f"{name}.py"
            file.parent.mkdir()
            file.write_text(_KEY.format(secret=self.secret), encoding="utf-8")
            file.parent.chmod(0o777)
            file.chmod(0o666)
            self._files[file] = _state(file)
        (self._top / "handed-in").mkdir()
        self._victim: subprocess.Popen[bytes] | None = None
        self._sockets: list[socket.socket] = []
        self._shared_memory = _SHARED_MEMORY_KEY + secrets.randbelow(256)
        return self

    def __exit__(self, *problem: object) -> None:
        if self._victim is not None:
            self._victim.kill()
            self._victim.wait()
        for listening in self._sockets:
            listening.close()
        for place in self._left_in_public():
            place.unlink(missing_ok=True)
        self._folder.cleanup()

    @property
    def handed_in(self) -> Path:
        """The folder for the file that is handed in."""
        return self._top / "handed-in"

    def filled(self, source: str | bytes) -> bytes:
        """The source with its words between at signs replaced; what they name stands from here on."""
        if isinstance(source, bytes):
            return source
        values = {
            "@key@": str(self._top / "key" / "key.py"),
            "@other@": str(self._top / "other" / "other.py"),
            "@package@": str(_PACKAGE),
            "@mark@": self.mark,
            "@grader@": os.getpid(),
            "@memory@": self._shared_memory,
        }
        if "@victim@" in source:
            environment = {"SECRET": self.secret}
            self._victim = subprocess.Popen([sys.executable, "-I", "-S", "-c", _SLEEPS], env=environment)
            values["@victim@"] = self._victim.pid
        if any(word in source for word in ("@tcp@", "@udp@", "@unix@")):
            values |= self._listening()
        for word, value in values.items():
            source = source.replace(word, str(value) if source == word else repr(value))
        return source.encode()

    def disturbed(self, shown: str) -> list[str]:
        """What came to pass that must not; `shown` is all that the teacher or the student would read of the mark."""
        found = []
        if self.secret in shown:
            found.append("it showed a secret")
        for file, state in self._files.items():
            if _state(file) != state:
                found.append(f"it changed {file.name}")
            if len(list(file.parent.iterdir())) != 1:
                found.append(f"it left a file beside {file.name}")
        if self._left_in_public():
            found.append("it left a file in a public folder")
        if self._victim is not None and self._victim.poll() is not None:
            found.append("it ended another process")
        if any(map(_contacted, self._sockets)):
            found.append("it reached a socket of this machine")
        if self._shared_memory in _shared_memory_keys():
            found.append("it left shared memory behind")
        if survivors():
            found.append("a process of it outlived it")
        return found

    def _listening(self) -> dict[str, object]:
        self._sockets = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        for one in self._sockets:
            one.bind(("127.0.0.1", 0))
        tcp, udp = (one.getsockname()[1] for one in self._sockets)
        names = [str(self._top / "socket"), "\0" + self.mark]
        for name in names if sys.platform.startswith("linux") else []:
            local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            local.bind(name)
            self._sockets.append(local)
        if os.path.exists(names[0]):
            os.chmod(names[0], 0o777)
        for one in self._sockets:
            one.setblocking(False)
            if one.type == socket.SOCK_STREAM:
                one.listen()
        return {"@tcp@": tcp, "@udp@": udp, "@unix@": names[0], "@abstract@": names[1]}

    def _left_in_public(self) -> list[Path]:
        return [place for folder in _PUBLIC if (place := Path(folder, self.mark)).exists()]


def survivors() -> list[int]:
    """Processes of a worker whose folder is gone, and who should be gone with it (Linux)."""
    found = []
    for entry in os.listdir("/proc") if sys.platform.startswith("linux") else []:
        home = _home(entry) if entry.isdigit() else b""
        # Asked again, since it may have ended, and its folder after it, in between.
        if b"/exercise-" in home and not os.path.exists(home) and _home(entry):
            found.append(int(entry))
    return found


def _home(process: str) -> bytes:
    try:
        variables = Path("/proc", process, "environ").read_bytes().split(b"\0")
    except OSError:
        return b""
    return next((variable[5:] for variable in variables if variable.startswith(b"HOME=")), b"")


def _state(file: Path) -> tuple[object, ...]:
    try:
        status = file.lstat()
        return file.read_bytes(), status.st_mode, status.st_uid, status.st_ino, status.st_nlink
    except OSError:
        return ("gone",)


def _contacted(listening: socket.socket) -> bool:
    try:
        if listening.type == socket.SOCK_STREAM:
            listening.accept()[0].close()
        else:
            listening.recv(1)
    except OSError:
        return False
    return True


def _shared_memory_keys() -> set[int]:
    try:
        lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except OSError:
        return set()
    return {int(line.split()[0]) for line in lines}
