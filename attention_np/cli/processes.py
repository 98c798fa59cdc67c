"""The command in several processes that ``mpiexec`` started: all work, the first one speaks."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..training.distributed import joined, launched, stop_all, wait_for_turn, world


@contextlib.contextmanager
def only_the_first_speaks(arguments: argparse.Namespace) -> Iterator[None]:
    """Let the other processes print nothing, and write to a folder that is removed; at the end all wait for the first.

    They do all that the first one does: it is their part of each training that it needs.
    """
    rank, size = launched()
    if size == 1:
        yield
        return
    communicator = world()
    with contextlib.ExitStack() as aside:
        if rank:
            nowhere = aside.enter_context(open(os.devnull, "w", encoding="utf-8"))
            aside.enter_context(contextlib.redirect_stdout(nowhere))
            aside.enter_context(contextlib.redirect_stderr(nowhere))
            folder = aside.enter_context(tempfile.TemporaryDirectory())
            if "out" in arguments:
                arguments.out = Path(folder)
        yield
    communicator.share(None)


def fail(message: str, status: int) -> int:
    """Say in one line what went wrong, end the other processes too, and give the status.

    Before the processes have joined, what one does wrong all do wrong, and the first says it. So it is with
    Ctrl-C, which comes to all.
    """
    rank, _ = launched()
    if rank and joined():
        wait_for_turn()
    if not rank or (joined() and status != 130):
        print(f"attention-np: {' '.join(message.split())}", file=sys.stderr)
    stop_all(status)
    return status
