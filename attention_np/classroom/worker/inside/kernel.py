"""What Linux has and Python has no function for, by `ctypes`: prctl, unshare, mount, capset."""

from __future__ import annotations

import ctypes
import os

SUBREAPER, NO_NEW_PRIVILEGES, DEATH_SIGNAL = 36, 38, 1
NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_NO_SET_USER, _NO_DEVICES, _NO_PROGRAMS = 2, 4, 8
_CAPABILITIES_OF_64_BITS = 0x20080522


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int, pointer: object = None) -> None:
    """Set a property of this process."""
    zero = ctypes.c_ulong(0)
    third = zero if pointer is None else pointer
    _checked(_libc().prctl(option, ctypes.c_ulong(value), third, zero, zero), "prctl")


def unshare(spaces: int) -> None:
    """Leave the namespaces that are shared with the parent; OSError where that is not allowed."""
    _checked(_libc().unshare(spaces), "unshare")


def own_mounts() -> None:
    """Mounts made from here on are seen by this process and its children alone."""
    unshare(NEW_MOUNTS)
    _checked(_libc().mount(None, b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None), "mount")


def show_at(source: str, target: str) -> None:
    """Show the folder `source` at the folder `target` also."""
    flags = ctypes.c_ulong(_BIND | _RECURSIVE)
    _checked(_libc().mount(os.fsencode(source), os.fsencode(target), None, flags, None), f"mount {target}")


def be_known_as(user: int, group: int) -> None:
    """In a namespace of users that this process has just made, it keeps the numbers that it had outside."""
    for name, words in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(words)


def small_folder(target: str, size: int, files: int, owner: int) -> None:
    """Put an empty folder in memory over the folder `target`: at most `size` bytes in at most `files` files, `owner`'s."""
    flags = ctypes.c_ulong(_NO_SET_USER | _NO_DEVICES | _NO_PROGRAMS)
    options = f"size={size},nr_inodes={files},mode=700,uid={owner}".encode()
    _checked(_libc().mount(b"tmpfs", os.fsencode(target), b"tmpfs", flags, options), f"mount {target}")


def give_up_capabilities() -> None:
    """What root may do beyond its own files, and what the first user of a namespace may, this process may no longer."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_OF_64_BITS, 0)
    _checked(_libc().capset(header, (ctypes.c_uint32 * 6)()), "capset")


def system_call(number: int, *arguments: object) -> int:
    """A system call by its number; OSError if it fails."""
    return _checked(_libc().syscall(ctypes.c_long(number), *arguments), f"system call {number}")
