"""Ctrl-C waits while a step is half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C that comes inside the block arrive at its end, as if it had come there.

    An update changes one parameter after the other; a `KeyboardInterrupt` between two of them would leave
    weights that belong to no step, and a checkpoint of them would not continue to the same bits. In other
    threads than the main one Python raises no `KeyboardInterrupt`, and the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def remember(*_: Any) -> None:
        nonlocal came
        came = True

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if came:
        signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def remembered_interrupts(remember: bool) -> Iterator[Callable[[], bool]]:
    """With `remember`, let a Ctrl-C inside the block raise nothing; what is given tells whether one came.

    Where several processes wait for each other, one that left its work would let the others wait for ever.
    They have to tell each other that they are to stop, and stop at the same step.
    """
    came = False

    def note(*_: Any) -> None:
        nonlocal came
        came = True

    if not remember or threading.current_thread() is not threading.main_thread():
        yield lambda: came
        return
    previous = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, previous)
