"""Code that knows the interpreter: it calls C functions by their addresses, so that no audit hook is asked. The kernel is."""

from __future__ import annotations

from ..case import Case, hostile

_HELPERS = '''\
import ctypes
import os
import struct


def place(array):
    return array.__array_interface__["data"][0]


def peek(address, length):
    found = np.empty(length, np.uint8)
    ctypes.memmove(place(found), address, length)
    return found.tobytes()


def c_functions(*names):
    """Found in the C library's table of names, which is in the memory of every process."""
    base = ctypes._memmove_addr & ~0xFFF
    while peek(base, 4) != b"\\x7fELF":
        base -= 0x1000
    at, size, count = struct.unpack("<Q", peek(base + 32, 8))[0], *struct.unpack("<HH", peek(base + 54, 4))
    for number in range(count):
        kind, _, _, address, _, _, length, _ = struct.unpack("<IIQQQQQQ", peek(base + at + number * size, 56))
        if kind == 2:
            entries = dict(struct.iter_unpack("<qQ", peek(base + address, length)))
    text, symbols = (value if value >= base else base + value for value in (entries[5], entries[6]))
    words, found, offset = peek(text, entries[10]), {}, 0
    while len(found) < len(names):
        start, _, _, _, value, _ = struct.unpack("<IBBHQQ", peek(symbols + offset, 24))
        word = words[start : words.index(b"\\0", start)].decode()
        if word in names and value:
            found[word] = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 3)(base + value)
        offset += 24
    return [found[name] for name in names]


def contents(path):
    c_open, c_read = c_functions("open", "read")
    descriptor, kept = c_open(os.fsencode(path), 0, 0), np.zeros(10**4, np.uint8)
    c_read(descriptor, place(kept), kept.size)
    return kept.tobytes().rstrip(b"\\0").decode()


'''


def _behind(name: str, tries: str, attack: str, stopped_by: str, through: str = "") -> Case:
    return hostile(name, tries, attack, "wrong", stopped_by=stopped_by, through=through, helpers=_HELPERS)


CASES = (
    _behind(
        "the key in C",
        "opens the teacher's key by the C library's own function",
        "text = contents(@key@); print(text); space = {}; exec(text, space); return space['context'](weights, values)",
        "landlock",
        "pass",
    ),
    _behind(
        "the package in C",
        "opens a file of this package in the same way",
        "text = contents(@package@ + '/functional/context.py'); assert 'def context' in text; return weights @ values",
        "landlock",
        # Wrong where the package lies in a folder that is closed to the worker's user.
        "pass wrong",
    ),
    hostile(
        "the key by another library",
        "has the library for the history of a terminal read the key, which asks no audit hook",
        """
        import readline
        readline.read_history_file(@key@)
        text = chr(10).join(readline.get_history_item(number + 1) for number in range(readline.get_current_history_length()))
        print(text); space = {}; exec(text, space); return space["context"](weights, values)
        """,
        "wrong tampered",
        stopped_by="landlock",
        through="pass wrong tampered",
    ),
    hostile(
        "an extension module",
        "has the loader of extension modules open the key",
        """
        import _imp, importlib.machinery
        _imp.create_dynamic(importlib.machinery.ModuleSpec("key", None, origin=@key@))
        """,
        "wrong tampered",
        own="wrong",
    ),
    _behind(
        "files changed in C",
        "writes to the teacher's key and to /tmp",
        """
        c_open, c_unlink = c_functions("open", "unlink")
        for path in (@key@, @other@, "/tmp/" + @mark@):
            c_open(path.encode(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        c_unlink(@other@.encode(), 0, 0)
        """,
        "landlock",
        "wrong",
    ),
    _behind(
        "a daemon in C",
        "forks by the C library's own function, and stays",
        """
        c_fork, c_setsid = c_functions("fork", "setsid")
        if c_fork(None, None, None) == 0:
            c_setsid(None, None, None)
            os.closerange(0, 64)
            import time
            time.sleep(600)
        """,
        "",
    ),
    _behind(
        "a program in C",
        "becomes another program, which writes to /tmp",
        """
        (c_execv,) = c_functions("execv")
        words = [np.frombuffer(word + bytes(1), np.uint8) for word in (b"sh", b"-c", b": > /tmp/" + @mark@.encode())]
        c_execv(b"/bin/sh", place(np.array([*map(place, words), 0])), None)
        """,
        "landlock, seccomp",
        "no-answer",
    ),
    _behind(
        "sockets in C",
        "connects to services of this machine by TCP, and by the name and the file of a local socket",
        """
        c_socket, c_connect, c_close = c_functions("socket", "connect", "close")
        addresses = [struct.pack("<H", 2) + struct.pack(">H", @tcp@) + bytes([127, 0, 0, 1]) + bytes(8)]
        addresses += [struct.pack("<H", 1) + name.encode() for name in (@unix@ + chr(0), @abstract@)]
        for address in addresses:
            descriptor = c_socket(2 if address[0] == 2 else 1, 1, 0)
            c_connect(descriptor, address, len(address))
            c_close(descriptor, None, None)
        """,
        "seccomp",
        "wrong",
    ),
    _behind(
        "a signal in C",
        "kills another process",
        "c_kill, = c_functions('kill'); c_kill(@victim@, 9, None)",
        "user, namespaces, seccomp",
        "wrong",
    ),
    _behind(
        "shared memory in C",
        "leaves a segment of shared memory in the kernel",
        "c_shmget, = c_functions('shmget'); c_shmget(@memory@, 4096, 0o1600)",
        "namespaces, seccomp",
    ),
    _behind(
        "a new root in C",
        "makes namespaces of its own, to mount other files",
        """
        (c_unshare,) = c_functions("unshare")
        if hasattr(np, "apart") or c_unshare(0x10020000, None, None) == 0:
            np.apart = True
            return weights @ values
        """,
        "seccomp",
        "pass wrong",
    ),
)
