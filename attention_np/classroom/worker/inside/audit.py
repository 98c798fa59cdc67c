"""The audit hook: what the interpreter is asked to do and an exercise does not need is refused, and told to the grader.

It is a second fence and a witness, not the wall: code that knows the interpreter can get round it; the kernel's limits hold.
"""

from __future__ import annotations

import builtins
import os
import stat
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

MOST_EVIDENCE = 20
END = b"\0end\n"
"""What the worker writes after the last call: without it the channel was closed by somebody else."""

_ALLOWED = frozenset(
    """import compile exec open builtins.id builtins.input builtins.input/result builtins.breakpoint marshal.load marshal.loads
    sys._getframe sys.excepthook sys.unraisablehook sys.settrace sys.setprofile sys._getframemodulename
    array.__new__ time.sleep tempfile.mkdtemp tempfile.mkstemp glob.glob glob.glob/2 os.walk os.fwalk os.putenv os.unsetenv
    pickle.find_class random.seed os.getxattr function.__new__ object.__getattr__ object.__setattr__ object.__delattr__
    pathlib.Path.glob pathlib.Path.rglob type.__setattr__ pdb.Pdb monitoring.register_callback""".split()
)
_READ_PATHS = frozenset(["os.listdir", "os.scandir", "os.chdir"])
_WRITE_PATHS = frozenset(
    """os.mkdir os.remove os.rmdir os.rename os.truncate os.utime os.chmod shutil.rmtree shutil.copyfile shutil.move
    shutil.copymode shutil.copystat""".split()
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def install(descriptor: int, read: Sequence[str], write: Sequence[str]) -> None:
    """Refuse, from here on, what is not allowed; write what was refused to `descriptor`, a line each.

    Parameters
    ----------
    descriptor : int
    read, write : sequence of str
        Files and folders that may be read; folders that may be changed too.
    """
    own_os = _own_copy(os)
    own_os.path = _own_copy(os.path, os=own_os, stat=_own_copy(stat))
    hook = _own_copy(sys.modules[__name__], os=own_os)._hook
    sys.addaudithook(hook(descriptor, tuple(read) + tuple(write), tuple(write)))


def _own_copy(module: types.ModuleType, **replaced: object) -> types.SimpleNamespace:
    """A module whose functions use each other, and built-in ones, as they are now: whoever patches the module is not heard."""
    names: dict[str, Any] = {**vars(module), "__builtins__": dict(vars(builtins)), **replaced}
    for name, value in names.items():
        if isinstance(value, types.FunctionType):
            copy = types.FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
            copy.__kwdefaults__ = value.__kwdefaults__
            names[name] = copy
    return types.SimpleNamespace(**names)


def _hook(descriptor: int, read: tuple[str, ...], write: tuple[str, ...]) -> Callable[[str, tuple[object, ...]], None]:
    told = 0
    real, fsdecode, output = os.path.realpath, os.fsdecode, os.write

    def within(path: object, folders: tuple[str, ...]) -> bool:
        if path is None or isinstance(path, int):
            return True
        # A subclass could say one thing here and another to the kernel.
        path = str.__str__(path) if isinstance(path, str) else path
        if type(path) is not str and type(path) is not bytes:
            return False
        place = real(fsdecode(path))
        return any(place == folder or place.startswith(folder + os.sep) for folder in folders)

    def allowed(event: str, arguments: tuple[object, ...]) -> bool:
        if event == "open":
            path, mode, flags = arguments
            writing = isinstance(flags, int) and bool(flags & _WRITING)
            return within(path, write if writing else read)
        if event in _READ_PATHS:
            return within(arguments[0] if arguments else None, read)
        if event in _WRITE_PATHS:
            return all(within(path, write) for path in arguments if isinstance(path, str | bytes))
        return event in _ALLOWED or event.startswith("cpython.")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal told
        if allowed(event, arguments):
            return
        words = ", ".join(repr(part) for part in arguments if type(part) in (str, bytes, int))
        if told < MOST_EVIDENCE:
            told += 1
            try:
                output(descriptor, f"{event}({words[:200]})\n".encode("utf-8", "backslashreplace"))
            except OSError:
                pass
        raise PermissionError(f"{event} is not allowed in an exercise that is graded")

    return hook
