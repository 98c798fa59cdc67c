"""System calls that no exercise needs are refused by the kernel (seccomp, Linux), whichever way code comes to make them."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator

from . import kernel

_X86, _ARM = 0xC000003E, 0xC00000B7
_PROCESSORS = {"x86_64": (0, _X86), "aarch64": (1, _ARM)}
# Each name with its numbers on x86-64 and on ARM; -1 where there is none.
_REFUSED = {
    # Sockets of any kind; io_uring makes system calls that no filter sees.
    "socket": (41, 198), "socketpair": (53, 199), "io_uring_setup": (425, 425),
    # Processes, threads and programs.
    "clone": (56, 220), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281),
    # Signals to others, and their memory and descriptors.
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    # Namespaces and mounts.
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    # What stays in the kernel when its process has ended, and doors into the kernel itself.
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
}  # fmt: skip
_TO_A_THREAD, _CLONE3, _LIMITS = (234, 131), (435, 435), (302, 261)

_GET, _SET, _FILTER = 21, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_OTHER_NUMBERS = 0x40000000

_Step = tuple[int, int, int, int]


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Instruction))]


def available() -> bool:
    """Whether the kernel has it, and this file the numbers of the processor's system calls."""
    if not sys.platform.startswith("linux") or platform.machine() not in _PROCESSORS or sys.maxsize < 2**32:
        return False
    try:
        kernel.prctl(_GET, 0)
    except OSError:
        return False
    return True


def confine() -> None:
    """From here on this process makes none of these calls; each fails as one that is not permitted."""
    steps = list(_steps(*_PROCESSORS[platform.machine()]))
    array = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
    kernel.prctl(_SET, _FILTER, ctypes.byref(_Program(len(steps), array)))


def _steps(column: int, architecture: int) -> Iterator[_Step]:
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    # Programs of another architecture in one process count their calls differently: none is let through.
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    yield _AT_LEAST, 0, 1, _OTHER_NUMBERS
    yield refuse
    for numbers in _REFUSED.values():
        if numbers[column] >= 0:
            yield _EQUAL, 0, 1, numbers[column]
            yield refuse
    # The C library falls back to clone where clone3 is unknown.
    yield _EQUAL, 0, 1, _CLONE3[column]
    yield _RETURN, 0, 0, _REFUSE | errno.ENOSYS
    # `abort` signals its own process; limits may be read and lowered, its own (called 0) alone.
    for numbers, own in ((_TO_A_THREAD, os.getpid()), (_LIMITS, 0)):
        yield _EQUAL, 0, 4, numbers[column]
        yield _LOAD, 0, 0, _FIRST_ARGUMENT
        yield _EQUAL, 1, 0, own
        yield refuse
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ALLOW
